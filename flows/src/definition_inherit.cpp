// SPDX-License-Identifier: Apache-2.0
#include "definition_inherit.hpp"

#include <array>

namespace millrace::flows::definitions {

namespace {

struct system_step {
  std::string_view id;
  std::string_view name;
  std::string_view type;
  std::string_view module; ///< empty: the type has none
};

/// Those of step types that cannot run here are listed too: the flow is then refused for its step
/// type, which is the true reason.
constexpr std::array<system_step, 31> system_steps{{
    {"system-mcp-call", "MCP Call", "MCP_CALL", ""},
    {"system-api-call", "API Call", "API_CALL", ""},
    {"system-custom-lambda-invoke", "Custom Lambda Invocation", "CUSTOM_LAMBDA_INVOKE", ""},
    {"system-llm-invocation", "LLM Invocation", "LLM_INVOCATION", ""},
    {"system-noop", "No-Op", "NO_OP", ""},
    {"system-parallel-fork-manager", "Parallel Fork Manager", "PARALLEL_FORK_MANAGER", ""},
    {"system-poll-external-api", "Poll External API", "POLL_EXTERNAL_API", ""},
    {"system-start-sub-flow", "Start Sub-Flow", "START_SUB_FLOW", ""},
    {"system-wait-for-external-event", "Wait for External Event", "WAIT_FOR_EXTERNAL_EVENT", ""},
    {"system-email-start-point", "Email Start Point", "EMAIL_START_POINT", ""},
    {"system-schedule-start-point", "Schedule Start Point", "SCHEDULE_START_POINT", ""},
    {"system-email-send", "Send Email", "EMAIL", ""},
    {"system-ddb-query-to-s3-manifest", "DDB Query to S3 Manifest", "DATA_LOAD",
     "system/ddb-query-to-s3-manifest"},
    {"system-dynamodb-data-loader", "DynamoDB Data Loader", "DATA_LOAD",
     "system/dynamodb-data-loader"},
    {"system-s3-data-loader", "S3 Data Loader", "DATA_LOAD", "system/s3-data-loader"},
    {"system-s3-list-files", "S3 List Files", "DATA_LOAD", "system/s3-list-files"},
    {"system-sqs-get-queue-attributes", "SQS Get Queue Attributes", "DATA_LOAD",
     "system/sqs-get-queue-attributes"},
    {"system-sqs-receive-messages", "SQS Receive Messages", "DATA_LOAD",
     "system/sqs-receive-messages"},
    {"system-dynamodb-query-and-update", "DynamoDB Query and Update", "DATA_SAVE",
     "system/dynamodb-query-and-update"},
    {"system-dynamodb-update-item", "DynamoDB Update Item", "DATA_SAVE",
     "system/dynamodb-update-item"},
    {"system-s3-data-saver", "S3 Data Saver", "DATA_SAVE", "system/s3-data-saver"},
    {"system-sns-publish", "SNS Publish Message", "SNS_PUBLISH", "system/sns-publish"},
    {"system-sqs-send", "SQS Send Message", "SQS_SEND", "system/sqs-send"},
    {"system-start-flow-execution", "Start Flow Execution", "START_FLOW_EXECUTION",
     "system/start-flow-execution"},
    {"system-array-aggregator", "Array Aggregator", "DATA_TRANSFORMATION",
     "system/array-aggregator"},
    {"system-compose-object-from-input", "Compose Object", "DATA_TRANSFORMATION",
     "system/compose-object-from-input"},
    {"system-date-time-calculator", "Date/Time Calculator", "DATA_TRANSFORMATION",
     "system/date-time-calculator"},
    {"system-flatten-array", "Flatten Array", "DATA_TRANSFORMATION", "system/flatten-array"},
    {"system-generate-array", "Generate Array", "DATA_TRANSFORMATION", "system/generate-array"},
    {"system-join-data", "Join Data", "DATA_TRANSFORMATION", "system/join-data"},
    {"system-generate-uuid", "Generate UUID", "DATA_TRANSFORMATION", "system/generate-uuid"},
}};

bool is_system_id(std::string_view id) noexcept {
  return id.substr(0, 7) == "system-" || id.substr(0, 7) == "system/";
}

json::object as_definition(const system_step& step) {
  json::object definition;
  definition["id"] = step.id;
  definition["name"] = step.name;
  definition["stepType"] = step.type;
  if (!step.module.empty()) {
    definition["moduleIdentifier"] = step.module;
  }
  return definition;
}

} // namespace

std::optional<json::object> find_reusable_step(std::string_view id, const definition_rules& rules) {
  if (is_system_id(id)) {
    for (const system_step& step : system_steps) {
      if (step.id == id) {
        return as_definition(step);
      }
    }
    return std::nullopt;
  }
  const json::object* found = rules.find_step_definition ? rules.find_step_definition(id) : nullptr;
  return found == nullptr ? std::nullopt : std::optional<json::object>(*found);
}

} // namespace millrace::flows::definitions

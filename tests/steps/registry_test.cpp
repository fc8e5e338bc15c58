// SPDX-License-Identifier: Apache-2.0
#include "step_call.hpp"

#include "catch.hpp"

#include <algorithm>
#include <new>
#include <stdexcept>

using namespace millrace;
using namespace millrace::testing;

namespace {

registered_handler giving(const char* text) {
  return {[text](const step_request&) { return step_result(json::value(text)); },
          step_effect::external};
}

/// "<error name>: <message>" of a handler that fails.
std::string failure_of(step_handler handler) {
  const step_result outcome = run({std::move(handler), step_effect::external}, {});
  return outcome ? "no failure" : outcome.error().name + ": " + outcome.error().message;
}

std::string text_of(const step_error& failure) {
  return failure.name + ": " + failure.message;
}

} // namespace

TEST_CASE("what needs nothing from outside runs without services, and is pure") {
  const auto registry = steps::registry::with_system_modules();
  std::size_t pure = 0;
  for (const steps::identifier& each : steps::identifiers()) {
    INFO(each.name);
    const registered_handler* const handler = each.step_type.empty()
                                                  ? registry.find_step_type(each.name)
                                                  : registry.find_module(each.name);
    CHECK((handler == nullptr || handler->effect == step_effect::pure));
    pure += handler != nullptr ? 1 : 0;
  }
  CHECK(pure == 10);
  CHECK(registry.find_step_type("END_FLOW") == nullptr);
  CHECK(registry.find_step_type("") == nullptr);
  CHECK(registry.stands_in("END_FLOW") == "the engine itself");
  CHECK(registry.stands_in("system/noop") == "built in");
  CHECK(registry.stands_in("DATA_LOAD").empty());
  CHECK(registry.stands_in("API_CALL").empty());
}

TEST_CASE("a module of the flow language runs under its own step type only") {
  const auto registry = steps::registry::with_system_modules();
  CHECK(registry.find("DATA_TRANSFORMATION", "system/join-data") != nullptr);
  CHECK(registry.find("DATA_LOAD", "system/join-data") == nullptr);
  CHECK(registry.find("CUSTOM_LOGIC", "system/join-data") == nullptr);
  CHECK(registry.find("NO_OP", "system/join-data") == registry.find_step_type("NO_OP"));
  CHECK(registry.knows_module("system/sqs-send"));
  CHECK_FALSE(registry.knows_module("system/noop")); // a name for editors
  CHECK_FALSE(registry.knows_module(""));
}

TEST_CASE("every step type and module of the reference is known by name") {
  // Recorded from core-types, StepType and SystemModuleIdentifiers.
  const std::vector<std::string_view> reference = {
      "API_CALL",
      "CUSTOM_LAMBDA_INVOKE",
      "CUSTOM_LOGIC",
      "DATA_LOAD",
      "DATA_SAVE",
      "DATA_TRANSFORMATION",
      "EMAIL",
      "EMAIL_START_POINT",
      "END_FLOW",
      "FILE_DOWNLOAD",
      "LLM_INVOCATION",
      "MCP_CALL",
      "NO_OP",
      "PARALLEL_FORK_MANAGER",
      "POLL_EXTERNAL_API",
      "SCHEDULE_START_POINT",
      "SNS_PUBLISH",
      "SQS_SEND",
      "START_FLOW_EXECUTION",
      "START_SUB_FLOW",
      "WAIT_FOR_EXTERNAL_EVENT",
      "system/api-call",
      "system/array-aggregator",
      "system/compose-object-from-input",
      "system/custom-lambda-invoke",
      "system/date-time-calculator",
      "system/ddb-query-to-s3-manifest",
      "system/dynamodb-data-loader",
      "system/dynamodb-query-and-update",
      "system/dynamodb-update-item",
      "system/email-send",
      "system/email-start-point",
      "system/file-download",
      "system/flatten-array",
      "system/generate-array",
      "system/generate-uuid",
      "system/join-data",
      "system/llm-invocation",
      "system/mcp-call",
      "system/noop",
      "system/parallel-fork-manager",
      "system/poll-external-api",
      "system/s3-data-loader",
      "system/s3-data-saver",
      "system/s3-list-files",
      "system/schedule-start-point",
      "system/sns-publish",
      "system/sqs-get-queue-attributes",
      "system/sqs-receive-messages",
      "system/sqs-send",
      "system/start-flow-execution",
      "system/start-sub-flow",
      "system/wait-for-external-event",
  };
  std::vector<std::string_view> known;
  for (const steps::identifier& each : steps::identifiers())
    known.push_back(each.name);
  CHECK(known == reference);
}

TEST_CASE("a handler is provided once") {
  auto registry = steps::registry::with_system_modules();
  registry.provide("API_CALL", giving("first"), "a client");
  registry.provide("API_CALL", giving("second"), "another");
  CHECK(run(*registry.find("API_CALL", ""), {}).value() == json::value("first"));
  CHECK(registry.stands_in("API_CALL") == "a client");
  CHECK(registry.stands_in("system/api-call") == "a client");
}

TEST_CASE("registered modules are found whatever the order of registration") {
  auto registry = steps::registry::with_system_modules();
  for (const char* const name : {"zoo/last", "a/first", "my/module", "system-like"}) {
    REQUIRE(registry.add_module(name, giving(name)).has_value());
  }
  for (const char* const name : {"a/first", "my/module", "system-like", "zoo/last"}) {
    INFO(name);
    REQUIRE(registry.find_module(name) != nullptr);
    CHECK(run(*registry.find_module(name), {}).value() == json::value(name));
  }
  CHECK(registry.find_module("my/modul") == nullptr);
  CHECK(registry.find_module("system/join-data") != nullptr);
}

TEST_CASE("a module is refused without identifier or handler, in the reserved space, or twice") {
  auto registry = steps::registry::with_system_modules();
  CHECK(registry.add_module("", giving("x")).error().code() == errc::invalid_argument);
  CHECK(registry.add_module("a", {}).error().code() == errc::invalid_argument);
  CHECK(registry.add_module("system/mine", giving("x")).error().code() == errc::invalid_argument);
  REQUIRE(registry.add_module("a", giving("first")).has_value());
  CHECK(registry.add_module("a", giving("second")).error().code() == errc::conflict);
  CHECK(run(*registry.find_module("a"), {}).value() == json::value("first"));
}

TEST_CASE("a step without handler fails as on Allma") {
  const auto registry = steps::registry::with_system_modules();
  CHECK(text_of(registry.why_not("CUSTOM_LOGIC", "my/module")) ==
        "PermanentStepError: No external step registration found for moduleIdentifier: my/module");
  CHECK(text_of(registry.why_not("DATA_TRANSFORMATION", "system/nope")) ==
        "PermanentStepError: No external step registration found for moduleIdentifier: "
        "system/nope");
  CHECK(text_of(registry.why_not("DATA_TRANSFORMATION", "system/s3-data-loader")) ==
        "Error: Unsupported or unconfigured DATA_TRANSFORMATION module: system/s3-data-loader");
  CHECK(text_of(registry.why_not("DATA_TRANSFORMATION", "system/start-flow-execution")) ==
        "Error: Unsupported or unconfigured DATA_TRANSFORMATION module: "
        "system/start-flow-execution");
  CHECK(text_of(registry.why_not("DATA_TRANSFORMATION", "")) ==
        "Error: Invalid StepDefinition for DATA_TRANSFORMATION.");
  CHECK(text_of(registry.why_not("DATA_LOAD", "system/s3-data-saver")) ==
        "Error: Unsupported DATA_LOAD module: system/s3-data-saver");
  CHECK(text_of(registry.why_not("API_CALL", "")) == "Error: Unsupported stepType: API_CALL");
}

TEST_CASE("whatever a handler throws becomes a failed attempt") {
  CHECK(failure_of([](const step_request&) -> step_result {
          throw std::runtime_error("no route to host");
        }) == "Error: no route to host");
  CHECK(failure_of([](const step_request&) -> step_result { throw 42; }) ==
        "Error: the handler threw something that is no exception");
  CHECK(failure_of([](const step_request&) -> step_result {
          throw std::bad_alloc();
        }).substr(0, 7) == "Error: ");
  CHECK(failure_of({}).substr(0, 7) == "Error: ");
}

TEST_CASE(
    "a reported failure keeps its name, message and details, and gets a name if it has none") {
  CHECK(failure_of([](const step_request&) -> step_result {
          return step_error::transient("busy");
        }) == "TransientStepError: busy");
  CHECK(failure_of([](const step_request&) -> step_result { return step_error("", "nameless"); }) ==
        "Error: nameless");
  const step_result outcome = run({[](const step_request&) -> step_result {
                                     return step_error("Custom", "m", {{"status", 503}});
                                   },
                                   step_effect::external},
                                  {});
  REQUIRE(outcome.has_error());
  CHECK(outcome.error().details == json::object{{"status", 503}});
}

// SPDX-License-Identifier: Apache-2.0
#include "definition_flow.hpp"

#include "definition_differences.hpp"
#include "definition_expressions.hpp"
#include "definition_inherit.hpp"
#include "definition_step.hpp"
#include "shape.hpp"

#include <string>

namespace millrace::flows::definitions {

namespace {

/// Texts and null are both in order for what people write about a flow.
void check_description(object_reader& reader) {
  const json::value* description = reader.find("description");
  if (description != nullptr && !description->is_string() && !description->is_null()) {
    reader.refuse("description", "a text or null");
  }
}

void check_timestamps(object_reader& reader) {
  for (const char* key : {"createdAt", "updatedAt", "publishedAt"}) {
    const json::value* time = reader.find(key);
    if (time == nullptr || (time->is_null() && std::string_view(key) == "publishedAt")) {
      continue;
    }
    if (!time->is_string() || !shape::is_utc_timestamp(time->get_string())) {
      reader.refuse(key, "a UTC time stamp such as \"2024-01-31T12:00:00.000Z\"");
    }
  }
}

void check_flow_variables(object_reader& reader) {
  const json::object* variables = reader.object("flowVariables");
  if (variables != nullptr && !variables->empty()) {
    warn_difference(reader.problems(), reader.pointer("flowVariables"),
                    differences::flow_variables);
  }
}

void check_default_step_config(object_reader& reader) {
  const json::value* config = reader.find("defaultStepConfig");
  if (config == nullptr || config->is_null() || reader.object("defaultStepConfig") == nullptr) {
    return;
  }
  object_reader inner = reader.inside("defaultStepConfig");
  static_cast<void>(inner.object("defaultInferenceParameters"));
  static_cast<void>(inner.object("defaultCustomConfig"));
  if (inner.object("defaultErrorHandler") != nullptr) {
    static_cast<void>(compile_error_handling(inner.inside("defaultErrorHandler")));
  }
  reader.warning("defaultStepConfig", "defaultStepConfig has no effect, as on Allma today; put its "
                                      "settings on the steps");
}

} // namespace

void read_flow_members(flow_definition& target, object_reader& reader) {
  target.id = reader.required_text("id").value_or(std::string());
  target.version = reader.whole_number("version", 1).value_or(1);
  target.is_published = reader.boolean("isPublished").value_or(false);
  if (const json::value* name = reader.find("name"); name != nullptr && name->is_string()) {
    target.name = name->get_string();
  }
  target.start_step_instance_id =
      reader.required_text("startStepInstanceId").value_or(std::string());
  target.enable_execution_logs = reader.boolean("enableExecutionLogs").value_or(false);
  static_cast<void>(reader.choice("authoringSource", {"code", "visual"}));
  check_description(reader);
  check_timestamps(reader);
  check_flow_variables(reader);
  check_default_step_config(reader);
  read_completion_actions(target, reader);
  reader.warn_misspelled({"id", "version", "isPublished", "name", "description", "tags",
                          "startStepInstanceId", "enableExecutionLogs", "onCompletionActions",
                          "steps", "flowVariables", "defaultStepConfig", "authoringSource",
                          "createdAt", "updatedAt", "publishedAt", merged_marker});
}

namespace {

void check_action_target(object_reader& action, std::string_view type) {
  const bool needs_target = type != "LOG_ONLY" && type != "DATA_SAVE";
  if (needs_target && !action.has("target")) {
    action.refuse("target", "the text that says where the action goes");
  } else if (const auto target = action.text("target")) {
    warn_unusable_template(action.problems(), action.pointer("target"), *target);
  }
}

/// What differs on Allma. Source: reference finalize-flow, against its documentation.
void warn_action_differences(object_reader& action, std::string_view type) {
  if (!action.has("executeOnStatus")) {
    warn_difference(action.problems(), action.pointer(), differences::action_status);
  }
  if (type == "SQS_SEND" || type == "DATA_SAVE") {
    warn_difference(action.problems(), action.pointer("actionType"), differences::action_type);
  }
}

void check_completion_action(object_reader action) {
  if (!action.has("actionType")) {
    action.refuse("actionType", "LOG_ONLY, API_CALL or another type of action");
  }
  const std::string type =
      action
          .choice("actionType", {"LOG_ONLY", "API_CALL", "SQS_SEND", "SNS_SEND",
                                 "CUSTOM_LAMBDA_INVOKE", "DATA_SAVE"})
          .value_or(std::string());
  if (!type.empty()) {
    check_action_target(action, type);
    warn_action_differences(action, type);
  }
  static_cast<void>(action.choice("executeOnStatus", {"COMPLETED", "FAILED", "ANY"}));
  static_cast<void>(check_path(action, "condition"));
  check_input_mappings(action, "payloadTemplate");
  if (type == "API_CALL") {
    if (!action.has("apiHttpMethod")) {
      action.refuse("apiHttpMethod", "GET, POST or another HTTP method");
    }
    static_cast<void>(action.choice("apiHttpMethod",
                                    {"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"}));
  } else if (type == "SNS_SEND") {
    check_input_mappings(action, "messageAttributesTemplate");
  } else if (type == "DATA_SAVE") {
    if (!action.has("moduleIdentifier")) {
      action.refuse("moduleIdentifier", "the name of the module that saves");
    }
    static_cast<void>(action.text("moduleIdentifier"));
    if (const json::object* config = action.object("customConfig")) {
      warn_unusable_templates(action.problems(), action.pointer("customConfig"),
                              json::value(*config));
    }
  }
}

} // namespace

void read_completion_actions(flow_definition& target, object_reader& reader) {
  const json::array* actions = reader.array("onCompletionActions");
  if (actions == nullptr) {
    return;
  }
  const std::string pointer = reader.pointer("onCompletionActions");
  for (std::size_t i = 0; i < actions->size(); ++i) {
    const json::value& entry = (*actions)[i];
    if (entry.is_object()) {
      check_completion_action({entry.get_object(), child(pointer, i), reader.problems()});
      target.completion_actions.push_back(completion_action::compile(entry.get_object(), i));
    } else {
      reader.problems().error(child(pointer, i),
                              "an action must be an object with actionType, but is " +
                                  shape::describe(entry));
    }
  }
}

} // namespace millrace::flows::definitions

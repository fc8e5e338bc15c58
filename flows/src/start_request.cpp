// SPDX-License-Identifier: Apache-2.0
//
// The start input's schema: every member is checked, every wrong one is named, unknown ones are
// dropped.
#include "shape.hpp"

#include <millrace/execution.hpp>
#include <millrace/limits.hpp>

#include <array>
#include <utility>

namespace millrace {

namespace {

/// Reads the members of one object and remembers what is wrong with them. As in the reference's
/// schema an optional member may be missing but not null.
class input_reader {
public:
  input_reader(const json::object& object, std::string prefix, std::string& wrong)
      : object_(object), prefix_(std::move(prefix)), wrong_(wrong) {}

  /// Says that `key` must be `wanted`, and what it is.
  void refuse(std::string_view key, std::string_view wanted) {
    const json::value* value = shape::find(object_, key);
    wrong_ += wrong_.empty() ? "" : "; ";
    wrong_ += prefix_;
    wrong_ += key;
    wrong_ += " must be ";
    wrong_ += wanted;
    wrong_ += value == nullptr ? ", but is missing" : ", but is " + shape::describe(*value);
  }

  /// The text `key` if there is one; `accepts` says whether it will do.
  template <class Accepts>
  std::optional<std::string> text(std::string_view key, std::string_view wanted, Accepts accepts) {
    const json::value* value = shape::find(object_, key);
    if (value == nullptr) {
      return std::nullopt;
    }
    if (!value->is_string() || !accepts(std::string_view(value->get_string()))) {
      refuse(key, wanted);
      return std::nullopt;
    }
    return std::string(value->get_string());
  }

  std::optional<std::string> text(std::string_view key) {
    return text(key, "a text", [](std::string_view) { return true; });
  }

  std::optional<bool> boolean(std::string_view key) {
    const json::value* value = shape::find(object_, key);
    if (value == nullptr) {
      return std::nullopt;
    }
    if (!value->is_bool()) {
      refuse(key, "true or false");
      return std::nullopt;
    }
    return value->get_bool();
  }

  const json::object* object(std::string_view key) {
    const json::value* value = shape::find(object_, key);
    if (value == nullptr) {
      return nullptr;
    }
    if (!value->is_object()) {
      refuse(key, "an object");
      return nullptr;
    }
    return &value->get_object();
  }

  const json::value* find(std::string_view key) const { return shape::find(object_, key); }

private:
  const json::object& object_;
  std::string prefix_;
  std::string& wrong_;
};

constexpr std::string_view wanted_id = "a text that is not empty";

bool is_not_empty(std::string_view text) {
  return !text.empty();
}

bool is_event_list(const json::value& value) {
  if (!value.is_array()) {
    return false;
  }
  for (const json::value& event : value.get_array()) {
    if (!event.is_string() ||
        (event.get_string() != "STARTED" && event.get_string() != "CHECKPOINT" &&
         event.get_string() != "TERMINAL")) {
      return false;
    }
  }
  return true;
}

/// Where to tell about progress. Source: reference NotificationConfigSchema.
json::object read_notification_config(const json::object& given, std::string& wrong) {
  input_reader reader(given, "notificationConfig.", wrong);
  json::object config;
  const auto keep = [&config](std::string_view key, const std::optional<std::string>& text) {
    if (text) {
      config[key] = *text;
    }
  };
  keep("webhookUrl", reader.text("webhookUrl", "a URL", shape::is_url));
  keep("snsTopicArn",
       reader.text("snsTopicArn", "a text that starts with arn:aws:sns:", [](std::string_view arn) {
         return arn.substr(0, 12) == "arn:aws:sns:";
       }));
  keep("sqsUrl", reader.text("sqsUrl", "a URL", shape::is_url));
  if (const json::value* events = reader.find("events"); events == nullptr) {
    config["events"] = json::array{"TERMINAL"};
  } else if (is_event_list(*events)) {
    config["events"] = *events;
  } else {
    reader.refuse("events", "an array of STARTED, CHECKPOINT and TERMINAL");
  }
  keep("correlationKey", reader.text("correlationKey"));
  keep("signingSecretArn", reader.text("signingSecretArn"));
  return config;
}

/// Source: reference StartFlowExecutionInputSchema, executionOverrides.
json::object read_overrides(const json::object& given, std::string& wrong) {
  input_reader reader(given, "executionOverrides.", wrong);
  json::object overrides;
  if (const json::object* steps = reader.object("stepOverrides")) {
    input_reader step_reader(*steps, "executionOverrides.stepOverrides.", wrong);
    for (const auto& member : *steps) {
      // Called for its check: each override is itself an object.
      static_cast<void>(step_reader.object(member.key()));
    }
    overrides["stepOverrides"] = *steps;
  }
  if (const auto step = reader.text("startStepInstanceId")) {
    overrides["startStepInstanceId"] = *step;
  }
  return overrides;
}

/// Source: reference initialize-flow ("Stateful Redrive Override").
std::optional<start_state> read_start_state(const json::object& overrides, std::string& wrong) {
  const json::object* given =
      input_reader(overrides, "executionOverrides.", wrong).object("startFromState");
  if (given == nullptr) {
    return std::nullopt;
  }
  input_reader reader(*given, "executionOverrides.startFromState.", wrong);
  start_state state;
  const auto step = reader.text("currentStepInstanceId", wanted_id, is_not_empty);
  if (step) {
    state.step_instance_id = *step;
  } else if (reader.find("currentStepInstanceId") == nullptr) {
    reader.refuse("currentStepInstanceId", wanted_id);
  }
  if (const json::object* context = reader.object("currentContextData")) {
    state.context = *context;
  } else if (reader.find("currentContextData") == nullptr) {
    reader.refuse("currentContextData", "an object");
  }
  return state;
}

/// Lineage is not the caller's to give and is dropped, but a malformed one is refused as in the
/// reference.
void check_lineage(input_reader& reader) {
  static_cast<void>(reader.text("parentFlowExecutionId", "a UUID", is_uuid));
  static_cast<void>(reader.text("rootFlowExecutionId", "a UUID", is_uuid));
  static_cast<void>(reader.text("parentStepInstanceId"));
  static_cast<void>(reader.text("executionKind",
                                "ROOT, SYNC_SUBFLOW, ASYNC_SUBFLOW or PARALLEL_BRANCH",
                                [](std::string_view kind) {
                                  constexpr std::array<std::string_view, 4> kinds{
                                      "ROOT", "SYNC_SUBFLOW", "ASYNC_SUBFLOW", "PARALLEL_BRANCH"};
                                  for (const std::string_view known : kinds) {
                                    if (kind == known) {
                                      return true;
                                    }
                                  }
                                  return false;
                                }));
  if (const json::value* depth = reader.find("depth");
      depth != nullptr && shape::whole_number(*depth).value_or(-1) < 0) {
    reader.refuse("depth", "a whole number from 0");
  }
}

void read_identity(input_reader& reader, start_request& request) {
  if (reader.find("flowDefinitionId") == nullptr) {
    reader.refuse("flowDefinitionId", wanted_id);
  }
  request.flow_definition_id =
      reader.text("flowDefinitionId", wanted_id, is_not_empty).value_or(std::string());
  if (auto version = reader.text("flowVersion", "a text such as \"1\" or \"LATEST_PUBLISHED\"",
                                 [](std::string_view) { return true; })) {
    request.flow_version = std::move(*version);
  }
  request.flow_execution_id =
      reader.text("flowExecutionId", "a UUID", is_uuid).value_or(std::string());
  request.trigger_source = reader.text("triggerSource").value_or(std::string());
}

} // namespace

result<start_request> parse_start_request(const json::object& input) {
  std::string wrong;
  input_reader reader(input, "", wrong);
  start_request request;
  read_identity(reader, request);
  if (const json::object* context = reader.object("initialContextData")) {
    request.initial_context_data = *context;
  }
  request.enable_execution_logs = reader.boolean("enableExecutionLogs");
  check_lineage(reader);
  if (const json::object* config = reader.object("notificationConfig")) {
    request.notification_config = read_notification_config(*config, wrong);
  }
  if (const json::object* overrides = reader.object("executionOverrides")) {
    request.start_from_state = read_start_state(*overrides, wrong);
    json::object others = read_overrides(*overrides, wrong);
    if (!others.empty() || !request.start_from_state) {
      request.execution_overrides = std::move(others);
    }
  }
  if (!wrong.empty()) {
    return error(errc::invalid_input, wrong + ".");
  }
  return request;
}

json::object to_json(const start_request& request) {
  json::object object;
  object["flowDefinitionId"] = request.flow_definition_id;
  object["flowVersion"] = request.flow_version;
  object["initialContextData"] = request.initial_context_data;
  if (!request.flow_execution_id.empty()) {
    object["flowExecutionId"] = request.flow_execution_id;
  }
  if (!request.trigger_source.empty()) {
    object["triggerSource"] = request.trigger_source;
  }
  if (request.enable_execution_logs) {
    object["enableExecutionLogs"] = *request.enable_execution_logs;
  }
  if (request.notification_config) {
    object["notificationConfig"] = *request.notification_config;
  }
  if (request.execution_overrides || request.start_from_state) {
    json::object overrides = request.execution_overrides.value_or(json::object());
    if (request.start_from_state) {
      overrides["startFromState"] =
          json::object{{"currentStepInstanceId", request.start_from_state->step_instance_id},
                       {"currentContextData", request.start_from_state->context}};
    }
    object["executionOverrides"] = std::move(overrides);
  }
  return object;
}

std::string_view context_that_is_too_deep(const start_request& request) {
  const std::size_t depth_max = flows::limits().context_depth_max;
  if (is_deeper_than(request.initial_context_data, depth_max)) {
    return "initialContextData";
  }
  if (request.start_from_state && is_deeper_than(request.start_from_state->context, depth_max)) {
    return "executionOverrides.startFromState.currentContextData";
  }
  return {};
}

} // namespace millrace

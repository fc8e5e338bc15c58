// SPDX-License-Identifier: Apache-2.0
//
// What each step type demands. A type that is in the rules but not here has the common members
// only.
#include "definition_differences.hpp"
#include "definition_expressions.hpp"
#include "definition_fields.hpp"
#include "definition_start_points.hpp"
#include "definition_step.hpp"
#include "shape.hpp"
#include <millrace/names.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace millrace::flows::definitions {

namespace {

constexpr std::string_view start_module = "system/start-flow-execution";

/// Reads stepType; empty when it is missing or there is no such type.
std::string read_type(object_reader& reader) {
  const auto type = reader.required_text("stepType");
  if (!type) {
    return {};
  }
  const std::vector<std::string_view>& known = step_types();
  if (std::find(known.begin(), known.end(), *type) != known.end()) {
    return *type;
  }
  std::string message = "there is no step type " + shape::quoted(*type);
  if (const auto near = nearest_name(*type, known)) {
    message += "; use " + shape::quoted(*near) + " if that is meant";
  } else {
    message += "; use one of " + list_names(known);
  }
  reader.error("stepType", std::move(message));
  return {};
}

/// For types that have no module: even an empty one is refused, as in the reference.
void refuse_module(object_reader& reader, std::string_view type) {
  if (reader.has("moduleIdentifier")) {
    reader.error("moduleIdentifier",
                 "steps of type " + std::string(type) + " have no module; remove moduleIdentifier");
  }
}

void require_module(object_reader& reader, const definition_rules& rules) {
  const auto module = reader.required_text("moduleIdentifier");
  if (module && rules.knows_module && !rules.knows_module(*module)) {
    reader.warning("moduleIdentifier", "no handler is registered for the module " +
                                           shape::quoted(*module) +
                                           "; the step fails unless one is before it runs");
  }
}

void check_end_flow(object_reader& reader) {
  for (const char* key : {"transitions", "defaultNextStepInstanceId", "inputMappings",
                          "outputMappings", "literals"}) {
    if (reader.has(key)) {
      reader.warning(key, std::string("an END_FLOW step ends its path and ignores ") + key +
                              "; remove it, or use a NO_OP step");
    }
  }
}

// START_FLOW_EXECUTION ----------------------------------------------------------------------------

/// Whether `key` is given by literals, inputMappings or customConfig.
bool given_by_input(object_reader& reader, std::string_view key) {
  for (const char* place : {"literals", "inputMappings", "customConfig"}) {
    const json::value* members = reader.find(place);
    if (members != nullptr && members->is_object() && members->get_object().contains(key)) {
      return true;
    }
  }
  return false;
}

void check_flow_id_given(object_reader& reader) {
  const bool on_step = reader.has("flowDefinitionId");
  const bool by_input = given_by_input(reader, "flowDefinitionId");
  if (!on_step && !by_input) {
    reader.problems().error(reader.pointer(),
                            "nothing names the flow to start; add flowDefinitionId to literals, "
                            "or map it with inputMappings, or write it on the step");
  } else if (!on_step) {
    warn_difference(reader.problems(), reader.pointer(), differences::start_without_field);
  }
  for (const char* key : {"flowDefinitionId", "flowVersion"}) {
    if (reader.has(key) && given_by_input(reader, key)) {
      reader.warning(key, std::string(key) + " on the step wins over the one in its input; keep "
                                             "one of them");
    }
  }
  if (!reader.has("flowVersion") && given_by_input(reader, "flowVersion")) {
    warn_difference(reader.problems(), reader.pointer(), differences::start_version_in_input);
  }
}

/// A literal that its schema can never accept, whatever its texts render to.
void check_start_literals(object_reader& reader) {
  const json::value* literals = reader.find("literals");
  if (literals == nullptr || !literals->is_object()) {
    return;
  }
  object_reader inner = reader.inside("literals");
  for (const char* key : {"flowDefinitionId", "flowVersion"}) {
    if (const json::value* value = inner.find(key); value != nullptr && !value->is_string()) {
      inner.warning(key, std::string("every start will be refused: ") + key +
                             " must be a text, but is " + shape::describe(*value));
    }
  }
  const json::value* context = inner.find("initialContextData");
  const bool truthy_number =
      context != nullptr && context->is_number() && shape::any_number(*context).value_or(0) != 0;
  if (context != nullptr && (context->is_array() || truthy_number)) {
    inner.warning("initialContextData",
                  "every start will be refused: initialContextData must be an object, but is " +
                      shape::describe(*context));
  }
}

std::optional<text_template> read_template(object_reader& reader, std::string_view key,
                                           bool may_be_empty) {
  const auto text = may_be_empty ? reader.text(key) : reader.nonempty_text(key);
  if (!text) {
    return std::nullopt;
  }
  warn_unusable_template(reader.problems(), reader.pointer(key), *text);
  if (text->substr(0, 2) == "$.") {
    reader.warning(key, std::string(key) + " is a template, not a path: this text is taken as it "
                                           "stands; map it with inputMappings, or write it as "
                                           "{{...}}");
  }
  return text_template::compile(*text);
}

start_config compile_start(object_reader& reader) {
  start_config result;
  const json::value* module = reader.find("moduleIdentifier");
  if (module == nullptr || !module->is_string() || module->get_string() != start_module) {
    reader.refuse("moduleIdentifier", "\"" + std::string(start_module) + "\"");
  }
  result.flow_definition_id = read_template(reader, "flowDefinitionId", false);
  result.flow_version = read_template(reader, "flowVersion", true);
  if (const json::value* config = reader.find("customConfig");
      config != nullptr && config->is_object()) {
    result.sync = reader.inside("customConfig").boolean("sync").value_or(false);
  }
  check_flow_id_given(reader);
  check_start_literals(reader);
  if (result.sync && reader.has("onError")) {
    warn_difference(reader.problems(), reader.pointer("onError"), differences::call_error);
  }
  return result;
}

// START_SUB_FLOW ----------------------------------------------------------------------------------

// Where a target names no member of the start input it is one of the child's context: the
// documentation maps "to the sub-flow's initial context", and its example names the member.
std::string sub_flow_target(std::string_view target) {
  constexpr std::string_view member = "initialContextData";
  const bool is_named =
      target == member || target.substr(0, member.size() + 1) == "initialContextData.";
  return is_named ? std::string(target) : std::string(member) + '.' + std::string(target);
}

start_config compile_sub_flow(step& target, object_reader& reader) {
  start_config result;
  if (!reader.has("subFlowDefinitionId")) {
    static_cast<void>(reader.required_text("subFlowDefinitionId"));
  }
  result.flow_definition_id = read_template(reader, "subFlowDefinitionId", false);
  result.flow_version = read_template(reader, "subFlowVersion", true);
  result.sync = reader.choice("subFlowExecutionMode", {"SYNC", "ASYNC"}).value_or("SYNC") == "SYNC";
  const json::object* own = check_input_mappings(reader, "inputMappingsToSubFlow");
  if (own == nullptr) {
    return result;
  }
  const json::value* others = reader.find("inputMappings");
  json::object all =
      others != nullptr && others->is_object() ? others->get_object() : json::object();
  for (const auto& mapping : *own) {
    all[sub_flow_target(mapping.key())] = mapping.value();
  }
  target.inputs = input_mappings::compile(all);
  return result;
}

// WAIT_FOR_EXTERNAL_EVENT -------------------------------------------------------------------------

wait_config compile_wait(object_reader& reader) {
  /// A century: longer waits are slips, and due times must stay representable.
  constexpr std::int64_t wait_seconds_max = std::int64_t{100} * 366 * 24 * 3600;
  wait_config result;
  if (const auto key = reader.required_text("correlationKeyTemplate")) {
    warn_unusable_template(reader.problems(), reader.pointer("correlationKeyTemplate"), *key);
    result.correlation_key = text_template::compile(*key);
  }
  if (const auto seconds = reader.whole_number("maxWaitTimeSeconds", 1, wait_seconds_max)) {
    result.max_wait = std::chrono::seconds(*seconds);
  }
  if (const json::value* prompt = reader.find("promptUserMessageTemplate");
      prompt != nullptr && !prompt->is_string() && !prompt->is_object()) {
    reader.refuse("promptUserMessageTemplate", "a text or an object");
  }
  if (reader.text("messageSenderModuleIdentifier")) {
    reader.warning("messageSenderModuleIdentifier",
                   "no prompt is sent before a wait, neither here nor on Allma today; send it "
                   "with a step of its own");
  }
  if (reader.has("onError")) {
    warn_difference(reader.problems(), reader.pointer("onError"), differences::wait_error);
  }
  return result;
}

// Differences that only one type or module has ----------------------------------------------------

/// Whether the step's output mappings let its message into the context.
bool keeps_message(object_reader& reader) {
  const json::value* mappings = reader.find("outputMappings");
  if (mappings == nullptr || !mappings->is_object()) {
    return true;
  }
  const json::object& entries = mappings->get_object();
  return std::any_of(entries.begin(), entries.end(), [](const auto& entry) {
    const json::string* source = entry.value().if_string();
    return source != nullptr && (*source == "$" || *source == "$." || *source == "$.message");
  });
}

void check_no_op(object_reader& reader) {
  if (!reader.has("name") && keeps_message(reader)) {
    warn_difference(reader.problems(), reader.pointer(), differences::no_op_without_name);
  }
}

void check_message(object_reader& reader) {
  if (!reader.has("queueUrl") || !reader.has("payload")) {
    warn_difference(reader.problems(), reader.pointer(), differences::message_without_fields);
  }
}

void check_join(object_reader& reader) {
  const json::value* module = reader.find("moduleIdentifier");
  if (module == nullptr || *module != "system/join-data") {
    return;
  }
  for (const char* place : {"literals", "customConfig"}) {
    const json::value* members = reader.find(place);
    const json::object* given = members != nullptr ? members->if_object() : nullptr;
    const json::value* type = given != nullptr ? given->if_contains("join_type") : nullptr;
    if (type != nullptr && *type == "right") {
      warn_difference(reader.problems(), child(reader.pointer(place), "join_type"),
                      differences::right_join);
    }
  }
}

bool wants_objects(const json::object& step) {
  const json::value* config = step.if_contains("customConfig");
  const json::object* members = config != nullptr ? config->if_object() : nullptr;
  const json::value* wanted =
      members != nullptr ? members->if_contains("hydrateInputFromS3") : nullptr;
  return wanted != nullptr && *wanted == true;
}

} // namespace

void compile_step_type(step& target, object_reader& reader, const definition_rules& rules) {
  target.type = read_type(reader);
  target.follows_pointers = target.type != "CUSTOM_LAMBDA_INVOKE" || wants_objects(target.raw);
  const std::string& type = target.type;
  if (type == "DATA_TRANSFORMATION" || type == "CUSTOM_LOGIC" || type == "DATA_LOAD" ||
      type == "DATA_SAVE") {
    require_module(reader, rules);
    check_join(reader);
  } else if (type == "START_FLOW_EXECUTION") {
    target.start = compile_start(reader);
  } else if (type == "NO_OP" || type == "END_FLOW" || type == "PARALLEL_FORK_MANAGER" ||
             type == "WAIT_FOR_EXTERNAL_EVENT" || type == "START_SUB_FLOW") {
    refuse_module(reader, type);
  }
  if (type == "END_FLOW") {
    check_end_flow(reader);
  } else if (type == "NO_OP") {
    check_no_op(reader);
  } else if (type == "PARALLEL_FORK_MANAGER") {
    target.fork = compile_fork(reader);
  } else if (type == "WAIT_FOR_EXTERNAL_EVENT") {
    target.wait = compile_wait(reader);
  } else if (type == "START_SUB_FLOW") {
    target.start = compile_sub_flow(target, reader);
  } else if (type == "SQS_SEND") {
    check_message(reader);
  } else if (type == "POLL_EXTERNAL_API") {
    target.poll = compile_poll(reader);
  } else if (type == "SCHEDULE_START_POINT") {
    check_schedule_start(reader);
  } else if (type == "EMAIL_START_POINT") {
    check_mail_start(reader);
  }
  compile_fields(target, reader);
}

} // namespace millrace::flows::definitions

namespace millrace::flows {

const std::vector<std::string_view>& step_types() {
  static const std::vector<std::string_view> all{
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
  };
  return all;
}

bool is_run_by_interpreter(std::string_view step_type) noexcept {
  return step_type == "END_FLOW" || step_type == "PARALLEL_FORK_MANAGER" ||
         step_type == "START_FLOW_EXECUTION" || step_type == "START_SUB_FLOW" ||
         step_type == "WAIT_FOR_EXTERNAL_EVENT";
}

} // namespace millrace::flows

// SPDX-License-Identifier: Apache-2.0
#include <millrace/step_handler.hpp>

#include "modules.hpp"

#include <millrace/definition.hpp>

#include <algorithm>
#include <array>

namespace millrace::steps {

namespace {

constexpr std::string_view system_prefix = "system/";

/// A system module, the type it belongs to, and whether steps may name it: the others are names
/// that only editors use, and a step that names one asks for an external module.
struct system_module {
  std::string_view name;
  std::string_view step_type;
  bool is_for_steps = true;
};

constexpr std::array<system_module, 32> system_modules_by_name{{
    {"system/api-call", "API_CALL", false},
    {"system/array-aggregator", "DATA_TRANSFORMATION"},
    {"system/compose-object-from-input", "DATA_TRANSFORMATION"},
    {"system/custom-lambda-invoke", "CUSTOM_LAMBDA_INVOKE", false},
    {"system/date-time-calculator", "DATA_TRANSFORMATION"},
    {"system/ddb-query-to-s3-manifest", "DATA_LOAD"},
    {"system/dynamodb-data-loader", "DATA_LOAD"},
    {"system/dynamodb-query-and-update", "DATA_SAVE"},
    {"system/dynamodb-update-item", "DATA_SAVE"},
    {"system/email-send", "EMAIL", false},
    {"system/email-start-point", "EMAIL_START_POINT", false},
    {"system/file-download", "FILE_DOWNLOAD"},
    {"system/flatten-array", "DATA_TRANSFORMATION"},
    {"system/generate-array", "DATA_TRANSFORMATION"},
    {"system/generate-uuid", "DATA_TRANSFORMATION"},
    {"system/join-data", "DATA_TRANSFORMATION"},
    {"system/llm-invocation", "LLM_INVOCATION", false},
    {"system/mcp-call", "MCP_CALL", false},
    {"system/noop", "NO_OP", false},
    {"system/parallel-fork-manager", "PARALLEL_FORK_MANAGER", false},
    {"system/poll-external-api", "POLL_EXTERNAL_API", false},
    {"system/s3-data-loader", "DATA_LOAD"},
    {"system/s3-data-saver", "DATA_SAVE"},
    {"system/s3-list-files", "DATA_LOAD"},
    {"system/schedule-start-point", "SCHEDULE_START_POINT", false},
    {"system/sns-publish", "SNS_PUBLISH"},
    {"system/sqs-get-queue-attributes", "DATA_LOAD"},
    {"system/sqs-receive-messages", "DATA_LOAD"},
    {"system/sqs-send", "SQS_SEND"},
    {"system/start-flow-execution", "START_FLOW_EXECUTION"},
    {"system/start-sub-flow", "START_SUB_FLOW", false},
    {"system/wait-for-external-event", "WAIT_FOR_EXTERNAL_EVENT", false},
}};

/// What runs the step types that change the course of an execution.
constexpr std::string_view interpreter_stands_in = "the engine itself";

/// Step types whose steps are all run by the module that they name.
constexpr std::array<std::string_view, 4> types_by_module = {"CUSTOM_LOGIC", "DATA_LOAD",
                                                             "DATA_SAVE", "DATA_TRANSFORMATION"};

template <class Names>
bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The system module of that name that steps may name, or null.
const system_module* find_system_module(std::string_view name) {
  const auto place = std::lower_bound(
      system_modules_by_name.begin(), system_modules_by_name.end(), name,
      [](const system_module& each, std::string_view wanted) { return each.name < wanted; });
  return place != system_modules_by_name.end() && place->name == name && place->is_for_steps
             ? &*place
             : nullptr;
}

/// Where `name` is or belongs in a list that is sorted by name.
template <class Entries>
auto place_of(Entries& entries, std::string_view name) {
  return std::lower_bound(
      entries.begin(), entries.end(), name,
      [](const auto& entry, std::string_view wanted) { return entry.name < wanted; });
}

template <class Entries>
const registered_handler* find_in(const Entries& entries, std::string_view name) {
  const auto place = place_of(entries, name);
  return place != entries.end() && place->name == name ? &place->handler : nullptr;
}

} // namespace

const std::vector<identifier>& identifiers() {
  static const std::vector<identifier> all = [] {
    std::vector<identifier> made;
    for (const std::string_view type : flows::step_types())
      made.push_back({type, {}});
    for (const system_module& module : system_modules_by_name)
      made.push_back({module.name, module.step_type});
    return made;
  }();
  return all;
}

registry registry::with_system_modules() {
  registry all;
  const auto add = [&all](std::string_view name, auto* run, const char* stands_in = "built in") {
    all.provide(name, {run, step_effect::pure}, stands_in);
  };
  add("system/array-aggregator", array_aggregator);
  add("system/compose-object-from-input", compose_object_from_input);
  add("system/date-time-calculator", date_time_calculator);
  add("system/flatten-array", flatten_array);
  add("system/generate-array", generate_array);
  add("system/generate-uuid", generate_uuid);
  add("system/join-data", join_data);
  // A start point does nothing once its flow runs; here stands what lets it begin.
  add("EMAIL_START_POINT", no_op, "mail in a maildir that is watched while an engine is open");
  add("NO_OP", no_op);
  add("SCHEDULE_START_POINT", no_op, "a clock that is watched while an engine is open");
  return all;
}

void registry::provide(std::string_view name, registered_handler handler, std::string stands_in) {
  const bool is_module = name.substr(0, system_prefix.size()) == system_prefix;
  std::vector<entry>& target = is_module ? modules_ : by_type_;
  const auto place = place_of(target, name);
  if (place == target.end() || place->name != name)
    target.insert(place, {std::string(name), std::move(handler), std::move(stands_in)});
}

void registry::provide_missing(const registry& other) {
  const auto take = [](std::vector<entry>& target, const std::vector<entry>& source) {
    for (const entry& each : source) {
      const auto place = place_of(target, each.name);
      if (place == target.end() || place->name != each.name)
        target.insert(place, each);
    }
  };
  take(modules_, other.modules_);
  take(by_type_, other.by_type_);
}

std::string_view registry::stands_in(std::string_view name) const {
  if (flows::is_run_by_interpreter(name))
    return interpreter_stands_in;
  for (const std::vector<entry>* entries : {&modules_, &by_type_}) {
    const auto place = place_of(*entries, name);
    if (place != entries->end() && place->name == name)
      return place->stands_in;
  }
  for (const system_module& module : system_modules_by_name)
    if (module.name == name && !contains(types_by_module, module.step_type))
      return stands_in(module.step_type);
  return {};
}

result<void> registry::add_module(std::string module_identifier, registered_handler handler) {
  if (module_identifier.empty()) {
    return error(errc::invalid_argument, "A module needs an identifier that is not empty.");
  }
  if (std::string_view(module_identifier).substr(0, system_prefix.size()) == system_prefix) {
    return error(errc::invalid_argument,
                 "The module '" + module_identifier +
                     "' cannot be registered: identifiers that start with 'system/' are reserved.");
  }
  if (!handler.run) {
    return error(errc::invalid_argument,
                 "The module '" + module_identifier + "' has no handler to call.");
  }
  const auto place = place_of(modules_, module_identifier);
  if (place != modules_.end() && place->name == module_identifier) {
    return error(errc::conflict, "The module '" + module_identifier + "' is registered already.");
  }
  modules_.insert(place, {std::move(module_identifier), std::move(handler), {}});
  return {};
}

namespace {

// Smaller comes first.
int rank(const step_selector& which) {
  return (which.step_instance_id.empty() ? 2 : 0) + (which.flow_definition_id.empty() ? 1 : 0);
}

std::string describe(const step_selector& which) {
  const bool is_step = !which.step_instance_id.empty();
  std::string text = is_step ? "the step '" + which.step_instance_id + "'"
                             : "the module '" + which.module_identifier + "'";
  if (!which.flow_definition_id.empty())
    text += " of the flow '" + which.flow_definition_id + "'";
  return text;
}

} // namespace

result<void> registry::replace(step_selector which, registered_handler handler) {
  if (which.step_instance_id.empty() == which.module_identifier.empty()) {
    return error(errc::invalid_argument,
                 "A replacement names either a step or a module; name one of them.");
  }
  if (!handler.run) {
    return error(errc::invalid_argument, "What replaces " + describe(which) + " has no handler.");
  }
  const auto is_same = [&which](const replacement& other) {
    return other.which.flow_definition_id == which.flow_definition_id &&
           other.which.step_instance_id == which.step_instance_id &&
           other.which.module_identifier == which.module_identifier;
  };
  if (std::any_of(replacements_.begin(), replacements_.end(), is_same)) {
    return error(errc::conflict, "The handler of " + describe(which) + " is replaced already.");
  }
  const auto place =
      std::find_if(replacements_.begin(), replacements_.end(),
                   [&which](const replacement& other) { return rank(other.which) > rank(which); });
  replacements_.insert(place, {std::move(which), std::move(handler)});
  return {};
}

void registry::wrap_external(
    const std::function<step_result(const step_request&, const step_handler&)>& around) {
  const auto wrap = [&around](registered_handler& handler) {
    if (handler.effect == step_effect::external) {
      handler.run = [around, inner = std::move(handler.run)](const step_request& request) {
        return around(request, inner);
      };
    }
  };
  for (replacement& each : replacements_) {
    wrap(each.handler);
  }
  for (entry& each : modules_) {
    wrap(each.handler);
  }
  for (entry& each : by_type_) {
    wrap(each.handler);
  }
}

const registered_handler* registry::find_module(std::string_view module_identifier) const {
  return find_in(modules_, module_identifier);
}

bool registry::knows_module(std::string_view module_identifier) const {
  const bool is_replaced =
      std::any_of(replacements_.begin(), replacements_.end(), [&](const replacement& each) {
        return !module_identifier.empty() && each.which.module_identifier == module_identifier;
      });
  return is_replaced || find_system_module(module_identifier) != nullptr ||
         find_module(module_identifier) != nullptr;
}

const registered_handler* registry::find_step_type(std::string_view step_type) const {
  return find_in(by_type_, step_type);
}

const registered_handler* registry::find(std::string_view step_type,
                                         std::string_view module_identifier) const {
  const bool is_by_module = contains(types_by_module, step_type);
  if (const system_module* module = find_system_module(module_identifier)) {
    if (!is_by_module)
      return find_step_type(step_type);
    return module->step_type == step_type ? find_module(module_identifier) : nullptr;
  }
  return module_identifier.empty() ? find_step_type(step_type) : find_module(module_identifier);
}

const registered_handler* registry::find(std::string_view flow_definition_id,
                                         std::string_view step_instance_id,
                                         std::string_view step_type,
                                         std::string_view module_identifier) const {
  for (const auto& [which, handler] : replacements_) {
    const bool is_step = which.step_instance_id.empty()
                             ? which.module_identifier == module_identifier
                             : which.step_instance_id == step_instance_id;
    if (is_step &&
        (which.flow_definition_id.empty() || which.flow_definition_id == flow_definition_id)) {
      return &handler;
    }
  }
  return find(step_type, module_identifier);
}

step_error registry::why_not(std::string_view step_type, std::string_view module_identifier) const {
  if (!module_identifier.empty() && find_system_module(module_identifier) == nullptr) {
    return step_error::permanent("No external step registration found for moduleIdentifier: " +
                                 std::string(module_identifier));
  }
  if (step_type == "DATA_TRANSFORMATION") {
    return no_such_transformation(module_identifier);
  }
  if (step_type == "DATA_LOAD" || step_type == "DATA_SAVE") {
    return step_error("Error", "Unsupported " + std::string(step_type) +
                                   " module: " + std::string(module_identifier));
  }
  return step_error("Error", "Unsupported stepType: " + std::string(step_type));
}

step_error no_such_transformation(std::string_view module_identifier) {
  return step_error("Error", module_identifier.empty()
                                 ? "Invalid StepDefinition for DATA_TRANSFORMATION."
                                 : "Unsupported or unconfigured DATA_TRANSFORMATION module: " +
                                       std::string(module_identifier));
}

} // namespace millrace::steps

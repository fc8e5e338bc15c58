// SPDX-License-Identifier: Apache-2.0
#include <millrace/step_handler.hpp>

#include "modules.hpp"

#include <algorithm>
#include <array>

namespace millrace::steps {

namespace {

constexpr std::string_view system_prefix = "system/";
constexpr std::string_view start_flow_module = "system/start-flow-execution";

/// Step types that the interpreter executes itself, or finds by module identifier.
constexpr std::array<std::string_view, 6> types_without_handler = {
    "CUSTOM_LOGIC",          "DATA_TRANSFORMATION",  "END_FLOW",
    "PARALLEL_FORK_MANAGER", "START_FLOW_EXECUTION", "WAIT_FOR_EXTERNAL_EVENT"};

/// Every identifier that the flow language reserves for a module of Allma's own, sorted. A step
/// that names one of them which is not here fails otherwise than one that names an unknown module.
constexpr std::array<std::string_view, 19> reserved_modules = {"system/array-aggregator",
                                                               "system/compose-object-from-input",
                                                               "system/date-time-calculator",
                                                               "system/ddb-query-to-s3-manifest",
                                                               "system/dynamodb-data-loader",
                                                               "system/dynamodb-query-and-update",
                                                               "system/dynamodb-update-item",
                                                               "system/file-download",
                                                               "system/flatten-array",
                                                               "system/generate-array",
                                                               "system/generate-uuid",
                                                               "system/join-data",
                                                               "system/s3-data-loader",
                                                               "system/s3-data-saver",
                                                               "system/s3-list-files",
                                                               "system/sns-publish",
                                                               "system/sqs-get-queue-attributes",
                                                               "system/sqs-receive-messages",
                                                               "system/sqs-send"};

bool is_reserved(std::string_view module_identifier) {
  return module_identifier == start_flow_module ||
         std::binary_search(reserved_modules.begin(), reserved_modules.end(), module_identifier);
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

registry registry::with_system_modules() {
  registry all;
  const auto add = [](std::vector<entry>& target, const char* name, auto* run) {
    target.insert(place_of(target, name), {name, {run, step_effect::pure}});
  };
  add(all.modules_, "system/array-aggregator", array_aggregator);
  add(all.modules_, "system/compose-object-from-input", compose_object_from_input);
  add(all.modules_, "system/date-time-calculator", date_time_calculator);
  add(all.modules_, "system/flatten-array", flatten_array);
  add(all.modules_, "system/generate-array", generate_array);
  add(all.modules_, "system/generate-uuid", generate_uuid);
  add(all.modules_, "system/join-data", join_data);
  // A start point does nothing once its flow runs.
  add(all.by_type_, "EMAIL_START_POINT", no_op);
  add(all.by_type_, "NO_OP", no_op);
  add(all.by_type_, "SCHEDULE_START_POINT", no_op);

  all.step_types_.assign(types_without_handler.begin(), types_without_handler.end());
  for (const entry& type : all.by_type_) {
    all.step_types_.push_back(type.name);
  }
  std::sort(all.step_types_.begin(), all.step_types_.end());
  return all;
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
  modules_.insert(place, {std::move(module_identifier), std::move(handler)});
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

bool registry::replaces_step(std::string_view step_instance_id) const {
  return std::any_of(replacements_.begin(), replacements_.end(), [&](const replacement& each) {
    return !step_instance_id.empty() && each.which.step_instance_id == step_instance_id;
  });
}

const registered_handler* registry::find_module(std::string_view module_identifier) const {
  return find_in(modules_, module_identifier);
}

bool registry::knows_module(std::string_view module_identifier) const {
  const bool is_replaced =
      std::any_of(replacements_.begin(), replacements_.end(), [&](const replacement& each) {
        return !module_identifier.empty() && each.which.module_identifier == module_identifier;
      });
  return is_replaced || module_identifier == start_flow_module ||
         find_module(module_identifier) != nullptr;
}

const registered_handler* registry::find_step_type(std::string_view step_type) const {
  return find_in(by_type_, step_type);
}

const registered_handler* registry::find(std::string_view step_type,
                                         std::string_view module_identifier) const {
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
  if (!module_identifier.empty() && !is_reserved(module_identifier)) {
    return step_error::permanent("No external step registration found for moduleIdentifier: " +
                                 std::string(module_identifier));
  }
  if (step_type == "DATA_TRANSFORMATION") {
    return no_such_transformation(module_identifier);
  }
  return step_error("Error", "Unsupported stepType: " + std::string(step_type));
}

const std::vector<std::string>& registry::step_types() const noexcept {
  return step_types_;
}

std::vector<std::string> registry::system_modules() const {
  std::vector<std::string> identifiers{std::string(start_flow_module)};
  for (const entry& module : modules_) {
    if (std::string_view(module.name).substr(0, system_prefix.size()) == system_prefix) {
      identifiers.push_back(module.name);
    }
  }
  std::sort(identifiers.begin(), identifiers.end());
  return identifiers;
}

step_error no_such_transformation(std::string_view module_identifier) {
  return step_error("Error", module_identifier.empty()
                                 ? "Invalid StepDefinition for DATA_TRANSFORMATION."
                                 : "Unsupported or unconfigured DATA_TRANSFORMATION module: " +
                                       std::string(module_identifier));
}

} // namespace millrace::steps

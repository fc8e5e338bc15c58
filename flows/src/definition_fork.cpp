// SPDX-License-Identifier: Apache-2.0
//
// PARALLEL_FORK_MANAGER: items, branches and how their results become one.
#include "definition_differences.hpp"
#include "definition_expressions.hpp"
#include "definition_step.hpp"
#include "shape.hpp"

#include <set>
#include <utility>

namespace millrace::flows::definitions {

namespace {

/// Whether a bare path holds a comparison outside of brackets, where only filters may have one.
bool looks_like_comparison(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    depth += c == '[' ? 1 : 0;
    depth -= c == ']' ? 1 : 0;
    const bool pair = i + 1 < text.size() && text[i + 1] == c && (c == '&' || c == '|');
    if (depth == 0 && (c == '<' || c == '>' || c == '=' || pair)) {
      return true;
    }
  }
  return false;
}

void read_branch_start(branch_definition& branch, object_reader& reader) {
  if (!reader.has("stepInstanceId") && reader.has("stepType")) {
    reader.problems().error(reader.pointer(),
                            "a branch that is a sub-flow itself cannot run here; give it the "
                            "stepInstanceId of a START_FLOW_EXECUTION step instead");
    return;
  }
  branch.step_instance_id = reader.required_text("stepInstanceId").value_or(std::string());
}

branch_definition read_branch(object_reader reader) {
  branch_definition branch;
  branch.branch_id = reader.required_text("branchId").value_or(std::string());
  read_branch_start(branch, reader);
  if (const json::string* text = check_path(reader, "condition")) {
    branch.condition = path::compile(*text);
    warn_unusable_path(reader.problems(), reader.pointer("condition"), *text);
    if (looks_like_comparison(*text)) {
      reader.warning("condition", "a branch's condition is a path and cannot compare: this one "
                                  "never holds; compare in the transitions of the branch's first "
                                  "step");
    }
  }
  static_cast<void>(reader.text("icon"));
  check_input_mappings(reader, "inputMappings");
  static_cast<void>(reader.object("literals"));
  for (const char* key : {"inputMappings", "literals"}) {
    if (reader.has(key)) {
      reader.warning(key, std::string(key) + " of a branch has no effect, as on Allma today; move "
                                             "it to the branch's first step");
    }
  }
  reader.warn_misspelled(
      {"branchId", "stepInstanceId", "condition", "icon", "inputMappings", "literals"});
  return branch;
}

std::vector<branch_definition> read_branches(object_reader& reader) {
  std::vector<branch_definition> branches;
  const json::array* entries = reader.array("parallelBranches");
  const std::string pointer = reader.pointer("parallelBranches");
  std::set<std::string, std::less<>> seen;
  for (std::size_t i = 0; entries != nullptr && i < entries->size(); ++i) {
    const json::value& entry = (*entries)[i];
    if (!entry.is_object()) {
      reader.problems().error(child(pointer, i), "a branch must be an object with branchId and "
                                                 "stepInstanceId, but is " +
                                                     shape::describe(entry));
      continue;
    }
    branches.push_back(read_branch({entry.get_object(), child(pointer, i), reader.problems()}));
    if (!branches.back().branch_id.empty() && !seen.insert(branches.back().branch_id).second) {
      reader.problems().warning(child(child(pointer, i), "branchId"),
                                "another branch of this fork has the same branchId; give each one "
                                "of its own");
    }
  }
  return branches;
}

aggregation_strategy strategy_named(std::string_view name) {
  if (name == "MERGE_OBJECTS") {
    return aggregation_strategy::merge_objects;
  }
  if (name == "SUM") {
    return aggregation_strategy::sum;
  }
  if (name == "NONE") {
    return aggregation_strategy::none;
  }
  return name == "CUSTOM_MODULE" ? aggregation_strategy::custom_module
                                 : aggregation_strategy::collect_array;
}

void read_strategy(aggregation_config& config, object_reader& reader) {
  const auto name =
      reader.choice("strategy", {"COLLECT_ARRAY", "MERGE_OBJECTS", "SUM", "NONE", "CUSTOM_MODULE"});
  config.strategy = strategy_named(name.value_or("COLLECT_ARRAY"));
  const auto module = reader.nonempty_text("customModuleIdentifier");
  if (config.strategy != aggregation_strategy::custom_module) {
    return;
  }
  if (!module && !reader.has("customModuleIdentifier")) {
    reader.refuse("customModuleIdentifier", "the name of the module that aggregates");
  }
  reader.warning("strategy", "CUSTOM_MODULE collects the results into an array, as on Allma today: "
                             "no module is called");
}

aggregation_config read_aggregation(object_reader reader) {
  aggregation_config config;
  read_strategy(config, reader);
  if (const json::string* text = check_path(reader, "dataPath")) {
    config.data_path = json_path::compile(*text);
    warn_unusable_plain_path(reader.problems(), reader.pointer("dataPath"), *text);
  }
  config.fail_on_branch_error =
      reader.boolean("failOnBranchError").value_or(config.fail_on_branch_error);
  config.max_concurrency =
      reader.whole_number("maxConcurrency", 0).value_or(config.max_concurrency);
  if (reader.number("toleratedFailurePercentage", 0, 100)) {
    reader.warning("toleratedFailurePercentage",
                   "toleratedFailurePercentage has no effect here; failOnBranchError says whether "
                   "a failed branch fails the fork");
  }
  reader.warn_misspelled({"strategy", "dataPath", "customModuleIdentifier", "failOnBranchError",
                          "maxConcurrency", "toleratedFailurePercentage"});
  return config;
}

} // namespace

fork_config compile_fork(object_reader& reader) {
  fork_config fork;
  if (const json::string* text = check_path(reader, "itemsPath")) {
    fork.items_path = path::compile(*text);
    warn_unusable_path(reader.problems(), reader.pointer("itemsPath"), *text);
  } else if (!reader.has("itemsPath")) {
    reader.problems().warning(reader.pointer(), "the fork has no itemsPath and fails when it runs; "
                                                "add the path of the items");
  }
  fork.branches = read_branches(reader);
  const json::value* branches = reader.find("parallelBranches");
  if (branches == nullptr || (branches->is_array() && branches->get_array().empty())) {
    reader.problems().warning(reader.pointer(),
                              "the fork has no branches and does nothing; add parallelBranches");
  }
  if (reader.object("aggregationConfig") != nullptr) {
    fork.aggregation = read_aggregation(reader.inside("aggregationConfig"));
  }
  if (reader.has("onError")) {
    warn_difference(reader.problems(), reader.pointer("onError"), differences::fork_error);
  }
  return fork;
}

} // namespace millrace::flows::definitions

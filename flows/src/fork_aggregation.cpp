// SPDX-License-Identifier: Apache-2.0
#include "fork_aggregation.hpp"

#include <millrace/js.hpp>

namespace millrace::flows {
namespace {

struct ended_branch {
  std::string branch_id;
  json::value output;
  std::optional<error_info> error;

  // Without errorDetails, as recorded in the conformance cases ("aggregate error tolerated").
  [[nodiscard]] json::object brief_error() const {
    return {{"errorName", error->error_name},
            {"errorMessage", error->error_message},
            {"isRetryable", error->is_retryable}};
  }
  [[nodiscard]] json::object error_entry() const {
    return {{"branchId", branch_id}, {"error", brief_error()}};
  }
};

ended_branch extract(branch_result ended, std::string branch_id, const aggregation_config& config) {
  ended_branch out{std::move(branch_id), std::move(ended.output), std::move(ended.error)};
  if (out.error || !config.data_path)
    return out;
  auto found = config.data_path->evaluate(out.output);
  if (!found)
    out.error = error_info{"DataPathError",
                           "Failed to extract data using path: " + found.error().message(),
                           {},
                           false};
  else
    out.output = found->is_undefined() ? json::value() : std::move(*found).take();
  return out;
}

error_info first_error(const std::vector<ended_branch>& branches, bool with_branch_ids) {
  json::array errors;
  std::string first;
  for (const ended_branch& branch : branches) {
    if (!branch.error)
      continue;
    if (errors.empty())
      first = branch.error->error_message;
    if (with_branch_ids)
      errors.push_back(branch.error_entry());
    else
      errors.push_back(branch.brief_error());
  }
  return {"ParallelBranchExecutionError",
          "One or more parallel branches failed. First error: " + first,
          {{"branchErrors", std::move(errors)}},
          false};
}

json::value collect(std::vector<ended_branch>& branches) {
  json::array all;
  for (ended_branch& branch : branches) {
    if (branch.error)
      all.push_back(branch.error_entry());
    else
      all.push_back(std::move(branch.output));
  }
  return all;
}

json::value merge(std::vector<ended_branch>& branches) {
  json::object all;
  json::array errors;
  for (ended_branch& branch : branches) {
    if (branch.error) {
      errors.push_back(branch.error_entry());
      continue;
    }
    const json::object* members = branch.output.if_object();
    if (!members)
      continue; // what is no object is skipped
    for (const auto* member : js::members(*members))
      all[member->key()] = member->value();
  }
  if (!errors.empty())
    all["_branchErrors"] = std::move(errors);
  return all;
}

json::value sum(const std::vector<ended_branch>& branches) {
  double total = 0;
  for (const ended_branch& branch : branches)
    if (!branch.error && branch.output.is_number())
      total += js::to_number(&branch.output);
  return number(total);
}

json::object barrier_summary(std::size_t count, bool counted) {
  json::object out{{"aggregatedData", nullptr}, {"aggregationSkipped", true}};
  if (counted) {
    out["branchCount"] = count;
    out["failedBranchCount"] = 0;
  }
  return out;
}

} // namespace

fork_outcome aggregate(fork_state& fork, const fork_config& config) {
  const aggregation_config& rules = config.aggregation;
  const bool barrier = rules.strategy == aggregation_strategy::none;
  std::vector<ended_branch> branches;
  branches.reserve(fork.results.size());
  bool failed = false;
  for (std::size_t run = 0; run < fork.results.size(); ++run) {
    branch_result ended = std::move(*fork.results[run]);
    const std::string& id = config.branches[fork.runs[run].branch].branch_id;
    if (barrier)
      branches.push_back({id, nullptr, std::move(ended.error)});
    else
      branches.push_back(extract(std::move(ended), id, rules));
    failed = failed || branches.back().error.has_value();
  }
  if (failed && rules.fail_on_branch_error)
    return {{}, first_error(branches, !barrier)};
  switch (rules.strategy) {
  case aggregation_strategy::none:
    return {barrier_summary(branches.size(), rules.fail_on_branch_error), std::nullopt};
  case aggregation_strategy::merge_objects:
    return {{{"aggregatedData", merge(branches)}}, std::nullopt};
  case aggregation_strategy::sum: return {{{"aggregatedData", sum(branches)}}, std::nullopt};
  case aggregation_strategy::collect_array:
  case aggregation_strategy::custom_module: break;
  }
  return {{{"aggregatedData", collect(branches)}}, std::nullopt};
}

} // namespace millrace::flows

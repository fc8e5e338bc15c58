// SPDX-License-Identifier: Apache-2.0
//
// How far a family of executions has come: each with what it started and the branches that run, and
// one line about the deepest work that goes on. Source: Allma's documentation, execution monitoring
// ("Get Execution Progress").
#pragma once

#include <millrace/execution.hpp>
#include <millrace/progress.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace millrace {

/// Executions and branches that one report holds at most, and how deep it nests them.
inline constexpr std::size_t progress_nodes_max = 200;
inline constexpr std::size_t progress_depth_max = 32;

/// What a report is about.
enum class progress_mode : std::uint8_t {
  single, ///< one execution
  tree,   ///< the root of its family and all below it
};

/// An execution, or a branch of a fork that runs. Times are Unix milliseconds, 0: not yet.
struct progress_node {
  /// Of a branch: that of its execution, a slash, and which run of which visit it is.
  std::string flow_execution_id;
  std::string flow_definition_id;
  std::int64_t flow_definition_version = 0; ///< 0: not resolved
  /// That of the execution, or "PARALLEL_BRANCH".
  std::string kind;
  std::int64_t depth = 0;
  std::string parent_step_instance_id; ///< of the parent that started it; empty: none
  execution_status status = execution_status::initializing;
  /// Measured by the flow. Of a branch: by the steps that the branch went through.
  execution_progress progress;
  std::int64_t started_at = 0;
  std::int64_t ended_at = 0;
  std::vector<progress_node> children; ///< in the order of acceptance, branches first
};

/// One line about what goes on.
struct progress_headline {
  std::string execution_id;
  std::string label; ///< the checkpoint reached, else the step, else the status
  int percent = 0;
  execution_status status = execution_status::initializing;
  bool is_waiting = false; ///< the current step may pause for long
};

struct progress_report {
  progress_node root;
  /// About the deepest node that has not ended, the first one of several; the root when all have.
  progress_headline headline;
  /// Executions of the family that the bounds left out. Open ones go before those that have ended,
  /// then earlier ones before later ones; one whose parent was left out stands below the root.
  std::int64_t left_out = 0;
};

/// As Allma's ExecutionProgressResponse, which has no WAITING: that is RUNNING there. What was left
/// out, if anything, is in `leftOut`.
[[nodiscard]] json::object to_json(const progress_report& report);

} // namespace millrace

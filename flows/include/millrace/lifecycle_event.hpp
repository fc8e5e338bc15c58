// SPDX-License-Identifier: Apache-2.0
//
// What an observer is told, after what it is told about has been committed.
#pragma once

#include <millrace/execution.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace millrace {

/// How a path came to a step or left it.
enum class flow_way : std::uint8_t {
  none,         ///< nothing is said
  start,        ///< entered as the first step of the execution
  branch,       ///< entered as the first step of a branch
  transition,   ///< left by a transition with a condition: `transition_index`
  default_next, ///< left by the default transition
  fallback,     ///< left, failed, for the step that onError names
  end,          ///< left with nowhere to go: the path has ended
};

/// Something that happened to an execution and is committed.
struct lifecycle_event {
  enum class type : std::uint8_t {
    execution_accepted, ///< one row exists now; `detail` is the start: mode, flow, lineage (the
                        ///< parent's flow and version too), input
    execution_begun,    ///< its definition is pinned
    execution_waiting,  ///< parked: it waits for an event, a due time or a called flow
    execution_ended,    ///< terminal: see `status`, `detail` is errorInfo or empty
    step_entered,       ///< `way`: start, branch, or none where a step before it was left
    step_completed,     ///< `detail`: output
    step_left,          ///< completed, and chosen what comes next: `way`, `next_step_instance_id`,
                        ///< `conditions`; way none: nothing could be chosen, step_failed follows
    step_failed,        ///< `detail`: errorInfo; `way` is fallback where that goes on
    step_retrying,      ///< `detail`: errorInfo; `delay_ms` until the next attempt
    step_continued,     ///< failed, and continueOnFailure went on; `detail`: errorInfo
    step_delayed,       ///< a configured delay of `delay_ms`
    step_waiting,       ///< `detail`: {"correlationKey": ...}
    step_resumed,
    branch_started,
    branch_ended, ///< `detail`: {"output": ...} or {"error": ...}
  };

  type what = type::execution_accepted;
  std::string flow_execution_id;
  std::string flow_definition_id;
  std::int64_t flow_definition_version = 0; ///< 0: not resolved
  execution_status status = execution_status::running;
  std::string step_instance_id; ///< of the step; of the fork for branch events
  /// Which path: "" for the main one, else unique per branch run within the execution; the path of
  /// a nested branch starts with that of its parent branch and "/".
  std::string branch_path;
  std::string branch_id;
  std::int64_t delay_ms = 0;
  std::int64_t at = 0; ///< Unix milliseconds
  flow_way way = flow_way::none;
  int transition_index = -1;         ///< into the step's transitions; -1: none
  std::string next_step_instance_id; ///< where `way` leads; empty: nowhere
  /// Of step_left: whether each condition held that was looked at, in the order of the transitions.
  std::vector<bool> conditions;
  json::object detail;
};

/// Receives events in order per execution, from the engine's threads, one call at a time per
/// execution. Must not block for long and must not throw.
using lifecycle_observer = std::function<void(const lifecycle_event&)>;

} // namespace millrace

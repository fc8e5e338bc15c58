// SPDX-License-Identifier: Apache-2.0
//
// What an observer is told, after what it is told about has been committed.
#pragma once

#include <millrace/execution.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace millrace {

/// Something that happened to an execution and is committed.
struct lifecycle_event {
  enum class type : std::uint8_t {
    execution_accepted, ///< one row exists now; `detail` is the start: mode, flow, lineage, input
    execution_begun,    ///< its definition is pinned
    execution_waiting,  ///< parked: it waits for an event, a due time or a called flow
    execution_ended,    ///< terminal: see `status`, `detail` is errorInfo or empty
    step_entered,
    step_completed, ///< `detail`: output
    step_failed,    ///< `detail`: errorInfo; the fallback may still go on
    step_retrying,  ///< `detail`: errorInfo; `delay_ms` until the next attempt
    step_continued, ///< failed, and continueOnFailure went on; `detail`: errorInfo
    step_delayed,   ///< a configured delay of `delay_ms`
    step_waiting,   ///< `detail`: {"correlationKey": ...}
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
  json::object detail;
};

/// Receives events in order per execution, from the engine's threads, one call at a time per
/// execution. Must not block for long and must not throw.
using lifecycle_observer = std::function<void(const lifecycle_event&)>;

} // namespace millrace

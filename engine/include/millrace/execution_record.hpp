// SPDX-License-Identifier: Apache-2.0
//
// What can be known of an execution, as of its last commit.
#pragma once

#include <millrace/execution.hpp>
#include <millrace/progress.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

/// An execution as of its last commit. Times are Unix milliseconds, 0: not yet.
struct execution_record {
  std::string flow_execution_id;
  std::string flow_definition_id;
  std::int64_t flow_definition_version = 0; ///< 0: not resolved
  std::string flow_version_asked;           ///< a number as text, or LATEST_PUBLISHED
  execution_status status = execution_status::initializing;
  execution_kind kind = execution_kind::root;
  std::int64_t depth = 0;
  std::string root_flow_execution_id;
  std::string parent_flow_execution_id; ///< empty: none
  std::string parent_step_instance_id;  ///< empty: none
  std::string trigger_source;
  std::string start_message_id; ///< of the durable start message (sqsMessageId of a step's output)
  std::int64_t accepted_at = 0;
  std::int64_t started_at = 0;
  std::int64_t ended_at = 0;
  std::int64_t due_at = 0;              ///< when a parked execution goes on or times out
  std::vector<std::string> waiting_for; ///< correlation keys
  std::optional<error_info> error;
  /// Steps of the main path in the order they were entered. Only where asked for.
  std::vector<std::string> path;
  /// Absent before the execution has begun, and after its end where its definition cannot be
  /// compiled any more. Only where the path is.
  std::optional<execution_progress> progress;
  /// The context. Only where asked for.
  json::object context;
  /// Position in lists: pass it as `execution_filter::after` for the next page.
  std::int64_t position = 0;
};

/// The record as the command line prints it; `with_context`: path and context included. Source: the
/// command line's contract ("run --output json").
[[nodiscard]] json::object to_json(const execution_record& record, bool with_context);

/// Which executions a list holds.
struct execution_filter {
  enum class selection : std::uint8_t {
    flows,      ///< without deliveries
    deliveries, ///< nothing but what is delivered for executions: completion actions, notifications
    all,
  };
  std::string flow_definition_id;         ///< empty: any
  std::optional<execution_status> status; ///< absent: any
  std::string root_flow_execution_id;     ///< empty: any
  std::int64_t after = 0;                 ///< only records with a larger position
  std::size_t limit = 100;
  bool with_context = false;
  selection of = selection::flows;
  std::string parent_flow_execution_id; ///< empty: any
};

} // namespace millrace

// SPDX-License-Identifier: Apache-2.0
//
// The words for an execution that every room shares: status, kind, lineage, start request.
#pragma once

#include <millrace/error.hpp>
#include <millrace/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

/// Where an execution stands. The numbers are stored; never reuse one.
enum class execution_status : std::uint8_t {
  initializing = 0, ///< accepted; its definition is not resolved yet
  running = 1,      ///< has a step to run
  waiting = 2,      ///< parked: waits for an event, a due time or a called flow
  completed = 3,    ///< ended well
  failed = 4,       ///< ended by an error that nothing handled
  cancelled = 5,    ///< ended on request
  timed_out = 6,    ///< ended by a wait that nobody answered in time
};

/// "INITIALIZING", "RUNNING", "WAITING", "COMPLETED", "FAILED", "CANCELLED" or "TIMED_OUT". Source:
/// reference FlowRuntimeState (status).
[[nodiscard]] const char* to_string(execution_status status) noexcept;
/// The status of that name, exactly as to_string writes it.
[[nodiscard]] std::optional<execution_status>
parse_execution_status(std::string_view name) noexcept;
/// Whether nothing can happen to an execution any more.
[[nodiscard]] constexpr bool is_terminal(execution_status status) noexcept {
  return status >= execution_status::completed;
}

/// How an execution came to be. The numbers are stored.
enum class execution_kind : std::uint8_t {
  root = 0,          ///< started from outside
  async_subflow = 1, ///< a detached start by a step
  sync_subflow = 2,  ///< called by a step that waits for it
  delivery = 3,      ///< delivers something for its parent, see delivery.hpp; a root of its own
};

/// "ROOT", "ASYNC_SUBFLOW", "SYNC_SUBFLOW" or "DELIVERY". Source: reference
/// StartFlowExecutionInputSchema (executionKind); deliveries are Millrace's own.
[[nodiscard]] const char* to_string(execution_kind kind) noexcept;

/// Why an execution failed; errorInfo of the documentation.
struct error_info {
  std::string error_name;
  std::string error_message;
  json::object error_details;
  bool is_retryable = false;

  /// errorName, errorMessage, errorDetails, isRetryable. Source: conformance/flow.json (errorInfo).
  [[nodiscard]] json::object to_json() const;
  /// Reads what to_json wrote; members of another type are left as they are by default.
  [[nodiscard]] static error_info from_json(const json::object& object);
};

/// A place in the middle of a flow where an execution begins, as a stateful redrive does. Source:
/// reference StartFlowExecutionInputSchema (executionOverrides.startFromState), of which these two
/// members count: who an execution is, is not the caller's to give.
struct start_state {
  std::string step_instance_id; ///< currentStepInstanceId
  /// currentContextData: what that step sees, as it is. Nothing is put into it, not even
  /// flow_variables.flowExecutionId.
  json::object context;
};

/// A checked start input (StartFlowExecutionInput of the reference), without lineage.
struct start_request {
  std::string flow_definition_id = {};
  /// A version number as text, or "LATEST_PUBLISHED".
  std::string flow_version = "LATEST_PUBLISHED";
  json::object initial_context_data = {};
  /// A UUID given by the caller; empty: the engine mints one.
  std::string flow_execution_id = {};
  std::string trigger_source = {};
  std::optional<bool> enable_execution_logs = {};
  std::optional<json::object> notification_config = {};
  /// stepOverrides and startStepInstanceId, the step at which the execution begins with its initial
  /// context; absent: none. Expressions see them.
  std::optional<json::object> execution_overrides = {};
  /// Where it begins instead of the start step, and on what instead of the initial context. In JSON
  /// it is executionOverrides.startFromState; expressions do not see it.
  std::optional<start_state> start_from_state = {};
};

/// Checks `input` against the start input's schema; unknown members and lineage are dropped.
/// Errors: `invalid_input`, one sentence that names every wrong member, what it must be and what it
/// is, to be put behind words that say which start it was. Source: specification of
/// START_FLOW_EXECUTION; reference StartFlowExecutionInputSchema.
[[nodiscard]] result<start_request> parse_start_request(const json::object& input);
/// The start input as JSON, in the form that parse_start_request reads.
[[nodiscard]] json::object to_json(const start_request& request);
/// The name of a context of the start input that nests deeper than context_depth_max; empty: none
/// does. Source of the bound: limits.hpp.
[[nodiscard]] std::string_view context_that_is_too_deep(const start_request& request);

/// Whether `text` is a UUID of any version in its canonical form (hexadecimal, either case).
/// Source: RFC 9562, section 4.
[[nodiscard]] bool is_uuid(std::string_view text) noexcept;
/// A version 7 UUID (RFC 9562) in lower case: `unix_ms` in the upper 48 bits, the rest from
/// `random`.
[[nodiscard]] std::string make_uuid_v7(std::int64_t unix_ms, std::uint64_t random_high,
                                       std::uint64_t random_low);
/// Milliseconds since the epoch as `YYYY-MM-DDTHH:MM:SS.mmmZ`. Source: ECMA-262,
/// Date.prototype.toISOString.
[[nodiscard]] std::string format_timestamp(std::int64_t unix_ms);

} // namespace millrace

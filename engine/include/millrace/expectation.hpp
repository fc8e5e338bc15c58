// SPDX-License-Identifier: Apache-2.0
//
// What an execution should have done, and must not have done; and checking a simulated run against
// it in sentences for people.
#pragma once

#include <millrace/simulation.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::simulation {

/// How long something may take: both bounds belong to it. Equal bounds: exactly so long.
struct time_bounds {
  std::optional<std::chrono::milliseconds> at_least;
  std::optional<std::chrono::milliseconds> at_most;

  [[nodiscard]] static time_bounds exactly(std::chrono::milliseconds time) { return {time, time}; }
  [[nodiscard]] bool hold(std::chrono::milliseconds time) const noexcept {
    return (!at_least || time >= *at_least) && (!at_most || time <= *at_most);
  }
};

/// Types of values in a context.
enum class value_type : std::uint8_t { null, boolean, number, text, array, object };

/// "null", "boolean", "number", "string", "array" or "object", as JSON Schema calls them.
[[nodiscard]] const char* to_string(value_type type) noexcept;
/// The type of that name, exactly as to_string writes it.
[[nodiscard]] std::optional<value_type> parse_value_type(std::string_view name) noexcept;

struct expected_children;

/// What one execution should have done. Whatever is not said is not looked at. Members may be
/// filled by hand or by the functions, which can be put in a row:
///
///     expectation{}.ends(execution_status::completed).enters("ship", 2).never_enters("refund")
///
/// Paths are JSONPaths as mappings have them (flows::path) and start with "$"; they look at the
/// context of the end, or of now.
struct expectation {
  std::optional<execution_status> status;
  /// Steps of the main path, exactly and in order.
  std::optional<std::vector<std::string>> path;
  /// Step to how often it was entered, branches included.
  std::map<std::string, std::int64_t> entered;
  std::vector<std::string> never_entered; ///< steps
  /// Step to how many attempts there were after the first one.
  std::map<std::string, std::int64_t> retried;
  /// JSONPath to the value that must be there. Order of members does not count.
  std::vector<std::pair<std::string, json::value>> context;
  std::vector<std::string> absent;                       ///< JSONPaths that must find nothing
  std::vector<std::pair<std::string, value_type>> types; ///< JSONPath to a type
  std::optional<std::string> error_name;
  std::optional<std::string> error_contains; ///< a part of the error's message
  /// What it started, and nothing else unless `other_children`. In any order: each of the started
  /// executions counts for one entry at most, and those are shared out so that as many as possible
  /// meet theirs.
  std::optional<std::vector<expected_children>> children;
  bool other_children = false;
  std::optional<std::vector<std::string>> waiting_for; ///< correlation keys, in any order
  std::optional<std::vector<time_bounds>> delays;      ///< of retries and delays, in order
  time_bounds duration;                                ///< virtual, from its beginning to its end
  /// Executions of its family: itself, its children and all of theirs.
  std::optional<std::int64_t> executions;
  /// What was delivered on its behalf, exactly and in any order: "onCompletionActions[0]",
  /// "notificationConfig.webhook.TERMINAL" (see flows::delivery::source_step).
  std::optional<std::vector<std::string>> deliveries;
  /// What became of the world's events, as they were given. Of a root only.
  std::optional<std::vector<delivery>> events;

  expectation& ends(execution_status expected);
  expectation& takes_path(std::vector<std::string> step_instance_ids);
  expectation& enters(std::string step_instance_id, std::int64_t times = 1);
  expectation& never_enters(std::string step_instance_id);
  expectation& retries(std::string step_instance_id, std::int64_t attempts);
  expectation& has(std::string json_path, json::value value);
  expectation& has_type(std::string json_path, value_type type);
  expectation& has_nothing_at(std::string json_path);
  expectation& fails_with(std::string name, std::string message_part = {});
  expectation& waits_for(std::string correlation_key);
  expectation& pauses(std::vector<time_bounds> times);
  expectation& lasts(std::chrono::milliseconds exactly);
  expectation& lasts_at_least(std::chrono::milliseconds least);
  expectation& lasts_at_most(std::chrono::milliseconds most);
  /// `count` children of `flow`, each of which meets `each`.
  expectation& starts(std::string flow, std::int64_t count = 1);
  expectation& starts(std::string flow, std::int64_t count, expectation each);
  expectation& starts_nothing();
  expectation& may_start_others();
  expectation& comes_to(std::int64_t executions_of_family);
  expectation& delivers(std::vector<delivery> outcomes);
};

/// Children of one flow that should have done the same.
struct expected_children {
  std::string flow_definition_id;
  std::int64_t count = 1; ///< 0: none that meets `each`
  expectation each;
};

/// "pending", "delivered" or "unclaimed".
[[nodiscard]] const char* to_string(delivery outcome) noexcept;
[[nodiscard]] std::optional<delivery> parse_delivery(std::string_view name) noexcept;

/// The steps of the flows under test; of a flow with several versions, those of all.
using flow_steps = std::map<std::string, std::set<std::string, std::less<>>, std::less<>>;

/// A part of an expectation that no run can be held against.
struct expectation_problem {
  std::string pointer; ///< JSON pointer, as "expect" of a test file writes the expectation
  std::string message; ///< one sentence
};

/// What is wrong with an expectation itself: JSONPaths that are none, negative counts, steps that
/// `flow` has not, children of a flow that is not in `known`. Empty: nothing.
[[nodiscard]] std::vector<expectation_problem>
check_expectation(const expectation& expected, const flow_steps& known, std::string_view flow);

/// Holds a run against an expectation of the execution `flow_execution_id`: a sentence for each
/// thing that is otherwise, with what was expected, what was seen and where. Empty: all is as
/// expected. Errors: `not_found` when the outcome has no such execution, `invalid_argument` for a
/// JSONPath that is none. Thread-safe.
[[nodiscard]] result<std::vector<std::string>>
check(const expectation& expected, const world_outcome& seen, std::string_view flow_execution_id);

} // namespace millrace::simulation

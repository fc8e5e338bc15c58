// SPDX-License-Identifier: Apache-2.0
//
// The interpreter: a pure function of definition, state, event and moment. It says what has to
// happen next (effects); somebody else does it and reports back. It reads no clock and no random
// source, starts nothing, and reads no file but through the source of objects that it is given.
#pragma once

#include <millrace/execution_state.hpp>
#include <millrace/lifecycle_event.hpp>
#include <millrace/mapping.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace millrace::flows {

/// The time and the random bits of one call.
struct moment {
  std::int64_t now = 0;     ///< Unix milliseconds
  std::uint64_t random = 0; ///< fresh for every call; for delay ranges and retry jitter
};

/// Run one attempt of a step's handler; report with on_result().
struct run_step_effect {
  std::string cursor;
  const flows::step* step = nullptr; ///< borrowed from the definition
  std::int64_t visit = 0;
  int attempt = 1;
  std::shared_ptr<const json::object> input; ///< never null; shared with the waiting path
  json::object custom_config;
  json::object fields;   ///< of the step's type, evaluated
  std::int64_t poll = 0; ///< of POLL_EXTERNAL_API: calls of this visit that were answered before
};

/// Start another flow; report with on_started(). `sync`: the path waits for its end (on_called()).
struct start_flow_effect {
  std::string cursor;
  std::string step_instance_id;
  std::int64_t visit = 0;
  bool sync = false;
  start_request request; ///< flow_execution_id is empty unless the step gave one
};

/// The path waits; nothing to do but to remember `next_due()` and `waits()` of the state.
struct wait_effect {
  std::string cursor;
};

using effect = std::variant<run_step_effect, start_flow_effect, wait_effect>;

/// What happened inside, for observers and step records. Borrowed for the length of the call.
struct trace_event {
  enum class type : std::uint8_t {
    step_entered,   ///< `way` is start or branch for the first step of a path, else none
    step_completed, ///< `output`, `input`, `mappings` are set
    step_failed,    ///< `error` is set; nothing handled it, or the fallback does (`next_step`)
    step_retrying,  ///< `error` and `delay_ms` are set
    step_continued, ///< failed, and continueOnFailure went on: `error` is set
    delayed,        ///< a configured delay of `delay_ms`
    waiting,        ///< `text` is the correlation key
    resumed,
    branch_started,
    branch_ended, ///< `output` or `error` is set
    step_left,    ///< `way`, `transition_index`, `conditions`, `next_step`
  };
  type what = type::step_entered;
  const cursor* path = nullptr;
  std::string_view step_instance_id;
  const flows::step* step = nullptr; ///< null where the step does not exist
  int attempt = 0;
  std::int64_t delay_ms = 0;
  const json::object* input = nullptr;
  const json::value* output = nullptr;
  const error_info* error = nullptr;
  const std::vector<mapping_event>* mappings = nullptr;
  const std::vector<bool>* conditions = nullptr; ///< those looked at: whether each held
  std::string_view text = {};
  std::string_view next_step = {};
  flow_way way = flow_way::none;
  int transition_index = -1;
};

/// How a called flow ended.
struct call_outcome {
  execution_status status = execution_status::completed;
  json::object final_context;
  std::optional<error_info> error;
};

/// Bounds of the interpreter.
struct interpreter_limits {
  /// Branches of one fork that run at once when the flow names no bound.
  std::int64_t default_branch_concurrency = 16;
  /// Waiting for an event without maxWaitTimeSeconds, in seconds (Allma: 7 days).
  std::int64_t default_wait_seconds = 7 * 24 * 3600;
  /// Attempts at a step that fails with TransientStepError, the first included.
  int transient_attempts = 5;
  /// Pause before the nth further attempt: 2^n * this, in milliseconds, plus jitter.
  std::int64_t transient_backoff_ms = 250;
  /// Jitter of that pause: less than this, in milliseconds.
  std::int64_t transient_jitter_ms = 50;
};

/// Steps one execution. Borrows the state for its own lifetime. Not thread-safe. Source of every
/// rule: conformance/flow.json; reference iterative-step-processor (steps, transitions, errors,
/// forks), the specification of START_FLOW_EXECUTION for starts; where Allma differs from its
/// documentation, docs/parity.md says which is followed.
class interpreter {
public:
  /// `trace` may be empty; it is called during every other member function. Without `objects` a
  /// pointer to an object is a value like any other.
  explicit interpreter(execution_state& state, interpreter_limits limits = {},
                       std::function<void(const trace_event&)> trace = {},
                       std::shared_ptr<object_source> objects = {});

  /// Goes on until something has to be done; nothing: every path waits, or the execution has ended
  /// (state.status() is terminal). At most one step is entered per call.
  [[nodiscard]] std::optional<effect> next(const moment& at);

  /// The outcome of an attempt. Ignored when that attempt is not out (it was answered already).
  void on_result(std::string_view cursor_id, step_result outcome, const moment& at);
  /// A start was accepted under these ids.
  void on_started(std::string_view cursor_id, std::string_view execution_id,
                  std::string_view message_id, const moment& at);
  /// A start was refused for good: its step fails, without another attempt (Millrace's own bounds;
  /// Allma has none).
  void on_start_refused(std::string_view cursor_id, const step_error& reason, const moment& at);
  /// A start could not be handed over: an attempt of its step has failed, which may be repeated
  /// since nothing was started (Allma's queue may fail; here nothing does that by itself).
  void on_start_failed(std::string_view cursor_id, const step_error& reason, const moment& at);
  /// The called flow ended.
  void on_called(std::string_view cursor_id, const call_outcome& outcome, const moment& at);
  /// An event for a waiting path. Ignored when the path does not wait.
  void on_event(std::string_view cursor_id, json::value payload, const moment& at);
  /// Lets everything go on that is due at `at.now`.
  void on_time(const moment& at);
  /// Ends the execution as CANCELLED.
  void cancel(std::string_view reason);
  /// What is to happen because the execution has ended. Precondition: state.status() is terminal.
  [[nodiscard]] std::vector<delivery> complete(std::int64_t ended_at) const;
  /// The run state that a step of this path sees, currentContextData included: a copy.
  [[nodiscard]] json::object run_state(std::string_view cursor_id) const;

private:
  using maybe_effect = std::optional<effect>;

  /// A transition that was chosen: its counter, its target and its bound.
  struct chosen_transition {
    flow_way way = flow_way::default_next;
    int index = -1; ///< of the transition; -1: the default
    std::string_view next_step = {};
    std::int64_t max_transitions = 0;
  };

  /// A path that gets an answer, and its step.
  struct answered_path {
    cursor* path = nullptr;
    const step* at = nullptr;
  };

  // Paths (interpreter.cpp).
  std::optional<answered_path> answered(std::string_view cursor_id, cursor_phase expected);
  cursor* runnable(cursor& from);
  maybe_effect advance(cursor& c, const moment& at);
  maybe_effect enter(cursor& c, const moment& at);
  maybe_effect begin(cursor& c, const step& s, const moment& at);
  std::int64_t delay_length(const cursor& c, const step& s, const moment& at) const;
  void go_on(cursor& c, const step& s, const moment& at);
  void take(cursor& c, const step& s, const chosen_transition& chosen,
            const std::vector<bool>& seen, const moment& at);
  void report_left(const cursor& c, const step& s, const chosen_transition& chosen,
                   const std::vector<bool>& seen) const;
  static void move_to(cursor& c, std::string_view step_id);
  void end_path(cursor& c, const moment& at);
  void fail(cursor& c, const step* s, error_info reason, const moment& at,
            execution_status unhandled = execution_status::failed);
  void fail_beyond(cursor& c, const step& s, error_info reason, const moment& at);
  [[nodiscard]] bool falls_back(cursor& c, const step* s, const error_info& reason);
  void fail_path(cursor& c, error_info reason, const moment& at, execution_status unhandled);
  static void collect_due(cursor& from, std::int64_t now, std::vector<std::string>& due);
  void fire(cursor& c, const moment& at);

  // Standard steps (interpreter_step.cpp).
  maybe_effect attempt(cursor& c, const step& s, const moment& at);
  result<json::object> prepare_input(cursor& c, const step& s) const;
  result<json::object> map_input(const cursor& c, const step& s,
                                 std::vector<mapping_event>* events) const;
  void restore_input(cursor& c, const step& s) const;
  result<json::object> render_custom_config(const cursor& c, const step& s,
                                            const json::object& input) const;
  void on_output(cursor& c, const step& s, json::value output, const moment& at);
  void finish_delayed(cursor& c, const step& s, const moment& at);
  result<json::object> evaluate_fields(const cursor& c, const step& s,
                                       const json::object& input) const;
  void succeed(cursor& c, const step& s, json::value output, const moment& at);
  void complete(cursor& c, const step& s, json::value output, const moment& at);
  static std::optional<step_error> validate_output(const step& s, const json::value& output);
  /// `has_started`: of a start, whether another attempt would start another child.
  void on_failed_attempt(cursor& c, const step& s, const step_error& reason, const moment& at,
                         bool has_started = true);
  std::optional<std::int64_t> retry_pause(const cursor& c, const step& s, const step_error& reason,
                                          const moment& at) const;

  // POLL_EXTERNAL_API (interpreter_poll.cpp).
  void on_polled(cursor& c, const step& s, json::value response, const moment& at);

  // START_FLOW_EXECUTION (interpreter_start.cpp).
  result<start_request> build_start(const cursor& c, const step& s,
                                    const json::object& input) const;
  maybe_effect start_detached(cursor& c, const step& s, const moment& at);
  maybe_effect call(cursor& c, const step& s, const moment& at);

  // WAIT_FOR_EXTERNAL_EVENT (interpreter_wait.cpp).
  maybe_effect wait(cursor& c, const step& s, const moment& at);
  void time_out(cursor& c, const step& s, const moment& at);
  void accept(cursor& c, const step& s, json::value output, const moment& at);

  // PARALLEL_FORK_MANAGER (interpreter_fork.cpp).
  void open_fork(cursor& c, const step& s, const moment& at);
  cursor& activate_branch(cursor& parent);
  void close_branch(cursor& branch, const moment& at);
  void join(cursor& parent, const moment& at);

  // What expressions see. Later layers hide earlier ones.
  scope empty_scope() const;
  void see_run_state(const cursor& c, scope& visible) const;
  scope run_state_then_context(const cursor& c) const;
  scope context_then_run_state(const cursor& c, const json::object& input) const;
  void set_current_step(const cursor& c);
  void report(const trace_event& event) const;

  execution_state& state_;
  interpreter_limits limits_;
  std::function<void(const trace_event&)> trace_;
  std::unique_ptr<pointed_objects> objects_; // null: pointers are not followed
};

} // namespace millrace::flows

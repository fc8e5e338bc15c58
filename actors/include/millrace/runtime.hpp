// SPDX-License-Identifier: Apache-2.0
//
// The running half of an engine: everything between the store and the step handlers. No CAF type
// shows here. Every member function is thread-safe.
#pragma once

#include <millrace/definition.hpp>
#include <millrace/execution.hpp>
#include <millrace/family_budgets.hpp>
#include <millrace/lifecycle_event.hpp>
#include <millrace/retention.hpp>
#include <millrace/step_handler.hpp>
#include <millrace/store.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::actors {

/// A definition that an execution can be pinned to.
struct resolved_flow {
  std::shared_ptr<const flows::flow_definition> definition;
  std::int64_t pinned = 0; ///< key in the store
  /// Variables of the owning agents and of the flow record, merged.
  std::shared_ptr<const json::object> flow_variables;
};

/// Pinned definitions that executions may be about to begin with.
struct pinned_in_use {
  std::uint64_t generation = 0; ///< of what is known; another one: others may have come
  std::vector<std::int64_t> keys;
};

/// Where definitions come from. Thread-safe.
class definition_source {
public:
  virtual ~definition_source() = default;
  /// The definition for `version` ("LATEST_PUBLISHED" or a number) at this moment. Errors:
  /// not_found, invalid_definition.
  [[nodiscard]] virtual result<resolved_flow> resolve(std::string_view flow_definition_id,
                                                      std::string_view version) = 0;
  /// The definition stored under a key earlier.
  [[nodiscard]] virtual result<resolved_flow> pinned(std::int64_t key) = 0;
  /// The same with step overrides from a start input; keeps `base` alive.
  [[nodiscard]] virtual result<std::shared_ptr<const flows::flow_definition>>
  overridden(const std::shared_ptr<const flows::flow_definition>& base,
             const json::object& step_overrides) = 0;
  /// What resolve() gives and what it gave to executions in memory. On the store writer's thread
  /// the generation stands still.
  [[nodiscard]] virtual pinned_in_use in_use() = 0;
};

/// The engine's clock. Thread-safe.
class time_source {
public:
  virtual ~time_source() = default;
  /// Unix milliseconds.
  [[nodiscard]] virtual std::int64_t now() = 0;
  /// Called when nothing can happen before `due`: a virtual clock moves there and says true.
  [[nodiscard]] virtual bool skip_to(std::int64_t due) = 0;
};

/// What starts executions by itself, by the time or by what comes from outside.
class trigger_source {
public:
  virtual ~trigger_source() = default;
  /// Whether a look could find anything; never while one is under way. Must not block.
  [[nodiscard]] virtual bool has_work() = 0;
  /// Starts what is due, with `start`, which returns when that is durable; may block. When to look
  /// again at the latest, Unix milliseconds; absent: not before look_at_triggers(). One call at a
  /// time.
  [[nodiscard]] virtual std::optional<std::int64_t>
  look(const std::function<result<std::string>(start_request)>& start) = 0;
};

/// What is open when a pump runs everything, for simulations to decide. Called on the pump's
/// thread. Times in milliseconds, never negative.
class pump_choices {
public:
  virtual ~pump_choices() = default;
  /// Which of `ready` pieces of work is next, 0 to `ready` - 1; at least two are ready.
  [[nodiscard]] virtual std::size_t choose(std::size_t ready) = 0;
  /// How long a commit takes that begins now.
  [[nodiscard]] virtual std::int64_t commit_time() = 0;
  /// How long the attempt took whose handler has just returned.
  [[nodiscard]] virtual std::int64_t attempt_time() = 0;
  /// How late the timer fires that is set now.
  [[nodiscard]] virtual std::int64_t timer_delay() = 0;
};

/// Sizes and collaborators of a runtime.
struct runtime_options {
  unsigned threads = 2;         ///< cooperative workers; 0: the caller pumps, see run_one()
  unsigned handler_threads = 4; ///< external handlers that run at once
  std::size_t max_active_executions = 10'000;
  std::size_t start_bytes_max = std::size_t{256} * 1024 * 1024; ///< JSON text of a start input
  family_budgets budgets;                                       ///< 0: no bound
  millrace::retention retention;
  std::uint64_t seed = 0; ///< of every random choice: ids, jitter
  steps::registry registry;
  lifecycle_observer observer; ///< may be empty
  std::string status_topic;    ///< ARN of the topic that hears of all executions; empty: none
  std::shared_ptr<definition_source> definitions;
  std::shared_ptr<time_source> time;
  std::shared_ptr<trigger_source> triggers; ///< null: nothing starts by itself
  /// What expressions read objects with that are pointed to; null: they do not.
  std::shared_ptr<flows::object_source> objects;
  /// Called by stop() when no attempt's outcome counts any more: ends what handlers wait for. May
  /// be empty.
  std::function<void()> interrupt_handlers;
  /// Asked before each detached start: how handing it over fails; nothing: it does not, as here it
  /// never does by itself. For what imitates Allma, whose queue may fail. May be empty.
  std::function<std::optional<step_error>()> start_failure;
  std::shared_ptr<pump_choices> choices; ///< of the pump; null: older work comes first
};

/// Whether a runtime can do without threads; it depends on the actor library.
[[nodiscard]] bool can_be_pumped() noexcept;

/// The stored correlation key that stands for the end of a called flow; no template can render it.
[[nodiscard]] std::string call_key(std::string_view child_id);
/// Whether a stored correlation key stands for the end of a called flow, not for an event.
[[nodiscard]] bool is_call_key(std::string_view correlation_key) noexcept;

/// Runs executions on a store. Borrows the store, which must outlive it.
///
/// Without threads it belongs to one thread, and all of its activity happens within calls of that
/// thread: run_one(), and every call below that waits for something. The observer may call nothing
/// then, and handlers nothing that waits for an execution or for quiet: `conflict`.
class runtime {
public:
  /// Starts the threads. Nothing runs before prepare().
  runtime(storage::store& store, runtime_options options);
  /// Stops, as stop().
  ~runtime();
  runtime(const runtime&) = delete;
  runtime& operator=(const runtime&) = delete;

  /// Reads where the store left off; once, before everything else. Errors: the store's.
  [[nodiscard]] result<void> prepare();
  /// Takes up every unfinished, due or notified execution of the store, in order, in the
  /// background.
  void recover();
  /// Lets the triggers look now: at open, and when what they watch has changed. Nothing is quiet
  /// before the look is over.
  void look_at_triggers();
  /// Accepts a start from outside; returns the execution's id when its row is committed. An id that
  /// exists already is success and starts nothing.
  [[nodiscard]] result<std::string> start(start_request request);
  /// The same for each that is a request; the others keep their errors. They share commits.
  [[nodiscard]] std::vector<result<std::string>>
  start_all(std::vector<result<start_request>> requests);
  /// Hands `payload` to the execution that waits under the key; committed at return. The id of the
  /// execution. Errors: not_found.
  [[nodiscard]] result<std::string> resume(std::string_view correlation_key,
                                           const json::value& payload);
  /// Cancels an execution; committed at return. Errors: not_found; conflict when it has ended.
  [[nodiscard]] result<void> cancel(std::string_view flow_execution_id, std::string_view reason);
  /// Cancels every open execution below the root, the root included, and those that they start
  /// meanwhile; committed at return. Gives how many it found open. Errors: not_found, the store's,
  /// `stopped`; what was cancelled by then stays so.
  [[nodiscard]] result<std::size_t> cancel_family(std::string_view root, std::string_view reason);
  /// Waits until the execution has ended and the observer has been told, and gives its row. Errors:
  /// timed_out, stopped, database_failed.
  [[nodiscard]] result<storage::execution_row> wait_ended(std::string_view flow_execution_id,
                                                          std::chrono::milliseconds timeout);
  /// Waits until nothing can happen without news from outside: every execution has ended or waits
  /// for an event. Errors as wait_ended.
  [[nodiscard]] result<void> wait_quiet(std::chrono::milliseconds timeout);
  /// Runs `job` on the store writer's thread, between commits.
  [[nodiscard]] result<void> with_store(const std::function<result<void>(storage::store&)>& job);
  /// Whether the caller may wait for executions; see above. Errors: `conflict`.
  [[nodiscard]] result<void> may_wait() const;
  /// Without threads: runs one piece of work that is ready or due; false: there is none.
  bool run_one();
  /// Without threads: when the next plan or timer is due, Unix milliseconds.
  [[nodiscard]] std::optional<std::int64_t> next_due() const;
  /// Without threads: runs `what` at a time, as a piece of work of its own.
  void plan(std::int64_t due, std::function<void()> what);
  /// Without threads: moves a virtual clock to what is due next; false: nothing is due that would
  /// happen by itself, or the clock is none that jumps.
  bool skip_time();
  /// Whether nothing can happen without news from outside.
  [[nodiscard]] bool is_quiet() const;
  /// Why nothing goes on any more: the store has failed, or stop(); nothing: it does.
  [[nodiscard]] std::optional<error> failure() const;
  /// Hands over an event without waiting; what will say who got it. Errors as resume().
  [[nodiscard]] std::future<result<std::string>> send_event(std::string_view correlation_key,
                                                            const json::value& payload);
  /// Ends every actor: what is committed stays, what is in flight is committed or not. Waits for
  /// handlers that are running. Idempotent.
  void stop();

private:
  struct implementation;
  std::unique_ptr<implementation> impl_;
};

} // namespace millrace::actors

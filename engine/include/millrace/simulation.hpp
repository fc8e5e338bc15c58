// SPDX-License-Identifier: Apache-2.0
//
// Simulation: flows under the shipping engine, pumped on the caller's thread, under a clock that
// jumps to whatever is due next, with a seed for everything that is left to chance, mocked steps,
// and faults on purpose. The same seed does the same again, to the byte of the trace.
#pragma once

#include <millrace/engine.hpp>
#include <millrace/mock.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::simulation {

/// How often something goes wrong, each a probability from 0 to 1 that is drawn anew every time.
struct fault_rates {
  double slow_commit = 0;     ///< a commit takes up to `slow_commit_max`
  double failed_commit = 0;   ///< a write fails, before or after its effect: the engine is reopened
  double failing_handler = 0; ///< an attempt of an external step is a TransientStepError
  double failing_start = 0;   ///< handing over a detached start is one: on Allma a queue may fail
  double late_timer = 0;      ///< a timer fires up to `late_timer_max` late
  std::chrono::milliseconds slow_commit_max{2'000};
  std::chrono::milliseconds late_timer_max{5'000};
};

/// A write to the store at which the engine dies, and is opened again on what is left.
struct crash_point {
  std::uint64_t write = 0;   ///< the how-manieth since open(), from 1 on; 0: none
  bool after_effect = false; ///< the write took effect, and nobody heard of it
};

/// Of the library's own tests.
struct world_hooks;

/// How a world is.
struct world_options {
  /// Of every choice: which of the ready goes on, ids, jitter, faults.
  std::uint64_t seed = 1;
  /// What the clock says at the beginning.
  std::chrono::system_clock::time_point begin =
      std::chrono::system_clock::from_time_t(1'767'225'600);
  /// Handlers of an embedding program; mocks come before them.
  steps::registry steps = steps::registry::with_system_modules();
  /// What replaces handlers. Each needs a step or a module, and an answer.
  std::vector<mock> mocks;
  std::size_t max_active_executions = 10'000;
  family_budgets budgets = {};
  fault_rates faults = {};
  crash_point crash = {};
  /// Keeps the trace, from which expectations on steps, retries and delays are read. Without it
  /// children run ahead of the commit of their start, as in an engine that nobody observes.
  bool is_observed = true;
  /// Told of every event that the trace gets, at once; may be empty.
  lifecycle_observer observer = {};
  /// Pieces of work (messages, commits, attempts) after which run() gives up: a flow may loop for
  /// ever.
  std::uint64_t work_max = 5'000'000;
  /// Of the library's own tests; null.
  std::shared_ptr<const world_hooks> hooks = {};
};

/// An event for whoever waits under its key.
struct event {
  std::string correlation_key;
  json::value payload;
  /// When it is delivered, counted from the beginning of the world, whether anybody waits or not;
  /// absent: as soon as something waits under the key.
  std::optional<std::chrono::milliseconds> at;
};

/// What became of an event.
enum class delivery : std::uint8_t {
  pending,   ///< not delivered: its time has not come, or nothing has waited under its key
  delivered, ///< handed to an execution
  unclaimed, ///< its time came and nothing waited under its key
};

/// What one execution did. Counts and delays are empty in a world that is not observed.
struct execution_outcome {
  execution_record record;                       ///< with path and context
  std::map<std::string, std::int64_t> entered;   ///< step instance id: times, branches included
  std::map<std::string, std::int64_t> retried;   ///< step instance id: attempts after the first
  std::vector<std::chrono::milliseconds> delays; ///< of retries and configured delays, in order
  std::map<std::string, std::int64_t> failed; ///< step instance id: failures, retries not counted
  std::vector<std::string> children;          ///< ids of what it started, in order
  std::chrono::milliseconds duration{0};      ///< from its beginning to its end, or to now
};

/// What a run came to.
struct world_outcome {
  /// Roots in the order of their starts, each followed by its family in order of acceptance.
  std::vector<execution_outcome> executions;
  /// Completion actions and notifications of the executions, in order of acceptance. Where nothing
  /// stands in for what they call they have succeeded, and nothing has left the world.
  std::vector<execution_outcome> deliveries;
  std::vector<delivery> events;         ///< as they were given
  std::chrono::milliseconds elapsed{0}; ///< by the world's clock, since its beginning
  std::uint64_t writes = 0;             ///< to the store since open(): crash points 1 to `writes`
  std::uint64_t crashes = 0;            ///< how often the engine died and was opened again
  /// External attempts that ran again after a crash: step instance id and how many. They may: what
  /// touches the world is at-least-once.
  std::map<std::string, std::int64_t> repeated;

  /// The execution, or null.
  [[nodiscard]] const execution_outcome* find(std::string_view flow_execution_id) const;
};

/// One engine under a clock and a seed of its own. Movable. Belongs to one thread.
class world {
public:
  /// Errors: `invalid_argument` for a mock without step, module or answer, of a step that the
  /// interpreter runs itself, or a rate that is no probability; as engine::open.
  [[nodiscard]] static result<world> open(world_options options);
  world(world&& other) noexcept;
  world& operator=(world&& other) noexcept;
  ~world();

  /// As engine::define.
  [[nodiscard]] result<source_report> define(const std::vector<flow_document>& documents,
                                             const define_options& options = {});
  /// Whether every mock names a step or module that a defined flow has. Errors: `invalid_argument`
  /// naming the mock, and the nearest name there is.
  [[nodiscard]] result<void> check_mocks() const;

  /// Accepts a start, at the clock's time now; the root's id. Errors: as engine::start.
  [[nodiscard]] result<std::string> start(const start_request& request);
  /// The same for a start input as JSON.
  [[nodiscard]] result<std::string> start(const json::object& input);
  /// Plans an event.
  void deliver(event planned);

  /// Runs until every execution has ended or waits for an event that is not planned. Time passes as
  /// far as that takes, and not further: a wait for an event does not time out by itself. Errors:
  /// `limit_exceeded` when work_max pieces of work were not enough, the engine's.
  [[nodiscard]] result<void> run();
  /// Runs for so long by the world's clock; what is due meanwhile happens, time-outs of waits
  /// included. Errors as run().
  [[nodiscard]] result<void> run_for(std::chrono::milliseconds time);

  /// The world's clock.
  [[nodiscard]] std::chrono::system_clock::time_point now() const;
  /// What has happened so far. Errors: the store's.
  [[nodiscard]] result<world_outcome> outcome() const;
  /// What has happened so far, a line each, for people and for comparing runs. Empty in a world
  /// that is not observed.
  [[nodiscard]] std::string trace() const;
  [[nodiscard]] std::uint64_t seed() const noexcept;
  /// The engine, for queries and for what is not above. It is another one after a crash.
  [[nodiscard]] engine& running();

private:
  struct implementation;
  explicit world(std::unique_ptr<implementation> impl);
  std::unique_ptr<implementation> impl_;
};

} // namespace millrace::simulation

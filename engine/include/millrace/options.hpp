// SPDX-License-Identifier: Apache-2.0
//
// How to open an engine.
#pragma once

#include <millrace/durability.hpp>
#include <millrace/family_budgets.hpp>
#include <millrace/lifecycle_event.hpp>
#include <millrace/retention.hpp>
#include <millrace/service_options.hpp>
#include <millrace/step_handler.hpp>
#include <millrace/triggers.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace millrace {

/// The engine's view of time. Implement it to drive flows on a clock of your own.
class clock {
public:
  virtual ~clock() = default;
  /// The time now. Called from the engine's threads, often; must not block.
  [[nodiscard]] virtual std::chrono::system_clock::time_point now() = 0;
  /// Told when nothing can happen before `due`. A virtual clock moves there and says true; the
  /// system's clock says false and time passes by itself.
  [[nodiscard]] virtual bool skip_to(std::chrono::system_clock::time_point due);
};

/// A clock that starts at `begin` and jumps to whatever is due next whenever only time is missing:
/// delays, retries and polls cost none.
[[nodiscard]] std::shared_ptr<clock>
make_virtual_clock(std::chrono::system_clock::time_point begin);

/// Everything that can be chosen when an engine is opened.
struct engine_options {
  /// The database file, created when it is not there; empty: in memory, gone at stop.
  std::string database;
  /// What a commit survives. In memory it is always `none`.
  millrace::durability durability = millrace::durability::power_loss;
  /// Threads that step flows, 1 to 256. 0: the engine has no thread at all, not for handlers and
  /// not for the database either; see engine::run_for.
  unsigned threads = 2;
  /// External step handlers that run at once, 1 to 1024; each has a thread of its own. Without
  /// threads it says nothing: one runs at a time.
  unsigned handler_threads = 4;
  /// Executions in memory at once, at least 1. What is beyond waits in the database, in order.
  std::size_t max_active_executions = 10'000;
  /// How far one start may spread; no bounds unless set.
  family_budgets budgets = {};
  /// How long what has ended is kept; for ever unless set.
  millrace::retention retention = {};
  /// Step handlers. Register modules before open: recovery may need them at once.
  steps::registry steps = steps::registry::with_system_modules();
  /// What the steps find that talk to the world: requests, files, queues, functions. A handler in
  /// `steps` comes before that of a service. Absent: no services, and such a step fails unless it
  /// is replaced.
  std::optional<service_options> services{std::in_place};
  /// Told of everything that happens, after it is committed; may be empty. See lifecycle_event.
  lifecycle_observer observer = {};
  /// Told of what starts flows by itself (service_options::triggers); may be empty.
  millrace::trigger_observer trigger_observer = {};
  /// Null: the system's clock.
  std::shared_ptr<millrace::clock> clock = {};
  /// Of ids and jitter; absent: from the system's random source.
  std::optional<std::uint64_t> seed = {};
  /// Take up unfinished executions of the database at open.
  bool recover = true;
};

} // namespace millrace

// SPDX-License-Identifier: Apache-2.0
//
// The pump: what runs a runtime that has no threads. Actors, the store writer and the handlers are
// sources of work; each piece of it, and each timer that is due, runs on the thread of whoever
// calls, one after the other. What a simulation may decide it decides through pump_choices.
#pragma once

#include <millrace/runtime.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace millrace::actors {

/// Where pieces of work wait for the pump.
class work_source {
public:
  work_source() = default;
  work_source(const work_source&) = delete;
  work_source& operator=(const work_source&) = delete;
  virtual ~work_source() = default;
  /// How many pieces can run now.
  [[nodiscard]] virtual std::size_t ready() const = 0;
  /// Runs one of them, 0 being the oldest.
  virtual void run(std::size_t which) = 0;
};

/// Belongs to one thread.
class pump {
public:
  /// In the order in which they are asked for work where nothing else decides.
  enum class source : std::uint8_t { actors, writer, handlers };
  /// What the pump is running just now.
  enum class activity : std::uint8_t { none, actor, handler, other };

  /// Without `choices` older work comes first, and every delay is the one that was asked for.
  pump(time_source& time, pump_choices* choices);
  pump(const pump&) = delete;
  pump& operator=(const pump&) = delete;

  /// Says where work of a kind comes from, null: from nowhere any more.
  void connect(source kind, work_source* from) { sources_.at(index(kind)) = from; }
  /// Plans `what` for a time, Unix milliseconds; of what is due at once the first planned is first.
  void plan(std::int64_t due, std::function<void()> what);
  /// The same for a timer of an actor, which may be late.
  void plan_timer(std::int64_t due, std::function<void()> what);

  /// Runs one piece of work that is ready, or one that was planned and is due; false: there is
  /// none. `with_handlers`: whether handlers count.
  bool run_one(bool with_handlers = true);
  /// When the next plan is due.
  [[nodiscard]] std::optional<std::int64_t> next_due() const;
  /// Runs the next plan, due or not; false: there is none.
  bool run_next_plan();
  /// Lets time pass until the next plan is due: a virtual clock jumps, for another one the caller
  /// sleeps, and no longer than `at_most`. False: nothing is planned, or there is no time to pass.
  [[nodiscard]] bool pass_time(std::chrono::nanoseconds at_most);
  /// Whether the clock jumps when it is asked to.
  [[nodiscard]] bool is_virtual() const noexcept { return is_virtual_; }

  [[nodiscard]] activity running() const noexcept { return running_; }
  [[nodiscard]] std::int64_t now() const { return time_.now(); }
  /// How long the attempt took that has just run, and a commit that begins, in milliseconds.
  [[nodiscard]] std::int64_t attempt_time();
  [[nodiscard]] std::int64_t commit_time();

private:
  static constexpr std::size_t index(source kind) { return static_cast<std::size_t>(kind); }
  [[nodiscard]] std::size_t next_source(std::size_t sources);
  void run(std::size_t from, std::size_t which);
  bool run_due();

  time_source& time_;
  pump_choices* choices_;
  bool is_virtual_;
  std::array<work_source*, 3> sources_{};
  std::array<int, 3> passed_over_{}; ///< how often others came before a source that had work
  std::map<std::pair<std::int64_t, std::uint64_t>, std::function<void()>> plans_;
  std::uint64_t last_plan_ = 0;
  activity running_ = activity::none;
};

} // namespace millrace::actors

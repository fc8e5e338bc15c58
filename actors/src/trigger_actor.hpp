// SPDX-License-Identifier: Apache-2.0
//
// Lets the trigger source look when something may be due, one look at a time. A look blocks (it
// reads mail, and waits until what it starts is durable), so it runs on a thread of its own, or as
// a piece of the pump's work. What is due is the source's to know; a look too many harms nobody.
//
//     resting ──> looking ──┬── asked meanwhile ──> looking
//        ^                  └── else ──> resting
//        └── (its time has come, or somebody asks)
//
// In: look_message, attempt_done, stop_message. Out: jobs to the pool. Timers: one look_message, at
// most timer_hint_max away so that a clock that jumps is noticed; its generation tells stale ones.
// Stopped by the runtime. It takes part in being quiet only while somebody waits for a look that
// was asked for: a time that is still to come keeps nobody from being quiet.
#pragma once

#include "shared_state.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace millrace::actors {

class trigger_actor : public caf::event_based_actor {
public:
  using start_function = std::function<result<std::string>(start_request)>;

  /// `looks` runs the looks; `start` is what they start with.
  trigger_actor(caf::actor_config& config, shared_state* shared, handler_pool* looks,
                start_function start);
  [[nodiscard]] caf::behavior make_behavior() override;
  [[nodiscard]] const char* name() const override { return "millrace.triggers"; }
  void on_exit() override;

private:
  using next_time = std::optional<std::int64_t>;

  void on_look(const look_message& message);
  void look();
  void on_looked();
  void plan(next_time next);
  void answer();

  shared_state* shared_;
  handler_pool* looks_;
  start_function start_;
  std::shared_ptr<next_time> looked_; ///< set: a look is under way, and gives its answer here
  bool again_ = false;                ///< it was asked for meanwhile
  int asked_ = 0;                     ///< those who wait for a look, counted on the board
  std::uint64_t generation_ = 0;      ///< of the timer
};

} // namespace millrace::actors

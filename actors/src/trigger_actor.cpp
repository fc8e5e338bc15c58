// SPDX-License-Identifier: Apache-2.0
#include "trigger_actor.hpp"

#include <algorithm>

namespace millrace::actors {

trigger_actor::trigger_actor(caf::actor_config& config, shared_state* shared, handler_pool* looks,
                             start_function start)
    : event_based_actor(config), shared_(shared), looks_(looks), start_(std::move(start)) {}

caf::behavior trigger_actor::make_behavior() {
  return {
      [this](const look_message& message) { on_look(message); },
      [this](const attempt_done&) { on_looked(); },
      [this](const stop_message&) { quit(); },
  };
}

void trigger_actor::on_exit() {
  looked_.reset(); // the job has it
  start_ = nullptr;
  answer();
}

void trigger_actor::on_look(const look_message& message) {
  if (message.is_asked)
    ++asked_;
  else if (message.generation != generation_)
    return;
  if (looked_)
    again_ = true;
  else
    look();
}

void trigger_actor::look() {
  ++generation_;
  if (shared_->board.failure() || !shared_->options.triggers->has_work())
    return answer();
  looked_ = std::make_shared<next_time>();
  attempt_job job;
  job.run = [source = shared_->options.triggers, start = start_, next = looked_] {
    *next = source->look(start);
    return attempt_outcome{json::value(), {}};
  };
  job.reply_to = caf::actor_cast<caf::actor>(this);
  looks_->run(std::move(job));
}

void trigger_actor::on_looked() {
  const next_time next = *std::exchange(looked_, nullptr);
  if (std::exchange(again_, false))
    return look();
  answer();
  plan(next);
}

void trigger_actor::plan(next_time next) {
  if (!next)
    return;
  const std::chrono::milliseconds until =
      std::clamp(std::chrono::milliseconds(*next - shared_->options.time->now()),
                 std::chrono::milliseconds(0), shared_->timer_hint_max);
  compat::send_later(this, until, look_message{++generation_, false});
}

void trigger_actor::answer() {
  for (; asked_ > 0; --asked_)
    shared_->board.arrived();
}

} // namespace millrace::actors

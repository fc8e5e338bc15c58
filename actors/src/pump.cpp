// SPDX-License-Identifier: Apache-2.0
#include "pump.hpp"

#include "runtime_limits.hpp"

#include <algorithm>
#include <thread>

namespace millrace::actors {

pump::pump(time_source& time, pump_choices* choices)
    : time_(time), choices_(choices), is_virtual_(time.skip_to(time.now())) {}

void pump::plan(std::int64_t due, std::function<void()> what) {
  plans_.emplace(std::pair(due, ++last_plan_), std::move(what));
}

void pump::plan_timer(std::int64_t due, std::function<void()> what) {
  plan(due + (choices_ ? choices_->timer_delay() : 0), std::move(what));
}

bool pump::run_one(bool with_handlers) {
  if (run_due())
    return true;
  const std::size_t sources = with_handlers ? sources_.size() : index(source::handlers);
  std::size_t ready = 0;
  for (std::size_t i = 0; i < sources; ++i)
    ready += sources_.at(i) ? sources_.at(i)->ready() : 0;
  if (ready == 0)
    return false;
  if (!choices_) {
    const std::size_t from = next_source(sources);
    run(from, 0);
    return true;
  }
  std::size_t which = ready == 1 ? 0 : choices_->choose(ready);
  std::size_t from = 0;
  for (; !sources_.at(from) || which >= sources_.at(from)->ready(); ++from)
    which -= sources_.at(from) ? sources_.at(from)->ready() : 0;
  run(from, which);
  return true;
}

// Actors first, so that commits gather; but nobody is passed over for ever.
std::size_t pump::next_source(std::size_t sources) {
  std::size_t next = sources;
  for (std::size_t i = 0; i < sources; ++i) {
    if (!sources_.at(i) || sources_.at(i)->ready() == 0)
      continue;
    if (next == sources || passed_over_.at(i) >= runtime_limits::passed_over_max)
      next = i;
    else
      ++passed_over_.at(i);
  }
  passed_over_.at(next) = 0;
  return next;
}

void pump::run(std::size_t from, std::size_t which) {
  constexpr std::array activities{activity::actor, activity::other, activity::handler};
  const activity outer = std::exchange(running_, activities.at(from));
  sources_.at(from)->run(which);
  running_ = outer;
}

bool pump::run_due() {
  const auto due = next_due();
  return due && *due <= now() && run_next_plan();
}

std::optional<std::int64_t> pump::next_due() const {
  if (plans_.empty())
    return std::nullopt;
  return plans_.begin()->first.first;
}

bool pump::run_next_plan() {
  if (plans_.empty())
    return false;
  const std::function<void()> what = std::move(plans_.begin()->second);
  plans_.erase(plans_.begin());
  what();
  return true;
}

bool pump::pass_time(std::chrono::nanoseconds at_most) {
  const auto due = next_due();
  if (!due)
    return false;
  if (time_.skip_to(*due))
    return true;
  if (at_most.count() <= 0)
    return false;
  const std::chrono::milliseconds until(std::max<std::int64_t>(*due - now(), 0));
  std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(until, at_most));
  return true;
}

std::int64_t pump::attempt_time() {
  return choices_ ? choices_->attempt_time() : 0;
}

std::int64_t pump::commit_time() {
  return choices_ ? choices_->commit_time() : 0;
}

} // namespace millrace::actors

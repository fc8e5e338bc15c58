// SPDX-License-Identifier: Apache-2.0
#include "retention_actor.hpp"

#include <algorithm>
#include <limits>

namespace millrace::actors {

retention_actor::retention_actor(caf::actor_config& config, shared_state* shared)
    : event_based_actor(config), shared_(shared), rules_(shared->options.retention) {}

caf::behavior retention_actor::make_behavior() {
  compat::send_later(this, runtime_limits::removal_pause, sweep_message{});
  return {
      [this](const sweep_message&) { next_round(); },
      [this](const swept_message& message) { on_swept(message); },
      [this](const stop_message&) { quit(); },
  };
}

void retention_actor::on_exit() {
  job_.reset(); // it may be with the writer, which holds it then
}

void retention_actor::next_round() {
  if (shared_->board.failure())
    return; // nothing is written any more until the next open
  if (job_)
    return send_job();
  if (is_resting_)
    begin_pass();
  read_page();
}

void retention_actor::begin_pass() {
  is_resting_ = false;
  below_ = std::numeric_limits<execution_key>::max();
  finished_ = 0;
  ended_before_ = rules_.finished_for.count() == 0
                      ? 0
                      : shared_->options.time->now() - rules_.finished_for.count();
  held_ = shared_->options.definitions->in_use(); // before the first row is read
  used_.clear();
}

void retention_actor::read_page() {
  const auto page = shared_->store.rows_below(below_, runtime_limits::removal_rows);
  if (!page)
    return rest();
  if (page->empty())
    return tidy();
  below_ = page->back().key;
  std::vector<execution_key> surplus;
  for (const storage::swept_row& row : *page) {
    used_.insert(row.definition);
    if (is_surplus(row))
      surplus.push_back(row.key);
  }
  if (!surplus.empty())
    return remove(std::move(surplus));
  compat::send_later(this, runtime_limits::removal_pause, sweep_message{});
}

bool retention_actor::is_surplus(const storage::swept_row& row) {
  if (!is_terminal(row.status))
    return false;
  ++finished_;
  return (rules_.finished_max > 0 && finished_ > rules_.finished_max) ||
         row.ended_at <= ended_before_;
}

void retention_actor::remove(std::vector<execution_key> keys) {
  job_ = std::make_shared<const removal_job>([keys = std::move(keys), time = shared_->options.time](
                                                 storage::store& store) -> result<bool> {
    const auto removed = store.remove_executions(keys, time->now(), runtime_limits::removal_rows);
    if (!removed)
      return removed.error();
    return removed->is_complete;
  });
  send_job();
}

// The end of a pass: ids that were spent long ago, and definitions that nobody runs any more.
void retention_actor::tidy() {
  const std::int64_t until = rules_.ids_for.count() == 0
                                 ? 0 // before every removal
                                 : shared_->options.time->now() - rules_.ids_for.count();
  auto unused = unused_definitions();
  if (!unused)
    return rest();
  is_resting_ = true;
  job_ = std::make_shared<const removal_job>(
      [until, unused = std::move(*unused), generation = held_.generation,
       definitions = shared_->options.definitions](storage::store& store) -> result<bool> {
        // Others may have become known, and have been used, during the pass: then the next one.
        if (!unused.empty() && definitions->in_use().generation == generation)
          if (const auto removed = store.remove_pinned_definitions(unused); !removed)
            return removed.error();
        const auto forgotten = store.forget_spent_ids(until, runtime_limits::removal_rows);
        if (!forgotten)
          return forgotten.error();
        return *forgotten < runtime_limits::removal_rows;
      });
  send_job();
}

// Those that no row names that was there when the pass began, and that no row could name since:
// executions begin only with what was known or held in memory then.
result<std::vector<std::int64_t>> retention_actor::unused_definitions() {
  auto keys = shared_->store.pinned_definitions();
  if (!keys)
    return keys.error();
  used_.insert(held_.keys.begin(), held_.keys.end());
  std::erase_if(*keys, [this](std::int64_t key) { return used_.count(key) != 0; });
  return std::move(*keys);
}

void retention_actor::send_job() {
  shared_->writer.run(
      [job = job_, self = caf::actor_cast<caf::actor>(this)](storage::store& store) {
        const auto outcome = (*job)(store);
        compat::send_from_outside(self, swept_message{outcome && *outcome, outcome.has_error()});
      });
}

void retention_actor::on_swept(const swept_message& message) {
  if (message.has_failed)
    return rest();
  if (message.is_done)
    job_.reset();
  if (message.is_done && is_resting_)
    return rest();
  compat::send_later(this, runtime_limits::removal_pause, sweep_message{});
}

// Also after a failure, which harms nothing: the next pass tries again.
void retention_actor::rest() {
  job_.reset();
  is_resting_ = true;
  compat::send_later(this, std::max(rules_.rest, std::chrono::milliseconds(1)), sweep_message{});
}

} // namespace millrace::actors

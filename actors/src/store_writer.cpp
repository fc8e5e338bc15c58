// SPDX-License-Identifier: Apache-2.0
#include "store_writer.hpp"

#include <utility>

namespace millrace::actors {

store_writer::store_writer(caf::actor_config& config, shared_state* shared)
    : event_based_actor(config), shared_(shared) {}

caf::behavior store_writer::make_behavior() {
  return {
      [this](const commit_message& message) { gather(message); },
      [this](const flush_message&) { flush(); },
      [this](const store_job_message& message) {
        flush(); // what was asked for earlier comes first
        (*message.job)(shared_->store);
      },
      [this](const stop_message&) {
        flush();
        compat::send(this, shared_->supervisor, stopped_message{});
        quit();
      },
  };
}

void store_writer::on_exit() {
  senders_.clear();
}

// The flush note goes behind everything that is in the mailbox now, so that it finds all of it
// gathered: the busier the mailbox, the larger the transaction.
void store_writer::gather(const commit_message& message) {
  units_.push_back(std::move(*message.unit));
  senders_.push_back(message);
  if (units_.size() >= runtime_limits::group_commit_units_max)
    return flush();
  if (flush_is_due_)
    return;
  flush_is_due_ = true;
  compat::send(this, caf::actor_cast<caf::actor>(this), flush_message{});
}

void store_writer::flush() {
  flush_is_due_ = false;
  if (units_.empty())
    return;
  if (!failure_)
    commit();
  if (failure_)
    refuse();
  units_.clear();
  senders_.clear();
}

void store_writer::commit() {
  auto outcomes = shared_->store.commit(units_);
  if (!outcomes) {
    failure_ = std::make_shared<const error>(outcomes.error());
    compat::send(this, shared_->supervisor, store_failed{failure_});
    return;
  }
  for (std::size_t i = 0; i < senders_.size(); ++i)
    answer(i, committed{senders_[i].token, std::move((*outcomes)[i]), nullptr});
  announce_gone();
}

// Also what comes after a failure that harmed nothing (a full disk): an execution may have more
// units on the way, and a later one must never be stored without an earlier one.
void store_writer::refuse() {
  for (std::size_t i = 0; i < senders_.size(); ++i)
    answer(i, committed{senders_[i].token, {}, failure_});
  announce_gone();
}

void store_writer::answer(std::size_t index, committed outcome) {
  const commit_message& asked = senders_[index];
  if (asked.reply_to)
    return compat::send(this, asked.reply_to, std::move(outcome));
  gone_.push_back(units_[index].execution);
  if (asked.accepted && outcome.failure)
    asked.accepted->set_value(*outcome.failure);
  else if (asked.accepted)
    asked.accepted->set_value(units_[index].starts.front()->id);
}

// One message for all: the supervisor hears of an end that nobody else waits for.
void store_writer::announce_gone() {
  if (!gone_.empty())
    compat::send(this, shared_->supervisor, executions_gone{std::exchange(gone_, {})});
}

} // namespace millrace::actors

// SPDX-License-Identifier: Apache-2.0
#include "store_writer.hpp"

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
  const auto outcomes = shared_->store.commit(units_);
  if (!outcomes) {
    failure_ = std::make_shared<const error>(outcomes.error());
    compat::send(this, shared_->supervisor, store_failed{failure_});
    return;
  }
  for (std::size_t i = 0; i < senders_.size(); ++i)
    compat::send(this, senders_[i].reply_to,
                 committed{senders_[i].token,
                           std::make_shared<storage::unit_outcome>((*outcomes)[i]), nullptr});
}

// Also what comes after a failure that harmed nothing (a full disk): an execution may have more
// units on the way, and a later one must never be stored without an earlier one.
void store_writer::refuse() {
  for (const commit_message& each : senders_)
    compat::send(this, each.reply_to, committed{each.token, nullptr, failure_});
}

} // namespace millrace::actors

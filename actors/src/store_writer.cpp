// SPDX-License-Identifier: Apache-2.0
#include "store_writer.hpp"

#include "look_before_sleep.hpp"
#include "runtime_limits.hpp"

#include <utility>

namespace millrace::actors {

store_writer::store_writer(storage::store& store, pump* pumped) : store_(store), pump_(pumped) {
  if (pump_)
    pump_->connect(pump::source::writer, this);
  else
    thread_ = std::thread([this] { work(); });
}

store_writer::~store_writer() {
  stop();
}

void store_writer::commit(commit_order message) {
  add(std::move(message));
}

void store_writer::run(job what) {
  add(std::move(what));
}

void store_writer::add(order wanted) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    orders_.push_back(std::move(wanted));
    has_orders_.store(true, std::memory_order_release);
    wake = asleep_;
  }
  if (wake)
    changed_.notify_one();
}

void store_writer::stop() {
  if (pump_) {
    pump_->connect(pump::source::writer, nullptr);
    return take_turn();
  }
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    has_orders_.store(true, std::memory_order_release); // nobody is to look in vain meanwhile
  }
  changed_.notify_one();
  if (thread_.joinable())
    thread_.join();
}

std::size_t store_writer::ready() const {
  return orders_.empty() || is_committing_ ? 0 : 1;
}

void store_writer::run(std::size_t /*which*/) {
  const std::int64_t takes = pump_->commit_time();
  if (takes == 0)
    return take_turn();
  is_committing_ = true;
  pump_->plan(pump_->now() + takes, [this] {
    is_committing_ = false;
    take_turn();
  });
}

void store_writer::take_turn() {
  std::vector<order> orders = std::exchange(orders_, {});
  carry_out(orders);
}

// Takes everything that is there: the longer a commit takes, the larger the next one.
void store_writer::work() {
  std::vector<order> orders;
  std::unique_lock lock(mutex_);
  for (;;) {
    if (orders_.empty() && !stopping_) {
      lock.unlock();
      look_before_sleep(runtime_limits::looks_before_sleep,
                        [this] { return has_orders_.load(std::memory_order_acquire); });
      lock.lock();
    }
    asleep_ = true;
    changed_.wait(lock, [this] { return stopping_ || !orders_.empty(); });
    asleep_ = false;
    if (orders_.empty())
      return;
    orders.swap(orders_);
    has_orders_.store(false, std::memory_order_release);
    lock.unlock();
    carry_out(orders);
    orders.clear();
    lock.lock();
  }
}

void store_writer::carry_out(std::vector<order>& orders) {
  for (order& each : orders) {
    if (auto* what = std::get_if<job>(&each)) {
      flush(); // what was asked for earlier comes first
      (*what)(store_);
      continue;
    }
    auto& message = std::get<commit_order>(each);
    units_.push_back(std::move(*message.unit));
    senders_.push_back(std::move(message));
    if (units_.size() >= runtime_limits::group_commit_units_max)
      flush();
  }
  flush();
}

void store_writer::flush() {
  if (units_.empty())
    return;
  if (!failure_)
    commit_gathered();
  if (failure_)
    refuse_gathered();
  units_.clear();
  senders_.clear();
}

void store_writer::commit_gathered() {
  auto outcomes = store_.commit(units_);
  if (!outcomes) {
    failure_ = std::make_shared<const error>(outcomes.error());
    compat::send_from_outside(supervisor_, store_failed{failure_});
    return;
  }
  for (std::size_t i = 0; i < senders_.size(); ++i)
    answer(i, committed{senders_[i].token, std::move((*outcomes)[i]), nullptr});
  announce_gone();
}

// Also what comes after a failure that harmed nothing (a full disk): an execution may have more
// units on the way, and a later one must never be stored without an earlier one.
void store_writer::refuse_gathered() {
  for (std::size_t i = 0; i < senders_.size(); ++i)
    answer(i, committed{senders_[i].token, {}, failure_});
  announce_gone();
}

void store_writer::answer(std::size_t index, committed outcome) {
  const commit_order& asked = senders_[index];
  if (asked.reply_to)
    return compat::send_from_outside(asked.reply_to, std::move(outcome));
  gone_.push_back(units_[index].execution);
  if (asked.accepted && outcome.failure)
    asked.accepted->set_value(*outcome.failure);
  else if (asked.accepted)
    asked.accepted->set_value(units_[index].starts.front()->id);
}

// One message for all: the supervisor hears of an end that nobody else waits for.
void store_writer::announce_gone() {
  if (!gone_.empty())
    compat::send_from_outside(supervisor_, executions_gone{std::exchange(gone_, {})});
}

} // namespace millrace::actors

// SPDX-License-Identifier: Apache-2.0
#include "handler_pool.hpp"

#include "look_before_sleep.hpp"
#include "runtime_limits.hpp"

#include <algorithm>
#include <utility>

namespace millrace::actors {
namespace {

void answer(attempt_job& job) {
  compat::send_from_outside(job.reply_to, std::move(job.done));
}

} // namespace

handler_pool::handler_pool(unsigned threads_max, pump* pumped)
    : pump_(pumped), threads_max_(std::max(1U, threads_max)) {
  if (pump_)
    pump_->connect(pump::source::handlers, this);
}

handler_pool::~handler_pool() {
  stop();
}

void handler_pool::run(attempt_job job) {
  const std::lock_guard lock(mutex_);
  if (stopping_)
    return;
  waiting_.push_back(std::move(job));
  if (pump_)
    return;
  if (looking_ >= waiting_.size())
    return;
  if (looking_ + idle_ >= waiting_.size())
    return changed_.notify_one();
  if (threads_.size() < threads_max_)
    threads_.emplace_back([this] { work(); });
}

void handler_pool::stop() {
  std::vector<std::thread> threads;
  std::deque<attempt_job> dropped;
  if (pump_)
    pump_->connect(pump::source::handlers, nullptr);
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
    dropped.swap(waiting_);
  }
  changed_.notify_all();
  for (std::thread& each : threads)
    each.join();
}

std::size_t handler_pool::ready() const {
  return waiting_.size();
}

void handler_pool::run(std::size_t which) {
  const auto place = waiting_.begin() + static_cast<std::ptrdiff_t>(which);
  attempt_job job = std::move(*place);
  waiting_.erase(place);
  job.done.outcome = std::make_shared<attempt_outcome>(job.run());
  const std::int64_t takes = pump_->attempt_time();
  if (takes == 0)
    return answer(job);
  auto kept = std::make_shared<attempt_job>(std::move(job));
  pump_->plan(pump_->now() + takes, [kept] { answer(*kept); });
}

void handler_pool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (waiting_.empty() && !stopping_) {
      ++looking_;
      lock.unlock();
      look_before_sleep(runtime_limits::handler_looks_before_sleep, [this] {
        const std::lock_guard guard(mutex_);
        return stopping_ || !waiting_.empty();
      });
      lock.lock();
      --looking_;
    }
    ++idle_;
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    --idle_;
    if (stopping_)
      return;
    attempt_job job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    job.done.outcome = std::make_shared<attempt_outcome>(job.run());
    answer(job);
    job = {}; // what it borrows goes outside the lock
    lock.lock();
  }
}

} // namespace millrace::actors

// SPDX-License-Identifier: Apache-2.0
//
// How CAF 0.17 schedules our actors; caf_compat.hpp alone includes it. The same as its work-sharing
// policy and coordinator, but for two things that storms and single steps of short executions pay
// for: workers that run out of work look again for a moment before they sleep, and the clock is not
// woken at the end of every actor.
#pragma once

#include "look_before_sleep.hpp"
#include "runtime_limits.hpp"

#include <caf/all.hpp>
#include <caf/policy/unprofiled.hpp>
#include <caf/scheduler/coordinator.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>

namespace millrace::actors::compat {

/// One queue that all workers share. What CAF asks of a scheduling policy.
class sharing_policy : public caf::policy::unprofiled {
public:
  struct coordinator_data {
    explicit coordinator_data(caf::scheduler::abstract_coordinator* /*owner*/) {}

    std::mutex mutex;
    std::condition_variable changed;
    std::deque<caf::resumable*> queue; // guarded by mutex
    int asleep = 0;                    // guarded by mutex
    std::atomic<std::size_t> size{0};  // of queue, for looks without the mutex
  };
  struct worker_data {
    explicit worker_data(caf::scheduler::abstract_coordinator* /*owner*/) {}
  };

  template <class Coordinator>
  void central_enqueue(Coordinator* self, caf::resumable* job) {
    auto& shared = d(self);
    bool wake = false;
    {
      const std::lock_guard guard(shared.mutex);
      shared.queue.push_back(job);
      shared.size.store(shared.queue.size(), std::memory_order_release);
      wake = shared.asleep > 0;
    }
    if (wake)
      shared.changed.notify_one();
  }
  template <class Worker>
  void external_enqueue(Worker* self, caf::resumable* job) {
    central_enqueue(self->parent(), job);
  }
  template <class Worker>
  void internal_enqueue(Worker* self, caf::resumable* job) {
    central_enqueue(self->parent(), job);
  }
  template <class Worker>
  void resume_job_later(Worker* self, caf::resumable* job) {
    central_enqueue(self->parent(), job);
  }

  template <class Worker>
  caf::resumable* dequeue(Worker* self) {
    auto& shared = d(self->parent());
    std::unique_lock lock(shared.mutex);
    if (shared.queue.empty()) {
      lock.unlock();
      look_before_sleep(runtime_limits::looks_before_sleep,
                        [&shared] { return shared.size.load(std::memory_order_acquire) != 0; });
      lock.lock();
    }
    ++shared.asleep;
    shared.changed.wait(lock, [&shared] { return !shared.queue.empty(); });
    --shared.asleep;
    return take(shared);
  }

  template <class Worker, class Visit>
  void foreach_resumable(Worker* /*self*/, Visit /*visit*/) {}
  template <class Coordinator, class Visit>
  void foreach_central_resumable(Coordinator* self, Visit visit) {
    auto& shared = d(self);
    const std::lock_guard guard(shared.mutex);
    while (!shared.queue.empty())
      visit(take(shared));
  }

private:
  // The caller holds the mutex.
  static caf::resumable* take(coordinator_data& shared) {
    caf::resumable* job = shared.queue.front();
    shared.queue.pop_front();
    shared.size.store(shared.queue.size(), std::memory_order_release);
    return job;
  }
};

/// CAF's coordinator with a clock of its own. CAF 0.17 wakes its clock's thread at the end of every
/// actor, to cancel timeouts that actors here never set (delayed messages are none): a twelfth of
/// the processor time of a storm of short executions.
class scheduler final : public caf::scheduler::coordinator<sharing_policy> {
public:
  using coordinator::coordinator;

private:
  class message_clock final : public caf::detail::thread_safe_actor_clock {
  public:
    void cancel_timeouts(caf::abstract_actor* /*self*/) override {}
  };

  void start() override {
    timer_ = std::thread([this] { clock_.run_dispatch_loop(); });
    coordinator::start();
  }
  void stop() override {
    coordinator::stop();
    clock_.cancel_dispatch_loop();
    timer_.join();
  }
  caf::detail::thread_safe_actor_clock& clock() noexcept override { return clock_; }

  message_clock clock_;
  std::thread timer_;
};

} // namespace millrace::actors::compat

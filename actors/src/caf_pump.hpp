// SPDX-License-Identifier: Apache-2.0
//
// How CAF 0.17 runs actors on a pump; caf_compat.hpp alone includes it. A coordinator without
// workers: what CAF schedules waits here until the pump runs it, and delayed messages are plans of
// the pump, on the engine's clock.
#pragma once

#include "pump.hpp"

#include <caf/all.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>

namespace millrace::actors::compat {

/// The engine's clock and the pump's plans as CAF sees them. Actors here set no timeouts.
class pumped_clock final : public caf::actor_clock {
public:
  explicit pumped_clock(pump& by) : pump_(by) {}

  time_point now() const noexcept override {
    return time_point(std::chrono::milliseconds(pump_.now()));
  }
  void set_ordinary_timeout(time_point /*at*/, caf::abstract_actor* /*self*/,
                            caf::atom_value /*type*/, std::uint64_t /*id*/) override {}
  void set_multi_timeout(time_point /*at*/, caf::abstract_actor* /*self*/, caf::atom_value /*type*/,
                         std::uint64_t /*id*/) override {}
  void set_request_timeout(time_point /*at*/, caf::abstract_actor* /*self*/,
                           caf::message_id /*id*/) override {}
  void cancel_ordinary_timeout(caf::abstract_actor* /*self*/, caf::atom_value /*type*/) override {}
  void cancel_request_timeout(caf::abstract_actor* /*self*/, caf::message_id /*id*/) override {}
  void cancel_timeouts(caf::abstract_actor* /*self*/) override {}
  void schedule_message(time_point at, caf::strong_actor_ptr receiver,
                        caf::mailbox_element_ptr content) override {
    const auto due = std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch());
    auto kept = std::make_shared<caf::mailbox_element_ptr>(std::move(content));
    pump_.plan_timer(due.count(), [receiver = std::move(receiver), kept] {
      receiver->enqueue(std::move(*kept), nullptr);
    });
  }
  void schedule_message(time_point /*at*/, caf::group /*target*/, caf::strong_actor_ptr /*sender*/,
                        caf::message /*content*/) override {}
  void cancel_all() override {}

private:
  pump& pump_;
};

class pumped_scheduler final : public caf::scheduler::abstract_coordinator, public work_source {
public:
  pumped_scheduler(caf::actor_system& system, pump& by)
      : abstract_coordinator(system), pump_(by), clock_(by), unit_(*this) {}

  // Of CAF.
  void start() override { pump_.connect(pump::source::actors, this); }
  void stop() override {
    pump_.connect(pump::source::actors, nullptr);
    while (!jobs_.empty())
      cleanup_and_release(take(0));
  }
  void enqueue(caf::resumable* job) override { jobs_.push_back(job); }
  bool detaches_utility_actors() const override { return false; }
  caf::actor_clock& clock() noexcept override { return clock_; }

  // Of the pump: one message at a time.
  [[nodiscard]] std::size_t ready() const override { return jobs_.size(); }
  void run(std::size_t which) override {
    caf::resumable* job = take(which);
    if (job->resume(&unit_, 1) == caf::resumable::resume_later)
      jobs_.push_back(job);
    else
      caf::intrusive_ptr_release(job);
  }

private:
  class unit final : public caf::execution_unit {
  public:
    explicit unit(pumped_scheduler& owner) : execution_unit(&owner.system()), owner_(owner) {}
    void exec_later(caf::resumable* job) override { owner_.enqueue(job); }

  private:
    pumped_scheduler& owner_;
  };

  caf::resumable* take(std::size_t which) {
    const auto place = jobs_.begin() + static_cast<std::ptrdiff_t>(which);
    caf::resumable* job = *place;
    jobs_.erase(place);
    return job;
  }

  pump& pump_;
  pumped_clock clock_;
  unit unit_;
  std::deque<caf::resumable*> jobs_;
};

} // namespace millrace::actors::compat

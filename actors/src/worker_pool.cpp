// SPDX-License-Identifier: Apache-2.0
#include "worker_pool.hpp"

#include <algorithm>

namespace millrace::actors {
namespace {

// One thread that runs one attempt after the other. In: run_attempt_message, stop_message. Out:
// attempt_done, worker_idle.
class worker : public caf::event_based_actor {
public:
  worker(caf::actor_config& config, caf::actor pool)
      : event_based_actor(config), pool_(std::move(pool)) {}

  caf::behavior make_behavior() override {
    return {
        [this](const run_attempt_message& message) { run(*message.job); },
        [this](const stop_message&) { quit(); },
    };
  }
  const char* name() const override { return "millrace.worker"; }
  void on_exit() override { pool_ = nullptr; }

private:
  void run(attempt_job& job) {
    job.done.outcome = std::make_shared<step_result>(job.run());
    compat::send(this, job.reply_to, std::move(job.done));
    job.reply_to = nullptr;
    compat::send(this, pool_, worker_idle{caf::actor_cast<caf::actor>(this)});
  }

  caf::actor pool_;
};

} // namespace

worker_pool::worker_pool(caf::actor_config& config, shared_state* shared)
    : event_based_actor(config), shared_(shared) {}

caf::behavior worker_pool::make_behavior() {
  return {
      [this](const run_attempt_message& message) {
        waiting_.push_back(message);
        give_out();
      },
      [this](const worker_idle& message) {
        idle_.push_back(message.worker);
        if (stopping_)
          return finish_when_idle();
        give_out();
      },
      [this](const stop_message&) {
        stopping_ = true;
        waiting_.clear(); // what has not begun never will: it runs again after the next open
        finish_when_idle();
      },
  };
}

void worker_pool::on_exit() {
  waiting_.clear();
  idle_.clear();
}

void worker_pool::give_out() {
  const unsigned bound = std::max(1U, shared_->options.handler_threads);
  while (!waiting_.empty()) {
    if (idle_.empty()) {
      if (workers_ == bound)
        return;
      ++workers_;
      idle_.push_back(system().spawn<worker, caf::detached>(caf::actor_cast<caf::actor>(this)));
    }
    compat::send(this, idle_.back(), std::move(waiting_.front()));
    idle_.pop_back();
    waiting_.pop_front();
  }
}

void worker_pool::finish_when_idle() {
  if (idle_.size() != workers_)
    return;
  for (const caf::actor& each : idle_)
    compat::send(this, each, stop_message{});
  compat::send(this, shared_->supervisor, stopped_message{});
  quit();
}

} // namespace millrace::actors

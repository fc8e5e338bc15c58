// SPDX-License-Identifier: Apache-2.0
//
// The worker pool: external handlers block, so they run on detached actors with a thread each, a
// bounded number of them; jobs wait here for a free one.
//
// In: run_attempt_message, worker_idle, stop_message. Out: run_attempt_message to a worker,
// attempt_done (by the worker) to the execution, stopped_message to the supervisor. Stopped by the
// supervisor after every execution; waits for handlers that are running.
#pragma once

#include "shared_state.hpp"

#include <deque>
#include <vector>

namespace millrace::actors {

class worker_pool : public caf::event_based_actor {
public:
  worker_pool(caf::actor_config& config, shared_state* shared);
  [[nodiscard]] caf::behavior make_behavior() override;
  [[nodiscard]] const char* name() const override { return "millrace.worker_pool"; }
  void on_exit() override;

private:
  void give_out();
  void finish_when_idle();

  shared_state* shared_;
  std::deque<run_attempt_message> waiting_;
  std::vector<caf::actor> idle_;
  unsigned workers_ = 0; ///< spawned so far, at most options.handler_threads
  bool stopping_ = false;
};

} // namespace millrace::actors

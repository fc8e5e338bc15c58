// SPDX-License-Identifier: Apache-2.0
//
// Removes what has ended, a little at a time. A pass walks over the executions from the newest to
// the oldest, a page a round, so that children are met before their parents and those that are too
// many are simply the ones behind the first `finished_max`. It reads on its own; what may go is
// removed by the store writer between commits, in a transaction of its own. Nothing waits for it
// and it takes no part in being quiet.
//
//     resting ──> page ──┬── nothing to remove ──> page ...
//        ^               └── removing ──> page ...
//        └── tidying <── the last page
//
// In: sweep_message, swept_message, stop_message. Out: jobs to the writer. Timers: one
// sweep_message, in real time: what it is late by is harmless. Stopped by the runtime.
#pragma once

#include "shared_state.hpp"

#include <functional>
#include <unordered_set>
#include <vector>

namespace millrace::actors {

class retention_actor : public caf::event_based_actor {
public:
  retention_actor(caf::actor_config& config, shared_state* shared);
  [[nodiscard]] caf::behavior make_behavior() override;
  [[nodiscard]] const char* name() const override { return "millrace.retention"; }
  void on_exit() override;

private:
  /// Runs on the writer's thread; gives whether it is done, or is to be asked again.
  using removal_job = std::function<result<bool>(storage::store&)>;

  void next_round();
  void begin_pass();
  void read_page();
  [[nodiscard]] bool is_surplus(const storage::swept_row& row);
  void remove(std::vector<execution_key> keys);
  void tidy();
  [[nodiscard]] result<std::vector<std::int64_t>> unused_definitions();
  void send_job();
  void on_swept(const swept_message& message);
  void rest();

  shared_state* shared_;
  const retention rules_;

  // Of the pass that is under way.
  bool is_resting_ = true;
  execution_key below_ = 0;               ///< rows from here on were seen
  std::int64_t finished_ = 0;             ///< seen so far
  std::int64_t ended_before_ = 0;         ///< Unix milliseconds; 0: age does not matter
  pinned_in_use held_;                    ///< when it began
  std::unordered_set<std::int64_t> used_; ///< definitions of the rows seen so far

  std::shared_ptr<const removal_job> job_; ///< what the writer is asked for; null: nothing
};

} // namespace millrace::actors

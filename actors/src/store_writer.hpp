// SPDX-License-Identifier: Apache-2.0
//
// The store writer: a detached actor, the only one that writes. It commits everything that has
// gathered in its mailbox in one transaction, then acknowledges unit by unit.
//
// In: commit_message, store_job_message, stop_message. Out: committed to each unit's sender, or
// executions_gone to the supervisor for the last units of those that have left; store_failed to
// the supervisor once, stopped_message to it. Timers: none. Stopped by the supervisor, last of all.
#pragma once

#include "shared_state.hpp"

#include <vector>

namespace millrace::actors {

class store_writer : public caf::event_based_actor {
public:
  store_writer(caf::actor_config& config, shared_state* shared);
  [[nodiscard]] caf::behavior make_behavior() override;
  [[nodiscard]] const char* name() const override { return "millrace.store_writer"; }
  void on_exit() override;

private:
  void gather(const commit_message& message);
  void flush();
  void commit();
  void refuse();
  void answer(std::size_t index, committed outcome);
  void announce_gone();

  shared_state* shared_;                    // outlives every actor
  std::vector<storage::commit_unit> units_; // gathered, not committed
  std::vector<commit_message> senders_;     // by unit
  std::vector<execution_key> gone_;         // of the batch: who sent a last unit
  bool flush_is_due_ = false;
  std::shared_ptr<const error> failure_; ///< of the first commit that failed; null: none
};

} // namespace millrace::actors

// SPDX-License-Identifier: Apache-2.0
//
// The store writer: one thread, the only one that writes. It commits everything that has gathered
// while it was busy in one transaction, then acknowledges unit by unit. A plain thread and no
// actor: what waits for it is one queue, which it takes as a whole. Where a pump runs everything
// that thread is the pump's.
//
// Out: committed to each unit's sender, or executions_gone to the supervisor for the last units of
// those that have left; store_failed to the supervisor once.
#pragma once

#include "messages.hpp"
#include "pump.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

namespace millrace::actors {

/// commit(), run(job) and stop() are thread-safe, unless pumped.
class store_writer final : public work_source {
public:
  using job = std::function<void(storage::store&)>;

  /// Borrows the store and the pump; without a pump it begins its thread. `supervisor` may come
  /// later, before the first unit.
  store_writer(storage::store& store, pump* pumped);
  /// Stops, as stop().
  ~store_writer() override;

  void report_to(caf::actor supervisor) { supervisor_ = std::move(supervisor); }
  /// Commits a unit, after those that came earlier.
  void commit(commit_order message);
  /// Runs `job` between commits: after the units that came earlier, before those that come later.
  void run(job what);
  /// Finishes what was asked for by now and ends the thread. Idempotent.
  void stop();

  // Of the pump: everything that waits is one piece of work.
  [[nodiscard]] std::size_t ready() const override;
  void run(std::size_t which) override;

private:
  using order = std::variant<commit_order, job>;

  void add(order wanted);
  void work();
  void take_turn();
  void carry_out(std::vector<order>& orders);
  void flush();
  void commit_gathered();
  void refuse_gathered();
  void answer(std::size_t index, committed outcome);
  void announce_gone();

  storage::store& store_;
  pump* pump_; ///< null: a thread
  caf::actor supervisor_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<order> orders_;            // guarded by mutex_
  bool stopping_ = false;                // guarded by mutex_
  bool asleep_ = false;                  // guarded by mutex_
  std::atomic<bool> has_orders_ = false; // for looks without the mutex

  // The thread's own.
  std::vector<storage::commit_unit> units_; ///< gathered, not committed
  std::vector<commit_order> senders_;       ///< by unit
  std::vector<execution_key> gone_;         ///< of the batch: who sent a last unit
  std::shared_ptr<const error> failure_;    ///< of the first commit that failed; null: none
  bool is_committing_ = false;              ///< pumped: a commit takes its time
  std::thread thread_;                      // last: begins when all else is there
};

} // namespace millrace::actors

// SPDX-License-Identifier: Apache-2.0
//
// What all actors of one runtime share: collaborators that are constant, counters that are atomic,
// and the board on which callers' threads wait.
#pragma once

#include "family_ledger.hpp"
#include "handler_pool.hpp"
#include "messages.hpp"
#include "pump.hpp"
#include "runtime_limits.hpp"
#include "store_writer.hpp"

#include <millrace/runtime.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace millrace::actors {

/// What every caller gets once the runtime has been stopped.
[[nodiscard]] error stopped_error();

/// How long to wait after the `attempt`-th read in a row, from 1 on, that failed.
[[nodiscard]] std::chrono::milliseconds pause_before_reading_again(int attempt) noexcept;

/// Where callers' threads wait for ends and for quiet. Thread-safe. With a pump the waiting caller
/// pumps meanwhile.
class notice_board {
public:
  explicit notice_board(pump* pumped) : pump_(pumped) {}

  /// Says that executions have left memory.
  void gone(const std::vector<execution_key>& keys);
  /// Says whether anything can still happen by itself.
  void set_quiet(bool quiet);
  /// Counts something that is on its way to the supervisor, which may therefore not be quiet yet.
  void expect();
  void arrived();
  /// Ends every wait with this error, now and later.
  void fail(const error& reason);
  [[nodiscard]] std::optional<error> failure() const;

  /// Waits until `is_over` says true, looking again whenever the execution is reported as gone; it
  /// is told whether that has happened since the call.
  [[nodiscard]] result<void> wait_ended(execution_key key, std::chrono::milliseconds timeout,
                                        const std::function<result<bool>(bool reported)>& is_over);
  [[nodiscard]] result<void> wait_quiet(std::chrono::milliseconds timeout);
  /// Whether nothing can happen by itself.
  [[nodiscard]] bool is_quiet() const;

private:
  template <class IsOver>
  bool wait(std::unique_lock<std::mutex>& lock, std::chrono::steady_clock::time_point deadline,
            const IsOver& is_over);

  pump* pump_; ///< null: there are threads
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_map<execution_key, std::uint64_t> awaited_; ///< the times it was reported
  std::unordered_map<execution_key, int> waiters_;           ///< the number of waiting callers
  bool quiet_ = true;
  std::int64_t expected_ = 0;
  std::optional<error> failure_;
};

/// A small generator (SplitMix64): one value a call, any seed.
class random_bits {
public:
  explicit random_bits(std::uint64_t seed) noexcept : state_(seed) {}
  std::uint64_t operator()() noexcept;

private:
  std::uint64_t state_;
};

/// Constant after construction unless said otherwise.
struct shared_state {
  shared_state(storage::store& the_store, runtime_options the_options);

  /// The next execution key; keys ascend in the order of acceptance.
  [[nodiscard]] execution_key mint_key() noexcept { return next_key.fetch_add(1); }
  /// The random bits that belong to an execution from journal entry `sequence` on: the same after
  /// every crash at that point, others than everything that was drawn and committed before it, also
  /// under one seed for every life of the process.
  [[nodiscard]] random_bits bits_for(execution_key key, std::int64_t sequence) const noexcept;

  storage::store& store;
  runtime_options options;
  std::unique_ptr<pump> pumped; ///< null: there are threads
  /// Longest sleep between looks at the clock.
  std::chrono::milliseconds timer_hint_max;
  notice_board board;
  family_ledger families;
  handler_pool handlers; ///< stopped when no actor is left
  std::atomic<execution_key> next_key{1};
  store_writer writer;   ///< stopped when no actor is left
  caf::actor supervisor; ///< set before the first message is sent
};

} // namespace millrace::actors

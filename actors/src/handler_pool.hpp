// SPDX-License-Identifier: Apache-2.0
//
// Threads for external handlers. Handlers block, so they never run on the cooperative workers: jobs
// wait here for one of a bounded number of threads. Plain threads and not actors: a job that is
// handed over and answered is two messages fewer than one that a pool of actors passes around.
// Where a pump runs everything its thread is the only one.
#pragma once

#include "messages.hpp"
#include "pump.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace millrace::actors {

/// Thread-safe, unless pumped.
class handler_pool final : public work_source {
public:
  /// At most `threads_max` threads, at least one; each begins when there is work for it. With a
  /// pump, which is borrowed: none.
  handler_pool(unsigned threads_max, pump* pumped);
  /// Stops, as stop().
  ~handler_pool() override;

  /// Runs `job` when a thread is free and sends its outcome to whoever is to have it. After stop()
  /// nothing happens: the attempt is repeated after the next open.
  void run(attempt_job job);
  /// Drops what has not begun and waits for what runs. Idempotent.
  void stop();

  // Of the pump: every job is a piece of work.
  [[nodiscard]] std::size_t ready() const override;
  void run(std::size_t which) override;

private:
  void work();

  pump* pump_; ///< null: threads
  const unsigned threads_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::deque<attempt_job> waiting_;
  std::vector<std::thread> threads_;
  unsigned looking_ = 0; ///< threads that look for work before they sleep
  unsigned idle_ = 0;    ///< threads that sleep
  bool stopping_ = false;
};

} // namespace millrace::actors

// SPDX-License-Identifier: Apache-2.0
//
// How many executions run, wait and have ended, counted from the engine's events and shown as one
// line that renews itself.
#pragma once

#include <millrace/lifecycle_event.hpp>

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

namespace millrace::cli {

/// Counts executions. Thread-safe. Keeps one entry for each that runs or waits, none for those that
/// have ended or only been accepted.
class progress {
public:
  /// What an engine's observer gets.
  void note(const lifecycle_event& event);
  /// "3 running, 1 waiting, 12 completed, 0 failed".
  [[nodiscard]] std::string describe() const;

private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, bool> alive_; // by id: whether it waits
  std::size_t waiting_ = 0;
  std::size_t completed_ = 0;
  std::size_t failed_ = 0; // or cancelled, or timed out
};

/// The line, on standard error. Renewed at most ten times a second; cleared by the destructor.
class progress_line {
public:
  explicit progress_line(const progress& counts) : counts_(counts) {}
  ~progress_line();
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;

  /// `headline`: what is told beside the counts; empty: nothing.
  void renew(const std::string& headline);

private:
  const progress& counts_;
  std::string shown_;
  std::chrono::steady_clock::time_point next_{};
};

} // namespace millrace::cli

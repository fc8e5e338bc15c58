// SPDX-License-Identifier: Apache-2.0
//
// Bounds of the runtime, by name.
#pragma once

#include <chrono>
#include <cstddef>

namespace millrace::actors {

/// Bounds of the actors, by name.
struct runtime_limits {
  /// Effects that one execution handles before it commits and lets others run.
  static constexpr int quantum_effects = 256;
  /// The same by the engine's clock, looked at between effects.
  static constexpr std::chrono::milliseconds quantum_time{20};
  /// Commits that one execution may have in flight before it waits for the first.
  static constexpr std::size_t commits_in_flight_max = 4;
  /// Units in one transaction.
  static constexpr std::size_t group_commit_units_max = 4096;
  /// Accepted starts that the supervisor remembers; more are found in the store.
  static constexpr std::size_t start_hints_max = 16'384;
  /// Of them, those of one family, or of no family, while the store holds more than is in memory.
  static constexpr std::size_t line_hints_max = 2048;
  /// How often a read that failed is tried again, and the pause before the first of these, which
  /// doubles each time: three seconds in all.
  static constexpr int reads_again_max = 6;
  static constexpr std::chrono::milliseconds read_again_pause{50};
  /// Rows read at once from the backlog.
  static constexpr std::size_t backlog_page = 1024;
  /// Pause before the next page of due executions is read when one was full.
  static constexpr std::chrono::milliseconds full_page_pause{20};
  /// Rows that retention reads, or removes, in one round, and its pause after each: what a removal
  /// may keep the writer from commits.
  static constexpr std::size_t removal_rows = 500;
  static constexpr std::chrono::milliseconds removal_pause{20};
  /// Bytes of deltas after which a snapshot replaces them, and never less than the last snapshot.
  static constexpr std::size_t journal_bytes_before_snapshot = 256 * 1024;
  /// How often a pump lets others come before a kind of work that is ready, so that commits gather.
  static constexpr int passed_over_max = 1024;
  /// Longest sleep between looks at the clock; a clock that jumps is noticed by then.
  static constexpr std::chrono::milliseconds timer_hint_max{60'000};
  /// How often a thread without work looks for it, letting others run in between, before it sleeps:
  /// some hundred microseconds at most. To wake a sleeping core takes tens of them, and an
  /// execution passes from thread to thread at every commit. Handler threads are more, so each
  /// looks less.
  static constexpr int looks_before_sleep = 1000;
  static constexpr int handler_looks_before_sleep = 200;
};

} // namespace millrace::actors

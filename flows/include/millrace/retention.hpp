// SPDX-License-Identifier: Apache-2.0
//
// How long what has ended is kept.
#pragma once

#include <chrono>
#include <cstdint>

namespace millrace {

/// What is removed of finished executions, with their inputs, results and step records; nothing
/// unless set. An execution is removed when it has been terminal for long enough or is one too
/// many, and nothing that it started is left: a family goes from its ends to its root. The newest
/// execution always stays. Removal happens in the background, in small transactions between
/// commits, and needs no room of its own: SQLite uses freed pages again, so the file stops growing,
/// but does not shrink.
///
/// Ids that were given by whoever started an execution stay spent after its removal: a start that
/// names one is success and starts nothing. Of family_budgets, max_children_per_execution counts
/// removed children, too (but for those with given ids), max_family_size only executions that are
/// there. Allma has no retention of this kind.
struct retention {
  /// How long after its end an execution is kept, by the engine's clock; 0: for ever.
  std::chrono::milliseconds finished_for{0};
  /// How many finished executions are kept, the latest accepted; 0: no bound. Finished ones that
  /// stay because something they started is left count, too.
  std::int64_t finished_max = 0;
  /// How long after an execution's removal its given id stays spent, by the engine's clock; 0: for
  /// ever.
  std::chrono::milliseconds ids_for = std::chrono::hours(24 * 30);
  /// Rest between two passes over the executions, in real time, at least 1 ms: how late a removal
  /// may be.
  std::chrono::milliseconds rest = std::chrono::minutes(1);

  /// Whether anything is ever removed.
  [[nodiscard]] bool is_on() const noexcept { return finished_for.count() > 0 || finished_max > 0; }
};

} // namespace millrace

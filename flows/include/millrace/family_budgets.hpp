// SPDX-License-Identifier: Apache-2.0
//
// How far one start may spread.
#pragma once

#include <cstdint>

namespace millrace {

/// Bounds against flows that start flows without end; 0: no bound. A start beyond one is refused
/// before a row is written, and its step fails with a FamilyBudgetExceeded that names the bound;
/// onError decides what the flow does about it. Detached starts and called flows count alike. The
/// counts are those of the database, so they hold across restarts. Allma has no such bounds.
struct family_budgets {
  /// Children that one execution may start.
  std::int64_t max_children_per_execution = 0;
  /// Executions below one root, itself included.
  std::int64_t max_family_size = 0;
  /// Depth of an execution; a root has 0, its children 1.
  std::int64_t max_depth = 0;
};

} // namespace millrace

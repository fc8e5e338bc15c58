// SPDX-License-Identifier: Apache-2.0
//
// A family of executions as a tree in which one sees who started whom and that nobody waited.
#pragma once

#include "terminal.hpp"

#include <millrace/execution_record.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace millrace::cli {

/// Larger families are summed up instead (see summary.hpp).
inline constexpr std::size_t tree_executions_max = 40;

/// The strokes before a name, and before what stands below it.
struct tree_strokes {
  std::string_view branch, last_branch, trunk, space;
};
[[nodiscard]] const tree_strokes& strokes_for(const look& how) noexcept;

/// Draws a family, root first, in order of acceptance. Times are milliseconds since the root
/// started. An execution whose parent is not in `family` stands at the left.
[[nodiscard]] std::string draw_tree(const std::vector<execution_record>& family, const look& how);

} // namespace millrace::cli

// SPDX-License-Identifier: Apache-2.0
//
// Every bound of the system modules in one place, by name. A module that would pass one fails its
// step with a message that names the bound and its value, before it takes the memory.
#pragma once

#include <cstddef>

namespace millrace::steps {

/// Bounds on what one run of a system module may make.
struct module_limits {
  /// Elements that generate-array may make.
  std::size_t generated_items_max = 1'000'000;
  /// Rows that join-data may give.
  std::size_t joined_rows_max = 1'000'000;
  /// Values (rows times columns) that join-data may give.
  std::size_t joined_values_max = 10'000'000;
};

/// The limits in force everywhere; constant for the life of the process.
[[nodiscard]] inline const module_limits& limits() noexcept {
  static constexpr module_limits in_force{};
  return in_force;
}

} // namespace millrace::steps

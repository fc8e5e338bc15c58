// SPDX-License-Identifier: Apache-2.0
//
// Every bound of the flow language in one place, by name. A bound that is passed gives
// errc::limit_exceeded with a message that names the bound and its value.
#pragma once

#include <cstddef>
#include <cstdint>

namespace millrace::flows {

/// Bounds on expressions and on the work and results that evaluating them may cause.
struct language_limits {
  /// Bytes of one JSONPath, condition or template text.
  std::size_t expression_bytes_max = 256 * 1024;
  /// Segments of one path, and nesting of filters, blocks and sub-expressions within one
  /// expression.
  std::size_t expression_depth_max = 128;
  /// Objects and arrays nested in one another in a context, a step's output or an event. Less than
  /// what JSON text may have (json_limits), so that whatever is stored can be read back.
  std::size_t context_depth_max = 400;
  /// Parts of one condition, that is comparisons and bare paths between && and ||.
  std::size_t condition_parts_max = 1'024;
  /// Values that one path may select.
  std::size_t result_count_max = 1'000'000;
  /// Units of work (nodes visited, copied or read) of one path, condition or value of templates.
  std::uint64_t visited_nodes_max = 10'000'000;
  /// Steps that one path may take into nested values (its segments, and the levels of a descent).
  std::size_t traversal_depth_max = 2'048;
  /// Bytes that one template may render.
  std::size_t rendered_bytes_max = std::size_t{64} * 1024 * 1024;
  /// Times that a text which is or becomes a path may be rendered again.
  std::size_t rerender_depth_max = 64;
  /// Blocks, expressions and loop rounds of one rendering of a template, or value of templates.
  std::uint64_t template_operations_max = 10'000'000;
};

/// The limits in force everywhere; constant for the life of the process.
[[nodiscard]] inline const language_limits& limits() noexcept {
  static constexpr language_limits in_force{};
  return in_force;
}

} // namespace millrace::flows

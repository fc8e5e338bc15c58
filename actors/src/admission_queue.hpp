// SPDX-License-Identifier: Apache-2.0
//
// What waits for room in memory. Children wait in a line of their family, all else (starts from
// outside, what was read from the store) in one line; the lines take turns, so that a family with a
// million children to come does not keep the others out.
#pragma once

#include "messages.hpp"

#include <cstddef>
#include <deque>
#include <unordered_map>
#include <utility>

namespace millrace::actors {

/// Not thread-safe: the supervisor's.
class admission_queue {
public:
  using entry = std::pair<execution_key, start_hint>;
  /// The line of those that wait for no family's turn.
  static constexpr execution_key common_line = 0;
  /// The line of what is delivered for all others.
  static constexpr execution_key delivery_line = -1;

  /// Adds to the end of a line: a family's root, or one of the two above.
  void push(execution_key line, execution_key key, start_hint hint);
  /// Takes the first of the line whose turn it is. Precondition: not empty.
  [[nodiscard]] entry pop();

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t size_of(execution_key line) const;
  void clear();

private:
  std::unordered_map<execution_key, std::deque<entry>> lines_; ///< none is empty
  std::deque<execution_key> turns_;                            ///< the keys of lines_, next first
  std::size_t size_ = 0;
};

} // namespace millrace::actors

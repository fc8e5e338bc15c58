// SPDX-License-Identifier: Apache-2.0
//
// The steps that a path has entered, in order. A loop enters the same few steps a million times, so
// each name is kept once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace millrace::flows {

/// A list of step instance ids. Four bytes an entry and each id once. Not thread-safe.
class step_path {
public:
  void push_back(std::string_view step_instance_id);
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  /// Valid until the next push_back().
  [[nodiscard]] std::string_view operator[](std::size_t index) const {
    return names_[entries_[index]];
  }
  [[nodiscard]] std::vector<std::string> to_vector() const;
  /// A JSON array of the ids, as text.
  [[nodiscard]] std::string to_json_text() const;

private:
  std::uint32_t number_of(std::string_view step_instance_id);

  std::vector<std::uint32_t> entries_; ///< into names_
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::uint32_t> numbers_; ///< of names_, when they are many
};

} // namespace millrace::flows

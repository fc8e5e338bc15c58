// SPDX-License-Identifier: Apache-2.0
//
// What the parts that read a path's text say of its characters.
#pragma once

#include <cstddef>
#include <string_view>

namespace millrace::flows::detail {

inline constexpr std::size_t npos = std::string_view::npos;

[[nodiscard]] constexpr bool is_line_end(char c) noexcept {
  return c == '\n' || c == '\r';
}

[[nodiscard]] constexpr bool is_quote(char c) noexcept {
  return c == '\'' || c == '"';
}

/// Whether `c` stands at `position`, which may be behind the text.
[[nodiscard]] constexpr bool at(std::string_view text, std::size_t position, char c) noexcept {
  return position < text.size() && text[position] == c;
}

} // namespace millrace::flows::detail

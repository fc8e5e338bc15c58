// SPDX-License-Identifier: Apache-2.0
//
// What the other end of an output can show.
#pragma once

#include <string>
#include <string_view>

namespace millrace::cli {

/// How text for people may look.
struct look {
  bool colour = false;
  bool unicode = false; ///< lines of a tree as box-drawing characters, else ASCII
};

[[nodiscard]] bool is_terminal(int descriptor) noexcept;
/// A terminal that is not dumb, and NO_COLOR is unset or empty (https://no-color.org).
[[nodiscard]] bool wants_colour(int descriptor) noexcept;
/// For text on standard output: colour as wants_colour, unicode where the locale says UTF-8.
[[nodiscard]] look look_of_output() noexcept;

/// A colour of text, or none.
enum class tint : unsigned char { none, bold, faint, green, red, yellow, cyan };
/// `text` in that colour, if there are colours.
[[nodiscard]] std::string tinted(std::string_view text, tint colour, const look& how);

/// `text` in one line and without control characters: flows may name things as they like, but they
/// do not steer the terminal. Malformed UTF-8 never gets here, JSON is checked for it.
[[nodiscard]] std::string printable(std::string_view text);
/// How many columns `text` (UTF-8) takes; wide characters count as one.
[[nodiscard]] std::size_t columns(std::string_view text) noexcept;

} // namespace millrace::cli

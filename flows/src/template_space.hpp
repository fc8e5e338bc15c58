// SPDX-License-Identifier: Apache-2.0
//
// White space as JavaScript's \s has it, in UTF-8 text.
#pragma once

#include <cstddef>
#include <string_view>

namespace millrace::flows::templates {

/// Bytes of the white space character at `at`; 0 where there is none.
[[nodiscard]] inline std::size_t space_at(std::string_view text, std::size_t at) noexcept {
  if (at >= text.size()) {
    return 0;
  }
  const char first = text[at];
  if (first == ' ' || (first >= '\t' && first <= '\r')) {
    return 1;
  }
  const std::string_view two = text.substr(at, 2);
  if (two == "\u00a0") {
    return 2;
  }
  const std::string_view three = text.substr(at, 3);
  const bool general = three >= "\u2000" && three <= "\u200a"; // the spaces of General Punctuation
  const bool other = three == "\u1680" || three == "\u2028" || three == "\u2029" ||
                     three == "\u202f" || three == "\u205f" || three == "\u3000" ||
                     three == "\ufeff";
  return three.size() == 3 && (general || other) ? 3 : 0;
}

/// Where the white space that starts at `from` ends.
[[nodiscard]] inline std::size_t skip_space(std::string_view text, std::size_t from = 0) noexcept {
  for (std::size_t length = space_at(text, from); length != 0; length = space_at(text, from)) {
    from += length;
  }
  return from;
}

/// Where the white space that `text` ends with starts.
[[nodiscard]] inline std::size_t trailing_space(std::string_view text) noexcept {
  std::size_t start = text.size();
  for (;;) {
    const bool one = start >= 1 && space_at(text.substr(0, start), start - 1) == 1;
    const bool two = start >= 2 && space_at(text.substr(0, start), start - 2) == 2;
    const bool three = start >= 3 && space_at(text.substr(0, start), start - 3) == 3;
    if (!one && !two && !three) {
      return start;
    }
    start -= one ? 1 : two ? 2 : 3;
  }
}

} // namespace millrace::flows::templates

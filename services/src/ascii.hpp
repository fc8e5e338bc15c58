// SPDX-License-Identifier: Apache-2.0
//
// Letters of ASCII alone, whatever the locale: names of headers, hosts, types.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace millrace::services {

[[nodiscard]] constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] inline std::string lower(std::string_view text) {
  std::string made(text);
  for (char& c : made)
    c = lower(c);
  return made;
}

/// Whether two words are the same but for the case of their letters.
[[nodiscard]] inline bool same_word(std::string_view left, std::string_view right) noexcept {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

} // namespace millrace::services

// SPDX-License-Identifier: Apache-2.0
#include "template_position.hpp"

#include <millrace/js.hpp>

#include <algorithm>

namespace millrace::flows::templates {

position position_of(std::string_view text, std::size_t at) noexcept {
  position found;
  std::size_t line_start = 0;
  at = std::min(at, text.size());
  for (std::size_t i = 0; i < at; ++i) {
    const bool pair = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (text[i] == '\n' || (text[i] == '\r' && !pair)) {
      ++found.line;
      line_start = i + 1;
    }
  }
  found.column = js::utf16_length(text.substr(line_start, at - line_start));
  return found;
}

std::string show_position(std::string_view text, std::size_t begin, std::size_t end) {
  constexpr std::size_t width = 20;
  const auto whole_characters = [&](std::size_t at) { // never cut a character in two
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) {
      ++at;
    }
    return at;
  };
  const auto one_line = [](std::string_view part) {
    std::string line(part);
    line.erase(std::remove(line.begin(), line.end(), '\n'), line.end());
    return line;
  };
  begin = std::min(begin, text.size());
  const std::size_t from = whole_characters(begin > width ? begin - width : 0);
  const std::string past = (begin > width ? "..." : "") + one_line(text.substr(from, begin - from));
  const std::size_t until = whole_characters(std::min(begin + width, text.size()));
  const std::string coming =
      one_line(text.substr(begin, until - begin)) + (end > begin + width ? "..." : "");
  return past + coming + "\n" + std::string(js::utf16_length(past), '-') + "^";
}

} // namespace millrace::flows::templates

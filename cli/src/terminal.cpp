// SPDX-License-Identifier: Apache-2.0
#include "terminal.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <unistd.h>

namespace millrace::cli {
namespace {

std::string_view environment(const char* name) noexcept {
  // Nothing of this process changes the environment.
  const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? std::string_view() : std::string_view(value);
}

// The first of these that is set decides, as setlocale does it.
bool locale_is_utf8() noexcept {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = environment(name);
    if (!value.empty())
      return value.find("UTF-8") != value.npos || value.find("utf8") != value.npos;
  }
  return false;
}

bool is_control(char byte) noexcept {
  const auto code = static_cast<unsigned char>(byte);
  return code < 0x20 || code == 0x7F;
}

} // namespace

bool is_terminal(int descriptor) noexcept {
  return isatty(descriptor) == 1;
}

bool wants_colour(int descriptor) noexcept {
  return is_terminal(descriptor) && environment("NO_COLOR").empty() &&
         environment("TERM") != "dumb";
}

look look_of_output() noexcept {
  return {wants_colour(STDOUT_FILENO), locale_is_utf8()};
}

std::string tinted(std::string_view text, tint colour, const look& how) {
  static constexpr std::array<std::string_view, 7> codes{"", "1", "2", "32", "31", "33", "36"};
  if (!how.colour || colour == tint::none)
    return std::string(text);
  std::string out = "\x1b[";
  out += codes[static_cast<std::size_t>(colour)];
  out += 'm';
  out += text;
  out += "\x1b[0m";
  return out;
}

std::string printable(std::string_view text) {
  std::string out(text);
  std::replace_if(out.begin(), out.end(), is_control, ' ');
  return out;
}

std::size_t columns(std::string_view text) noexcept {
  const auto continues = [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
  };
  return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues));
}

} // namespace millrace::cli

// SPDX-License-Identifier: Apache-2.0
#include "utf8.hpp"

namespace millrace::flows::utf8 {

namespace {

bool is_continuation(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

} // namespace

std::size_t length_at(std::string_view text) noexcept {
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return i < text.size() && static_cast<unsigned char>(text[i]) >= low &&
           static_cast<unsigned char>(text[i]) <= high;
  };
  const unsigned lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80)
    return 1;
  if (lead >= 0xC2 && lead <= 0xDF)
    return follows(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;  // no over-long forms
    const unsigned high = lead == 0xED ? 0x9F : 0xBF; // no surrogates
    return follows(1, low, high) && follows(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;
    return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

std::uint32_t next(std::string_view text, std::size_t& position) noexcept {
  const std::uint32_t lead = static_cast<unsigned char>(text[position++]);
  if (lead < 0xC0)
    return lead;
  std::uint32_t point = lead < 0xE0 ? lead & 0x1F : lead < 0xF0 ? lead & 0x0F : lead & 0x07;
  while (position < text.size() && is_continuation(text[position]))
    point = (point << 6) | (static_cast<unsigned char>(text[position++]) & 0x3F);
  return point;
}

void append(std::string& out, std::uint32_t point) {
  const auto put = [&](std::uint32_t bits) { out += static_cast<char>(bits); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | (point >> 6));
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | (point >> 12));
    put(0x80 | ((point >> 6) & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | (point >> 18));
    put(0x80 | ((point >> 12) & 0x3F));
    put(0x80 | ((point >> 6) & 0x3F));
    put(0x80 | (point & 0x3F));
  }
}

std::size_t offset_of_unit(std::string_view text, std::size_t unit) noexcept {
  std::size_t position = 0;
  std::size_t units = 0;
  while (position < text.size() && units < unit) {
    units += static_cast<unsigned char>(text[position]) >= 0xF0 ? 2 : 1;
    do
      ++position;
    while (position < text.size() && is_continuation(text[position]));
  }
  return position;
}

std::string unit_at(std::string_view text, std::size_t unit) {
  const std::size_t begin = offset_of_unit(text, unit);
  const std::size_t end = offset_of_unit(text, unit + 1);
  constexpr unsigned char supplementary = 0xF0;
  if (begin == end || static_cast<unsigned char>(text[begin]) >= supplementary)
    return "\xEF\xBF\xBD";
  return std::string(text.substr(begin, end - begin));
}

} // namespace millrace::flows::utf8

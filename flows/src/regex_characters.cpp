// SPDX-License-Identifier: Apache-2.0
//
// Escapes and character classes.
#include "regex_parser.hpp"

#include "utf8.hpp"

#include <algorithm>
#include <optional>

namespace millrace::flows::detail {

namespace {

constexpr std::uint32_t point_max = 0x10FFFF;

using ranges = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

ranges class_ranges(char name) {
  switch (name) {
  case 'd': return {{'0', '9'}};
  case 'w': return {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
  default:
    return {{'\t', '\r'},     {' ', ' '},       {0xA0, 0xA0},     {0x1680, 0x1680},
            {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F},
            {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};
  }
}

ranges inverted(ranges of) {
  std::sort(of.begin(), of.end());
  ranges out;
  std::uint32_t next = 0;
  for (const auto& [from, to] : of) {
    if (from > next)
      out.emplace_back(next, from - 1);
    next = to + 1;
  }
  out.emplace_back(next, point_max);
  return out;
}

std::optional<std::uint32_t> control_escape(char c) {
  switch (c) {
  case 'n': return '\n';
  case 'r': return '\r';
  case 't': return '\t';
  case 'f': return '\f';
  case 'v': return '\v';
  case '0': return 0;
  default: return std::nullopt;
  }
}

} // namespace

bool regex_parser::hexadecimal(std::size_t digits, std::uint32_t& point) {
  point = 0;
  for (std::size_t i = 0; i < digits; ++i, ++position_) {
    const char c = static_cast<char>(peek() | 0x20);
    if (peek() >= '0' && peek() <= '9')
      point = point * 16 + static_cast<std::uint32_t>(peek() - '0');
    else if (c >= 'a' && c <= 'f')
      point = point * 16 + static_cast<std::uint32_t>(c - 'a' + 10);
    else
      return fail("invalid escape");
  }
  return true;
}

/// Behind "\u": four digits, a surrogate pair of two escapes, or {digits}.
bool regex_parser::unicode_escape(std::uint32_t& point) {
  constexpr std::size_t braced_digits_max = 6;
  if (take('{')) {
    const std::size_t end = text_.find('}', position_);
    if (end == std::string_view::npos || end == position_ || end - position_ > braced_digits_max ||
        !hexadecimal(end - position_, point) || point > point_max)
      return fail("invalid escape");
    return take('}');
  }
  if (!hexadecimal(4, point))
    return false;
  if (point < 0xD800 || point > 0xDBFF || text_.substr(position_, 2) != "\\u")
    return true;
  position_ += 2;
  std::uint32_t low = 0;
  if (!hexadecimal(4, low))
    return false;
  point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
  return true;
}

bool regex_parser::escape() {
  ++position_;
  if (at_end())
    return fail("\\ at the end");
  const char c = peek();
  const char lower = static_cast<char>(c | 0x20);
  if (lower == 'd' || lower == 'w' || lower == 's') {
    ++position_;
    emit_set(class_ranges(lower), c != lower);
    return true;
  }
  if (c == 'p' || c == 'P' || c == 'k')
    return fail("\\p and \\k are not supported");
  if (c >= '1' && c <= '9') {
    std::size_t number = 0;
    while (peek() >= '0' && peek() <= '9' && number < instructions_max)
      number = number * 10 + static_cast<std::size_t>(text_[position_++] - '0');
    emit(regex::opcode::back_reference, 0, number);
    return true;
  }
  ranges unused;
  std::uint32_t point = 0;
  bool is_single = true;
  --position_;
  if (!class_atom(unused, point, is_single))
    return false;
  emit(regex::opcode::character, out_.ignores_case_ ? to_lower(point) : point);
  return true;
}

/// One character of a class (`is_single`), or a class escape, which goes into `into`.
bool regex_parser::class_atom(ranges& into, std::uint32_t& point, bool& is_single) {
  is_single = true;
  if (peek() != '\\') {
    point = utf8::next(text_, position_);
    return true;
  }
  ++position_;
  if (at_end())
    return fail("\\ at the end");
  const char c = peek();
  const char lower = static_cast<char>(c | 0x20);
  if (lower == 'd' || lower == 'w' || lower == 's') {
    ++position_;
    is_single = false;
    const ranges named = c == lower ? class_ranges(lower) : inverted(class_ranges(lower));
    into.insert(into.end(), named.begin(), named.end());
    return true;
  }
  if (c == 'b') {
    ++position_;
    point = '\b';
    return true;
  }
  if (const auto control = control_escape(c)) {
    ++position_;
    point = *control;
    return true;
  }
  if (c == 'x' || c == 'u') {
    ++position_;
    return c == 'x' ? hexadecimal(2, point) : unicode_escape(point);
  }
  if (c == 'c' && peek(1) != '\0') {
    point = static_cast<std::uint32_t>(peek(1)) & 31;
    position_ += 2;
    return true;
  }
  point = utf8::next(text_, position_);
  return true;
}

bool regex_parser::character_class() {
  ++position_;
  const bool negated = take('^');
  ranges set;
  while (!take(']')) {
    if (at_end())
      return fail("unterminated character class");
    std::uint32_t from = 0;
    bool from_single = true;
    if (!class_atom(set, from, from_single))
      return false;
    std::uint32_t to = from;
    bool to_single = from_single;
    if (peek() == '-' && peek(1) != ']' && position_ + 1 < text_.size() && from_single) {
      ++position_;
      if (!class_atom(set, to, to_single))
        return false;
      if (!to_single) { // "a-\d": three things
        set.emplace_back('-', '-');
        to = from;
      } else if (to < from) {
        return fail("range out of order in a character class");
      }
    }
    if (from_single)
      set.emplace_back(from, to);
  }
  emit_set(std::move(set), negated);
  return true;
}

void regex_parser::emit_set(ranges of, bool negated) {
  out_.sets_.push_back({negated, std::move(of)});
  emit(regex::opcode::set, 0, out_.sets_.size() - 1);
}

} // namespace millrace::flows::detail

// SPDX-License-Identifier: Apache-2.0
//
// Compiles the text of a regular expression: recursive descent, at most group_depth_max deep, that
// emits code as it goes.
#pragma once

#include "regex.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::flows::detail {

/// One pass over one pattern.
class regex_parser {
public:
  /// Borrows `out`, whose pattern and flags are set.
  explicit regex_parser(regex& out) : out_(out), text_(out.pattern_) {}

  /// Emits the pattern's code; false, with a problem, where it is malformed or too large.
  [[nodiscard]] bool run();
  [[nodiscard]] error problem() const;

private:
  static constexpr std::size_t repeat_max = 1'000;        // of {n,m}: the body is copied that often
  static constexpr std::size_t instructions_max = 20'000; // a pattern compiles to
  static constexpr std::size_t group_depth_max = 64;
  static constexpr std::size_t unlimited = static_cast<std::size_t>(-1);

  using ranges = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

  // Each returns false after having set failure_.

  // Alternatives, groups and quantifiers (regex_parser.cpp).
  bool disjunction(std::size_t depth);
  bool alternative(std::size_t depth);
  bool term(std::size_t depth);
  bool group(std::size_t depth);
  bool look_ahead(std::size_t depth, bool negative);
  bool quantifier(std::size_t begin, std::size_t first_group);
  bool counts(std::size_t& least, std::size_t& most);
  bool repeat(std::size_t begin, std::size_t first_group, std::size_t least, std::size_t most,
              bool lazy);

  // Characters (regex_characters.cpp).
  bool escape();
  bool hexadecimal(std::size_t digits, std::uint32_t& point);
  bool unicode_escape(std::uint32_t& point);
  bool character_class();
  bool class_atom(ranges& into, std::uint32_t& point, bool& is_single);

  // The code.
  std::size_t emit(regex::opcode code, std::uint32_t point = 0, std::size_t target = 0,
                   std::size_t other = 0);
  void emit_set(ranges of, bool negated);
  void append(const std::vector<regex::instruction>& body, std::size_t from);

  // The text.
  bool fail(std::string what) {
    if (failure_.empty())
      failure_ = std::move(what);
    return false;
  }
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0';
  }
  [[nodiscard]] bool at_end() const { return position_ >= text_.size(); }
  bool take(char c) {
    const bool found = !at_end() && text_[position_] == c;
    position_ += found;
    return found;
  }

  regex& out_;
  std::string_view text_;
  std::size_t position_ = 0;
  std::string failure_;
};

} // namespace millrace::flows::detail

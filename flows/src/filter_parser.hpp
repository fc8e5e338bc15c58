// SPDX-License-Identifier: Apache-2.0
//
// Reads filter expressions. The grammar is that of jsep 1.4 as jsonpath-plus 10 sets it up, with
// `@`, its names and `$` read as tokens instead of being replaced in the text beforehand.
#pragma once

#include "filter_program.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::flows::detail {

inline bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

inline bool starts_identifier(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

inline bool continues_identifier(char c) noexcept {
  return starts_identifier(c) || is_digit(c);
}

/// Recursive descent, at most expression_depth_max deep. Every function that returns an optional
/// index gives nothing when there is no such thing here, or after having set problem.
class filter_parser {
public:
  /// Borrows both.
  filter_parser(filter_program& program, const marked_text& keys)
      : program_(program), text_(program.text), keys_(keys) {}

  /// Parses the program's text into its nodes.
  void run();

private:
  using node_kind = filter_node::kind;
  using index = std::uint32_t;
  using maybe = std::optional<index>;

  // Operators (filter_parser.cpp).
  std::vector<index> expressions(char until);
  maybe expression();
  maybe binary(int least_precedence);

  // Operands (filter_operands.cpp).
  maybe token();
  maybe unary();
  maybe name();
  maybe context();
  maybe group();
  maybe string();
  maybe number();
  maybe pattern();
  maybe properties(index object);
  maybe property_name(index object);
  maybe property_in_brackets(index object);
  maybe call(index callee);
  bool list(char closing, std::vector<index>& out);

  // Nodes and problems.
  index add(node_kind what, std::vector<index> children = {}, std::string text = {});
  index constant(json::value value);
  maybe fail(std::string_view what);
  /// Counts nesting; false, with a problem, where it is too deep.
  bool deeper();
  bool update_here();
  [[nodiscard]] std::size_t height_of(const filter_node& node) const;

  // The text.
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0';
  }
  [[nodiscard]] bool at_end() const { return position_ >= text_.size(); }
  [[nodiscard]] bool here(std::string_view what) const {
    return text_.substr(position_, what.size()) == what;
  }
  void skip_blanks() {
    while (!at_end() && std::string_view(" \t\n\r").find(peek()) != std::string_view::npos)
      ++position_;
  }

  filter_program& program_;
  std::string_view text_;
  const marked_text& keys_;
  std::size_t position_ = 0;
  std::size_t depth_ = 0;
  std::size_t brackets_ = 0; // how many computed names we are in
};

} // namespace millrace::flows::detail

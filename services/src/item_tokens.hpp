// SPDX-License-Identifier: Apache-2.0
//
// The words and signs of an expression on items. Source: the DynamoDB developer guide,
// "Expressions".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace::services {

/// Whether `c` may stand in a name without a placeholder.
[[nodiscard]] bool is_name_character(char c) noexcept;

/// One expression as a row of tokens. What is wrong is thrown as a step_error.
class expression_tokens {
public:
  /// `what`: "FilterExpression", for messages. Borrows.
  expression_tokens(std::string_view text, std::string_view what);

  /// The one that is next; empty: the end.
  [[nodiscard]] std::string_view token() const noexcept { return token_; }
  void advance();
  /// Goes on if `token`, in any case of its letters, is next.
  bool take(std::string_view token);
  void expect(std::string_view token);
  void expect_end() const;
  /// Whether the token is followed by "(".
  [[nodiscard]] bool is_before_parenthesis() const;

  [[noreturn]] void fail(const std::string& why) const;
  [[noreturn]] void fail_at(std::string_view token) const;

private:
  std::string_view text_;
  std::string_view what_;
  std::size_t at_ = 0;
  std::size_t token_at_ = 0;
  std::string_view token_;
};

} // namespace millrace::services

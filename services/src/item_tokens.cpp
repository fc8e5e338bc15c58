// SPDX-License-Identifier: Apache-2.0
#include "item_tokens.hpp"

#include "ascii.hpp"
#include "item_values.hpp"

namespace millrace::services {
namespace {

constexpr std::size_t expression_bytes_max = 4096; // of DynamoDB

} // namespace

bool is_name_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

expression_tokens::expression_tokens(std::string_view text, std::string_view what)
    : text_(text), what_(what) {
  if (text.size() > expression_bytes_max)
    fail("Expression size has exceeded the maximum allowed size; expression size: " +
         std::to_string(text.size()));
  advance();
}

void expression_tokens::fail(const std::string& why) const {
  throw validation_error("Invalid " + std::string(what_) + ": " + why);
}

void expression_tokens::fail_at(std::string_view token) const {
  const std::size_t from = std::min(token_at_, text_.size());
  fail("Syntax error; token: \"" + std::string(token.empty() ? "<EOF>" : token) + "\", near: \"" +
       std::string(text_.substr(from > 10 ? from - 10 : 0, 30)) + '"');
}

void expression_tokens::advance() {
  while (at_ < text_.size() && (text_[at_] == ' ' || (text_[at_] >= '\t' && text_[at_] <= '\r')))
    ++at_;
  token_at_ = at_;
  if (at_ == text_.size()) {
    token_ = {};
    return;
  }
  std::size_t end = at_ + 1;
  const char first = text_[at_];
  if (is_name_character(first) || first == '#' || first == ':')
    while (end < text_.size() && is_name_character(text_[end]))
      ++end;
  else if (const std::string_view two = text_.substr(at_, 2);
           two == "<>" || two == "<=" || two == ">=")
    end = at_ + 2;
  token_ = text_.substr(at_, end - at_);
  at_ = end;
}

bool expression_tokens::take(std::string_view token) {
  if (!same_word(token_, token))
    return false;
  advance();
  return true;
}

void expression_tokens::expect(std::string_view token) {
  if (!take(token))
    fail_at(token_);
}

void expression_tokens::expect_end() const {
  if (!token_.empty())
    fail_at(token_);
}

bool expression_tokens::is_before_parenthesis() const {
  std::size_t at = at_;
  while (at < text_.size() && text_[at] == ' ')
    ++at;
  return at < text_.size() && text_[at] == '(';
}

} // namespace millrace::services

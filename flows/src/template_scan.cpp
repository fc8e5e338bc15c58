// SPDX-License-Identifier: Apache-2.0
#include "template_scan.hpp"

#include "template_space.hpp"

namespace millrace::flows::templates {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Characters that end a name, besides white space.
bool ends_name(char c) {
  constexpr std::string_view punctuation = "!\"#%&'()*+,./;<=>@[\\]^`{|}~";
  return punctuation.find(c) != npos;
}

bool space_or_one_of(std::string_view text, std::size_t at, std::string_view set) {
  return at < text.size() && (set.find(text[at]) != npos || space_at(text, at) != 0);
}

} // namespace

bool is_word(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool follows_name(std::string_view text, std::size_t at) noexcept {
  return space_or_one_of(text, at, "=~}/.)|");
}

bool follows_literal(std::string_view text, std::size_t at) noexcept {
  return space_or_one_of(text, at, "~})");
}

std::size_t name_end(std::string_view text, std::size_t from) noexcept {
  while (from < text.size() && !ends_name(text[from]) && space_at(text, from) == 0) {
    ++from;
  }
  return from;
}

std::size_t skip_tilde(std::string_view text, std::size_t from) noexcept {
  return from < text.size() && text[from] == '~' ? from + 1 : from;
}

std::size_t close_end(std::string_view text, std::size_t from) {
  const std::size_t braces = skip_tilde(text, from);
  return text.substr(braces, 2) == "}}" ? braces + 2 : npos;
}

std::size_t number_length(std::string_view text, std::size_t from) noexcept {
  std::size_t at = from + (from < text.size() && text[from] == '-' ? 1 : 0);
  const std::size_t digits = at;
  while (at < text.size() && is_digit(text[at])) {
    ++at;
  }
  if (at == digits) {
    return 0;
  }
  if (at + 1 < text.size() && text[at] == '.' && is_digit(text[at + 1])) {
    ++at;
    while (at < text.size() && is_digit(text[at])) {
      ++at;
    }
  }
  return follows_literal(text, at) ? at - from : 0;
}

std::string unescape(std::string_view text, std::string_view escaped) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && escaped.find(text[i + 1]) != npos) {
      ++i;
    }
    plain.push_back(text[i]);
  }
  return plain;
}

} // namespace millrace::flows::templates

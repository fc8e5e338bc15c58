// SPDX-License-Identifier: Apache-2.0
#include "shape.hpp"

#include <cmath>

namespace millrace::shape {

namespace {

/// More of a text than this says nothing more to a reader of a message.
constexpr std::size_t quoted_bytes_max = 60;
/// 2^53: doubles beyond it do not tell whole numbers apart.
constexpr double whole_number_max = 9'007'199'254'740'992.0;

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

constexpr bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// The length of `text` cut to `quoted_bytes_max` without cutting a UTF-8 character.
std::size_t cut(std::string_view text) noexcept {
  std::size_t length = quoted_bytes_max;
  while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) {
    --length;
  }
  return length;
}

bool is_web_scheme(std::string_view scheme) noexcept {
  return scheme == "http" || scheme == "https" || scheme == "ftp" || scheme == "ws" ||
         scheme == "wss";
}

/// Whether what follows `https:` has a host and no character that no host can have.
bool has_host(std::string_view rest) noexcept {
  while (!rest.empty() && (rest.front() == '/' || rest.front() == '\\')) {
    rest.remove_prefix(1);
  }
  const std::string_view host = rest.substr(0, rest.find_first_of("/?#\\"));
  return !host.empty() && host.find_first_of(" <>^|%\"") == std::string_view::npos;
}

} // namespace

const json::value* find(const json::object& object, std::string_view key) noexcept {
  return object.if_contains(key);
}

std::optional<std::int64_t> whole_number(const json::value& value) noexcept {
  const std::optional<double> number = any_number(value);
  if (!number || std::trunc(*number) != *number || std::abs(*number) > whole_number_max) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*number);
}

std::optional<double> any_number(const json::value& value) noexcept {
  switch (value.kind()) {
  case json::kind::int64: return static_cast<double>(value.get_int64());
  case json::kind::uint64: return static_cast<double>(value.get_uint64());
  case json::kind::double_: return value.get_double();
  default: return std::nullopt;
  }
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  result += text.size() > quoted_bytes_max ? text.substr(0, cut(text)) : text;
  result += text.size() > quoted_bytes_max ? "...\"" : "\"";
  return result;
}

std::string describe(const json::value& value) {
  switch (value.kind()) {
  case json::kind::null: return "null";
  case json::kind::bool_: return value.get_bool() ? "true" : "false";
  case json::kind::string:
    return value.get_string().empty() ? "an empty text" : "the text " + quoted(value.get_string());
  case json::kind::array: return value.get_array().empty() ? "an empty array" : "an array";
  case json::kind::object: return value.get_object().empty() ? "an empty object" : "an object";
  case json::kind::int64:
  case json::kind::uint64:
  case json::kind::double_: return "the number " + stringify(value);
  }
  return "something else";
}

bool is_url(std::string_view text) noexcept {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') {
    text.remove_prefix(1);
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !is_letter(text.front())) {
    return false;
  }
  const std::string_view scheme = text.substr(0, colon);
  for (const char c : scheme) {
    if (!is_letter(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') {
      return false;
    }
  }
  return !is_web_scheme(scheme) || has_host(text.substr(colon + 1));
}

bool is_utc_timestamp(std::string_view text) noexcept {
  constexpr std::string_view pattern = "dddd-dd-ddTdd:dd:dd";
  if (text.size() <= pattern.size() || text.back() != 'Z') {
    return false;
  }
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == 'd' ? !is_digit(text[i]) : text[i] != pattern[i]) {
      return false;
    }
  }
  std::string_view fraction = text.substr(pattern.size());
  fraction.remove_suffix(1);
  if (fraction.empty()) {
    return true;
  }
  return fraction.size() > 1 && fraction.front() == '.' &&
         fraction.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

} // namespace millrace::shape

// SPDX-License-Identifier: Apache-2.0
//
// Coercion, comparison and order of JSON values as ECMA-262 has them. Numbers as text are in
// js_number.cpp.
#include <millrace/js.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace millrace::flows::js {

namespace {

bool is_number(const json::value& value) noexcept {
  return value.is_int64() || value.is_double() || value.is_uint64();
}

double as_double(const json::value& value) noexcept {
  if (value.is_int64())
    return static_cast<double>(value.get_int64());
  if (value.is_double())
    return value.get_double();
  return static_cast<double>(value.get_uint64());
}

bool is_container(const json::value& value) noexcept {
  return value.is_structured();
}

bool is_missing(const json::value* value) noexcept {
  return value == nullptr || value->is_null();
}

std::string_view text_of(const json::value& value) noexcept {
  return value.get_string();
}

/// Array.prototype.join with ",": null elements print as nothing. Nested arrays are kept in a list
/// of what is still to print.
void append_joined(std::string& out, const json::array& array) {
  struct position {
    const json::array* array;
    std::size_t next;
  };
  std::vector<position> open{{&array, 0}};
  while (!open.empty()) {
    position& innermost = open.back();
    if (innermost.next == innermost.array->size()) {
      open.pop_back();
      continue;
    }
    if (innermost.next > 0)
      out += ',';
    const json::value& element = (*innermost.array)[innermost.next++];
    if (element.is_array())
      open.push_back({&element.get_array(), 0});
    else if (!element.is_null())
      out += to_string(&element);
  }
}

/// `left == right` where exactly one of the two is an object or array.
bool container_equals(const json::value& container, const json::value& primitive) {
  const json::value text(to_string(&container));
  return loosely_equal(&text, &primitive);
}

} // namespace

bool truthy(const json::value* value) noexcept {
  if (is_missing(value))
    return false;
  if (value->is_bool())
    return value->get_bool();
  if (value->is_string())
    return !value->get_string().empty();
  if (is_number(*value)) {
    const double number = as_double(*value);
    return number != 0 && !std::isnan(number);
  }
  return true;
}

double to_number(const json::value* value) {
  if (value == nullptr)
    return std::numeric_limits<double>::quiet_NaN();
  switch (value->kind()) {
  case json::kind::null: return 0;
  case json::kind::bool_: return value->get_bool() ? 1 : 0;
  case json::kind::string: return to_number(text_of(*value));
  case json::kind::array: return to_number(to_string(value));
  case json::kind::object: return std::numeric_limits<double>::quiet_NaN();
  default: return as_double(*value);
  }
}

std::string to_string(const json::value* value) {
  if (value == nullptr)
    return "undefined";
  switch (value->kind()) {
  case json::kind::null: return "null";
  case json::kind::bool_: return value->get_bool() ? "true" : "false";
  case json::kind::string: return std::string(text_of(*value));
  case json::kind::object: return "[object Object]";
  case json::kind::array: {
    std::string out;
    append_joined(out, value->get_array());
    return out;
  }
  default: return to_string(as_double(*value));
  }
}

bool loosely_equal(const json::value* left, const json::value* right) {
  if (is_missing(left) || is_missing(right))
    return is_missing(left) && is_missing(right);
  if (is_container(*left) != is_container(*right))
    return is_container(*left) ? container_equals(*left, *right) : container_equals(*right, *left);
  if (is_container(*left))
    return left == right;
  if (left->is_string() && right->is_string())
    return text_of(*left) == text_of(*right);
  return to_number(left) == to_number(right);
}

bool strictly_equal(const json::value* left, const json::value* right) {
  if (left == nullptr || right == nullptr)
    return left == right;
  if (is_number(*left) && is_number(*right))
    return as_double(*left) == as_double(*right);
  if (left->kind() != right->kind())
    return false;
  switch (left->kind()) {
  case json::kind::null: return true;
  case json::kind::bool_: return left->get_bool() == right->get_bool();
  case json::kind::string: return text_of(*left) == text_of(*right);
  default: return left == right;
  }
}

std::optional<bool> less_than(const json::value* left, const json::value* right) {
  // An object or array becomes its text before the kinds are looked at.
  const auto is_text = [](const json::value* value) {
    return value != nullptr && (value->is_string() || is_container(*value));
  };
  if (is_text(left) && is_text(right)) {
    if (left->is_string() && right->is_string())
      return compare_utf16(text_of(*left), text_of(*right)) < 0;
    return compare_utf16(to_string(left), to_string(right)) < 0;
  }
  const double a = to_number(left);
  const double b = to_number(right);
  if (std::isnan(a) || std::isnan(b))
    return std::nullopt;
  return a < b;
}

int compare_utf16(std::string_view left, std::string_view right) noexcept {
  const std::size_t common = std::min(left.size(), right.size());
  const auto [a, b] = std::mismatch(left.begin(), left.begin() + common, right.begin());
  if (a == left.begin() + common)
    return left.size() == right.size() ? 0 : left.size() < right.size() ? -1 : 1;
  const auto x = static_cast<unsigned char>(*a);
  const auto y = static_cast<unsigned char>(*b);
  // UTF-8 orders by code point. Code points from U+10000 (lead byte F0 and above) are surrogate
  // pairs in UTF-16, which come before U+E000 to U+FFFF (lead bytes EE and EF).
  constexpr unsigned char private_use = 0xEE;
  constexpr unsigned char supplementary = 0xF0;
  if (x >= private_use && y >= private_use && (x >= supplementary) != (y >= supplementary))
    return x >= supplementary ? -1 : 1;
  return x < y ? -1 : 1;
}

std::size_t utf16_length(std::string_view text) noexcept {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    units += (byte & 0xC0) != 0x80; // every sequence is a unit,
    units += byte >= 0xF0;          // of four bytes it is two
  }
  return units;
}

std::optional<std::uint32_t> as_index(std::string_view key) noexcept {
  constexpr std::size_t digits_max = 10;
  if (key.empty() || key.size() > digits_max || key.front() < '0' || key.front() > '9' ||
      (key.front() == '0' && key.size() > 1))
    return std::nullopt;
  std::uint32_t index = 0;
  const char* const end = key.data() + key.size();
  const auto [stopped, code] = std::from_chars(key.data(), end, index);
  if (code != std::errc{} || stopped != end || index == std::numeric_limits<std::uint32_t>::max())
    return std::nullopt;
  return index;
}

bool has_index_names(const json::object& object) noexcept {
  return std::any_of(object.begin(), object.end(), [](const json::key_value_pair& member) {
    return as_index(member.key()).has_value();
  });
}

std::vector<const json::key_value_pair*> members(const json::object& object) {
  std::vector<const json::key_value_pair*> ordered;
  ordered.reserve(object.size());
  std::vector<std::pair<std::uint32_t, const json::key_value_pair*>> indices;
  for (const json::key_value_pair& member : object) {
    if (const auto index = as_index(member.key()))
      indices.emplace_back(*index, &member);
    else
      ordered.push_back(&member);
  }
  std::sort(indices.begin(), indices.end());
  std::vector<const json::key_value_pair*> first;
  first.reserve(indices.size());
  for (const auto& [index, member] : indices)
    first.push_back(member);
  ordered.insert(ordered.begin(), first.begin(), first.end());
  return ordered;
}

const char* type_name(const json::value* value) noexcept {
  if (value == nullptr)
    return "undefined";
  switch (value->kind()) {
  case json::kind::null: return "null";
  case json::kind::bool_: return "boolean";
  case json::kind::string: return "string";
  case json::kind::array: return "array";
  case json::kind::object: return "object";
  default: return "number";
  }
}

} // namespace millrace::flows::js

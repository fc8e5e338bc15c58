// SPDX-License-Identifier: Apache-2.0
#include "item_values.hpp"

#include <boost/multiprecision/cpp_int.hpp>

#include <algorithm>
#include <charconv>

namespace millrace::services {
namespace {

using boost::multiprecision::cpp_int;

constexpr std::size_t number_digits_max = 38;
constexpr int exponent_max = 126;  // of numbers below 10^126
constexpr int exponent_min = -129; // of numbers from 10^-130

// digits * 10^exponent, without zeros at the end of the digits; zero has none.
struct decimal {
  bool is_negative = false;
  std::string digits;
  int exponent = 0;

  // Of the digit before the first: 0.1 has 0, 1 has 1, 10 has 2.
  [[nodiscard]] int magnitude() const { return static_cast<int>(digits.size()) + exponent; }
};

decimal normalized(bool is_negative, std::string digits, int exponent) {
  const std::size_t first = digits.find_first_not_of('0');
  if (first == std::string::npos)
    return {};
  digits.erase(0, first);
  while (digits.back() == '0') {
    digits.pop_back();
    ++exponent;
  }
  return {is_negative, std::move(digits), exponent};
}

// `text`: a JSON number.
decimal parse_decimal(std::string_view text) {
  const bool is_negative = !text.empty() && text.front() == '-';
  if (is_negative)
    text.remove_prefix(1);
  int exponent = 0;
  if (const std::size_t e = text.find_first_of("eE"); e != std::string_view::npos) {
    std::string_view given = text.substr(e + 1);
    if (!given.empty() && given.front() == '+')
      given.remove_prefix(1);
    std::from_chars(given.data(), given.data() + given.size(), exponent);
    text = text.substr(0, e);
  }
  std::string digits(text);
  if (const std::size_t point = digits.find('.'); point != std::string::npos) {
    exponent -= static_cast<int>(digits.size() - point - 1);
    digits.erase(point, 1);
  }
  return normalized(is_negative, std::move(digits), exponent);
}

std::string to_text(const decimal& number) {
  if (number.digits.empty())
    return "0";
  std::string text = number.digits;
  const int magnitude = number.magnitude();
  if (number.exponent >= 0)
    text.append(static_cast<std::size_t>(number.exponent), '0');
  else if (magnitude > 0)
    text.insert(static_cast<std::size_t>(magnitude), 1, '.');
  else
    text.insert(0, "0." + std::string(static_cast<std::size_t>(-magnitude), '0'));
  return number.is_negative ? '-' + text : text;
}

// The number in units of 10^exponent.
cpp_int scaled(const decimal& number, int exponent) {
  if (number.digits.empty())
    return 0;
  cpp_int value(number.digits +
                std::string(static_cast<std::size_t>(number.exponent - exponent), '0'));
  return number.is_negative ? -value : value;
}

std::strong_ordering compare(const decimal& left, const decimal& right) {
  const int exponent = std::min(left.exponent, right.exponent);
  const int order = scaled(left, exponent).compare(scaled(right, exponent));
  return order <=> 0;
}

item_result<json::value> number_attribute(const decimal& number) {
  if (number.digits.size() > number_digits_max)
    return validation_error("Attempting to store more than 38 significant digits in a Number");
  if (!number.digits.empty() && number.magnitude() > exponent_max)
    return validation_error("Number overflow. Attempting to store a number with magnitude larger "
                            "than supported range");
  if (!number.digits.empty() && number.magnitude() < exponent_min)
    return validation_error("Number underflow. Attempting to store a number with magnitude smaller "
                            "than supported range");
  return json::value(json::object{{"N", to_text(number)}});
}

std::size_t size_of_value(const json::value& attribute) {
  const std::string_view type = type_of(attribute);
  const json::value& content = content_of(attribute);
  if (type == "S")
    return content.get_string().size();
  if (type == "N") {
    const decimal number = parse_decimal(content.get_string());
    return (number.digits.size() + 1) / 2 + 1 + (number.is_negative ? 1 : 0);
  }
  constexpr std::size_t of_container = 3;
  if (type == "L") {
    std::size_t size = of_container;
    for (const json::value& each : content.get_array())
      size += 1 + size_of_value(each);
    return size;
  }
  if (type == "M")
    return of_container + content.get_object().size() + size_of(content.get_object());
  return 1;
}

} // namespace

step_error validation_error(std::string message) {
  return {"ValidationException", std::move(message)};
}

item_result<json::value> to_attribute(const json::value& plain) {
  switch (plain.kind()) {
  case json::kind::null: return json::value(json::object{{"NULL", true}});
  case json::kind::bool_: return json::value(json::object{{"BOOL", plain}});
  case json::kind::string: return json::value(json::object{{"S", plain}});
  case json::kind::array: {
    json::array all;
    for (const json::value& each : plain.get_array()) {
      auto element = to_attribute(each);
      if (!element)
        return element.error();
      all.push_back(std::move(*element));
    }
    return json::value(json::object{{"L", std::move(all)}});
  }
  case json::kind::object: {
    auto members = to_attributes(plain.get_object());
    if (!members)
      return members.error();
    return json::value(json::object{{"M", std::move(*members)}});
  }
  default: return number_attribute(parse_decimal(stringify(plain)));
  }
}

item_result<json::object> to_attributes(const json::object& plain) {
  json::object all;
  for (const auto& member : plain) {
    auto value = to_attribute(member.value());
    if (!value)
      return value.error();
    all[member.key()] = std::move(*value);
  }
  return all;
}

json::value to_plain(const json::value& attribute) {
  const std::string_view type = type_of(attribute);
  const json::value& content = content_of(attribute);
  if (type == "NULL")
    return nullptr;
  if (type == "N")
    return parse_json(content.get_string(), "number").value();
  if (type == "M")
    return to_plain(content.get_object());
  if (type != "L")
    return content;
  json::array all;
  for (const json::value& each : content.get_array())
    all.push_back(to_plain(each));
  return all;
}

json::object to_plain(const json::object& attributes) {
  json::object all;
  for (const auto& member : attributes)
    all[member.key()] = to_plain(member.value());
  return all;
}

std::string_view type_of(const json::value& attribute) {
  return attribute.get_object().begin()->key();
}

const json::value& content_of(const json::value& attribute) {
  return attribute.get_object().begin()->value();
}

std::string_view text_of(const json::value& attribute) {
  return content_of(attribute).get_string();
}

bool are_equal(const json::value& left, const json::value& right) {
  // Numbers are written in one way only, so that equal ones have equal texts.
  return left == right;
}

std::optional<std::strong_ordering> order_of(const json::value& left, const json::value& right) {
  const std::string_view type = type_of(left);
  if (type != type_of(right))
    return std::nullopt;
  if (type == "N")
    return compare(parse_decimal(text_of(left)), parse_decimal(text_of(right)));
  if (type == "S")
    return text_of(left) <=> text_of(right);
  return std::nullopt;
}

item_result<json::value> sum_of(const json::value& left, const json::value& right, bool subtracts) {
  const decimal a = parse_decimal(text_of(left));
  const decimal b = parse_decimal(text_of(right));
  const int exponent = std::min(a.exponent, b.exponent);
  const cpp_int sum = subtracts ? scaled(a, exponent) - scaled(b, exponent)
                                : scaled(a, exponent) + scaled(b, exponent);
  const cpp_int magnitude = abs(sum);
  return number_attribute(normalized(sum < 0, magnitude.str(), exponent));
}

std::size_t size_of(const json::object& attributes) {
  std::size_t size = 0;
  for (const auto& member : attributes)
    size += member.key().size() + size_of_value(member.value());
  return size;
}

std::optional<std::string> sortable(const json::value& attribute) {
  const std::string_view type = type_of(attribute);
  if (type == "S")
    return 'S' + std::string(text_of(attribute));
  if (type != "N")
    return std::nullopt;
  const decimal number = parse_decimal(text_of(attribute));
  if (number.digits.empty())
    return "N1";
  // Sign, then magnitude with as many digits always, then digits; all turned around below zero,
  // where more digits mean less.
  constexpr int offset = 500;
  std::string text = std::to_string(offset + number.magnitude()) + number.digits;
  if (!number.is_negative)
    return "N2" + text;
  for (char& digit : text)
    digit = static_cast<char>('0' + '9' - digit);
  return "N0" + text + '~';
}

} // namespace millrace::services

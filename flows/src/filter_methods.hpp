// SPDX-License-Identifier: Apache-2.0
//
// What the files of the filter methods share: a call with JavaScript's coercions of its arguments,
// the forms of its answer, and the tables by kind of value. Positions are UTF-16 units.
#pragma once

#include "filter_program.hpp"
#include "utf8.hpp"

#include <millrace/js.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace millrace::flows::detail::methods {

/// One call: its arguments with JavaScript's coercions, and what it may cost.
struct call {
  const operand& object;
  const std::vector<operand>& arguments;
  work_budget& budget;

  [[nodiscard]] bool has(std::size_t i) const {
    return i < arguments.size() &&
           (arguments[i].what != operand::kind::value || !arguments[i].value.is_undefined());
  }
  [[nodiscard]] std::string text(std::size_t i) const {
    return i < arguments.size() ? text_of(arguments[i]) : "undefined";
  }
  /// ToIntegerOrInfinity, or `otherwise` for an argument that is not given.
  [[nodiscard]] double integer(std::size_t i, double otherwise) const {
    if (!has(i))
      return otherwise;
    const double value = js::to_number(arguments[i].value.get());
    return std::isnan(value) ? 0 : std::trunc(value);
  }
  [[nodiscard]] const json::value* value(std::size_t i) const {
    return i < arguments.size() ? arguments[i].value.get() : nullptr;
  }
  [[nodiscard]] const regex* pattern(std::size_t i) const {
    return i < arguments.size() ? arguments[i].pattern : nullptr;
  }
  [[nodiscard]] const json::array& array() const { return object.value.get()->get_array(); }
  [[nodiscard]] std::string_view string() const { return object.value.get()->get_string(); }
  [[nodiscard]] spend_function spend() const {
    return [this](std::uint64_t units) { return budget.spend(units); };
  }
};

using answer = result<operand>;

inline answer give(json::value value) {
  operand out;
  out.value = resolved(std::move(value));
  return out;
}

inline answer give_text(std::string_view text) {
  return give(json::value(text));
}

inline answer give_number(double value) {
  return give(number(value));
}

inline answer nothing() {
  return operand{};
}

inline answer refuse(std::string what) {
  return error(errc::invalid_syntax, std::move(what));
}

/// A position counted from the end when negative, within 0 and `length`.
inline double relative(double position, double length) {
  return position < 0 ? std::max(0.0, position + length) : std::min(position, length);
}

inline double units_of(std::string_view text) {
  return static_cast<double>(js::utf16_length(text));
}

/// The units from `from` to `to`.
inline std::string_view units(std::string_view text, double from, double to) {
  if (!(from < to))
    return {};
  const std::size_t begin = utf8::offset_of_unit(text, static_cast<std::size_t>(from));
  const std::size_t end = utf8::offset_of_unit(text, static_cast<std::size_t>(to));
  return text.substr(begin, end - begin);
}

/// The unit at which byte `offset` stands.
inline double unit_at_offset(std::string_view text, std::size_t offset) {
  return units_of(text.substr(0, offset));
}

/// A method by name.
struct method {
  std::string_view name;
  answer (*run)(const call&);
};

/// The method `name` of a table, or null.
template <std::size_t Count>
const method* find_in(const std::array<method, Count>& methods, std::string_view name) {
  const auto found = std::find_if(methods.begin(), methods.end(),
                                  [&](const method& each) { return each.name == name; });
  return found == methods.end() ? nullptr : &*found;
}

/// The methods of texts that work with patterns: replace, replaceAll, match and search.
answer replace(const call& c);
answer replace_all(const call& c);
answer match(const call& c);
answer search(const call& c);
/// hasOwnProperty of any value.
answer has_own(const call& c);

/// The methods of texts, and of regular expressions.
[[nodiscard]] const method* find_text_method(std::string_view name) noexcept;
[[nodiscard]] const method* find_pattern_method(std::string_view name) noexcept;

} // namespace millrace::flows::detail::methods

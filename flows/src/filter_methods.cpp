// SPDX-License-Identifier: Apache-2.0
//
// The methods that filter expressions can call: those of JavaScript's texts, numbers, booleans,
// arrays, objects and regular expressions that need no function and change nothing.
#include "filter_methods.hpp"

#include <cstdio>

namespace millrace::flows::detail {

namespace methods {

answer has_own(const call& c) {
  const json::value& value = *c.object.value.get();
  const std::string key = c.text(0);
  if (value.is_object())
    return give(value.get_object().contains(key));
  const auto index = js::as_index(key);
  if (value.is_array())
    return give(key == "length" || (index && *index < value.get_array().size()));
  return give(value.is_string() &&
              (key == "length" || (index && *index < js::utf16_length(c.string()))));
}

namespace {

/// Whether element `i` is `wanted`, by ===.
bool is_element(const call& c, std::size_t i, const json::value* wanted) {
  const auto& undefined_at = c.object.undefined_at;
  const bool is_undefined = std::binary_search(undefined_at.begin(), undefined_at.end(), i);
  return js::strictly_equal(is_undefined ? nullptr : &c.array()[i], wanted);
}

/// Pays for comparing every element with argument 0, of which a long text is read each time.
bool pay_for_search(const call& c) {
  constexpr std::size_t bytes_per_unit = 64;
  const json::value* const wanted = c.value(0);
  const std::size_t bytes = wanted && wanted->is_string() ? wanted->get_string().size() : 0;
  return c.budget.spend(c.array().size() * (1 + bytes / bytes_per_unit));
}

/// The place of the first element that is argument 0, from argument 1 on.
result<std::optional<std::size_t>> find_element(const call& c) {
  if (!pay_for_search(c))
    return work_limit_error();
  const double from = relative(c.integer(1, 0), static_cast<double>(c.array().size()));
  for (auto i = static_cast<std::size_t>(from); i < c.array().size(); ++i)
    if (is_element(c, i, c.value(0)))
      return std::optional<std::size_t>(i);
  return std::optional<std::size_t>();
}

answer array_includes(const call& c) {
  const auto found = find_element(c);
  if (!found)
    return found.error();
  return give(found->has_value());
}

answer array_index_of(const call& c) {
  const auto found = find_element(c);
  if (!found)
    return found.error();
  return give_number(*found ? static_cast<double>(**found) : -1);
}

answer array_last_index_of(const call& c) {
  if (!pay_for_search(c))
    return work_limit_error();
  for (std::size_t i = c.array().size(); i-- > 0;)
    if (js::strictly_equal(&c.array()[i], c.value(0)))
      return give_number(static_cast<double>(i));
  return give(-1);
}

answer join(const call& c) {
  const std::string separator = c.has(0) ? c.text(0) : ",";
  if (!c.budget.spend_copy(*c.object.value.get()) ||
      !c.budget.spend_text(separator.size() * c.array().size()))
    return work_limit_error();
  std::string out;
  for (std::size_t i = 0; i < c.array().size(); ++i) {
    if (i > 0)
      out += separator;
    if (!c.array()[i].is_null())
      out += js::to_string(&c.array()[i]);
  }
  return give_text(out);
}

answer slice_array(const call& c) {
  const auto length = static_cast<double>(c.array().size());
  const auto from = static_cast<std::size_t>(relative(c.integer(0, 0), length));
  const auto to = static_cast<std::size_t>(relative(c.integer(1, length), length));
  json::array out;
  for (std::size_t i = from; i < to; ++i) {
    if (!c.budget.spend_copy(c.array()[i]))
      return work_limit_error();
    out.push_back(c.array()[i]);
  }
  return give(std::move(out));
}

answer concat_array(const call& c) {
  // Arrays among the arguments have been paid for, objects have not.
  if (!c.budget.spend_copy(*c.object.value.get()))
    return work_limit_error();
  json::array out = c.array();
  for (std::size_t i = 0; i < c.arguments.size(); ++i) {
    const json::value* const each = c.value(i);
    if (each && each->is_object() && !c.budget.spend_copy(*each))
      return work_limit_error();
    if (each && each->is_array())
      out.insert(out.end(), each->get_array().begin(), each->get_array().end());
    else
      out.push_back(each ? *each : json::value(nullptr));
  }
  return give(std::move(out));
}

answer array_at(const call& c) {
  const auto length = static_cast<double>(c.array().size());
  const double at = c.integer(0, 0) < 0 ? c.integer(0, 0) + length : c.integer(0, 0);
  if (at < 0 || at >= length)
    return nothing();
  const json::value& element = c.array()[static_cast<std::size_t>(at)];
  if (!c.budget.spend_copy(element))
    return work_limit_error();
  return give(element);
}

answer refuse_change(const call&) {
  return refuse("methods that change an array are not supported");
}

// ---- everything else ----------------------------------------------------------------------------

answer any_to_string(const call& c) {
  if (!c.budget.spend_read(c.object.value.get()))
    return work_limit_error();
  return give_text(text_of(c.object));
}

answer any_value_of(const call& c) {
  if (!c.budget.spend_copy(*c.object.value.get()))
    return work_limit_error();
  return give(*c.object.value.get());
}

answer to_fixed(const call& c) {
  constexpr double digits_max = 100;
  constexpr double plain_max = 1e21;
  const double digits = c.integer(0, 0);
  const double value = js::to_number(c.object.value.get());
  if (digits < 0 || digits > digits_max)
    return refuse("toFixed takes 0 to 100 digits");
  if (!(std::fabs(value) < plain_max))
    return give_text(js::to_string(value));
  std::array<char, 160> buffer;
  std::snprintf(buffer.data(), buffer.size(), "%.*f", static_cast<int>(digits), value);
  const std::string_view text(buffer.data());
  // JavaScript keeps the sign of a rounded -0.004 but not of -0.
  return give_text(value == 0 && text.front() == '-' ? text.substr(1) : text);
}

answer number_to_string(const call& c) {
  constexpr double radix_max = 36;
  const double radix = c.integer(0, 10);
  double value = js::to_number(c.object.value.get());
  if (radix < 2 || radix > radix_max)
    return refuse("the radix of toString is 2 to 36");
  if (radix == 10 || !std::isfinite(value))
    return give_text(js::to_string(value));
  if (value != std::trunc(value) || std::fabs(value) > 9007199254740991.0)
    return refuse("toString with a radix is supported for whole numbers only");
  std::string digits;
  const bool negative = value < 0;
  for (value = std::fabs(value); value >= 1; value = std::floor(value / radix))
    digits +=
        "0123456789abcdefghijklmnopqrstuvwxyz"[static_cast<std::size_t>(std::fmod(value, radix))];
  if (digits.empty())
    digits = "0";
  if (negative)
    digits += '-';
  std::reverse(digits.begin(), digits.end());
  return give_text(digits);
}

constexpr std::array array_methods{method{"includes", array_includes},
                                   method{"indexOf", array_index_of},
                                   method{"lastIndexOf", array_last_index_of},
                                   method{"join", join},
                                   method{"slice", slice_array},
                                   method{"concat", concat_array},
                                   method{"at", array_at},
                                   method{"toString", any_to_string},
                                   method{"valueOf", any_value_of},
                                   method{"hasOwnProperty", has_own},
                                   method{"push", refuse_change},
                                   method{"pop", refuse_change},
                                   method{"shift", refuse_change},
                                   method{"unshift", refuse_change},
                                   method{"reverse", refuse_change},
                                   method{"sort", refuse_change},
                                   method{"splice", refuse_change},
                                   method{"fill", refuse_change}};

constexpr std::array number_methods{
    method{"toFixed", to_fixed}, method{"toString", number_to_string},
    method{"valueOf", any_value_of}, method{"hasOwnProperty", has_own}};

constexpr std::array object_methods{method{"toString", any_to_string},
                                    method{"valueOf", any_value_of},
                                    method{"hasOwnProperty", has_own}};

const method* find_method(const operand& object, std::string_view name) noexcept {
  if (object.what == operand::kind::pattern)
    return find_pattern_method(name);
  const json::value* const value = object.value.get();
  if (object.what == operand::kind::method || value == nullptr || value->is_null())
    return nullptr;
  if (value->is_string())
    return find_text_method(name);
  if (value->is_array())
    return find_in(array_methods, name);
  if (value->is_number())
    return find_in(number_methods, name);
  return find_in(object_methods, name);
}

} // namespace

} // namespace methods

bool has_method(const operand& object, std::string_view name) noexcept {
  return methods::find_method(object, name) != nullptr;
}

result<operand> call_method(const operand& object, std::string_view name,
                            const std::vector<operand>& arguments, work_budget& budget) {
  // An own member of that name hides the method, and no own member can be called.
  const json::value* const value = object.value.get();
  const bool is_hidden = value && value->is_object() && value->get_object().contains(name);
  const methods::method* const found = is_hidden ? nullptr : methods::find_method(object, name);
  if (found == nullptr)
    return error(errc::invalid_syntax, "there is no method '" + std::string(name) + "'");
  if (value && value->is_string() && !budget.spend_read(value)) // every method reads the text
    return work_limit_error();
  return found->run(methods::call{object, arguments, budget});
}

std::string text_of(const operand& value) {
  switch (value.what) {
  case operand::kind::method: return "function () { [native code] }";
  case operand::kind::pattern: return "/" + value.pattern->pattern() + "/" + value.pattern->flags();
  default: return js::to_string(value.value.get());
  }
}

} // namespace millrace::flows::detail

// SPDX-License-Identifier: Apache-2.0
//
// The methods that filter expressions can call: those of JavaScript's texts, numbers, booleans,
// arrays, objects and regular expressions that need no function and change nothing. Positions are
// UTF-16 units.
#include "filter_program.hpp"
#include "utf8.hpp"

#include <millrace/js.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

namespace millrace::flows::detail {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

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

answer give(json::value value) {
  operand out;
  out.value = resolved(std::move(value));
  return out;
}

answer give_text(std::string_view text) {
  return give(json::value(text));
}

answer give_number(double value) {
  return give(number(value));
}

answer nothing() {
  return operand{};
}

answer refuse(std::string what) {
  return error(errc::invalid_syntax, std::move(what));
}

/// A position counted from the end when negative, within 0 and `length`.
double relative(double position, double length) {
  return position < 0 ? std::max(0.0, position + length) : std::min(position, length);
}

double units_of(std::string_view text) {
  return static_cast<double>(js::utf16_length(text));
}

/// The units from `from` to `to`.
std::string_view units(std::string_view text, double from, double to) {
  if (!(from < to))
    return {};
  const std::size_t begin = utf8::offset_of_unit(text, static_cast<std::size_t>(from));
  const std::size_t end = utf8::offset_of_unit(text, static_cast<std::size_t>(to));
  return text.substr(begin, end - begin);
}

/// The unit at which byte `offset` stands.
double unit_at_offset(std::string_view text, std::size_t offset) {
  return units_of(text.substr(0, offset));
}

std::string map_characters(std::string_view text, std::uint32_t (*change)(std::uint32_t) noexcept) {
  std::string out;
  for (std::size_t position = 0; position < text.size();)
    utf8::append(out, change(utf8::next(text, position)));
  return out;
}

// ---- texts --------------------------------------------------------------------------------------

answer starts_with(const call& c) {
  if (c.pattern(0))
    return refuse("startsWith takes no regular expression");
  const double from = relative(std::max(0.0, c.integer(1, 0)), units_of(c.string()));
  const std::string_view rest = units(c.string(), from, units_of(c.string()));
  const std::string start = c.text(0);
  return give(rest.substr(0, start.size()) == start);
}

answer ends_with(const call& c) {
  if (c.pattern(0))
    return refuse("endsWith takes no regular expression");
  const double to = std::clamp(c.integer(1, infinity), 0.0, units_of(c.string()));
  const std::string_view part = units(c.string(), 0, to);
  const std::string end = c.text(0);
  return give(part.size() >= end.size() && part.substr(part.size() - end.size()) == end);
}

answer includes(const call& c) {
  if (c.pattern(0))
    return refuse("includes takes no regular expression");
  const double from = std::clamp(c.integer(1, 0), 0.0, units_of(c.string()));
  return give(units(c.string(), from, units_of(c.string())).find(c.text(0)) !=
                  std::string_view::npos ||
              c.text(0).empty());
}

answer index_of(const call& c) {
  const std::string_view text = c.string();
  const double from = std::clamp(c.integer(1, 0), 0.0, units_of(text));
  const std::size_t found =
      text.find(c.text(0), utf8::offset_of_unit(text, static_cast<std::size_t>(from)));
  return give_number(found == std::string_view::npos ? -1 : unit_at_offset(text, found));
}

answer last_index_of(const call& c) {
  const std::string_view text = c.string();
  const double position = c.has(1) ? js::to_number(c.value(1)) : infinity;
  const double from =
      std::isnan(position) ? units_of(text) : std::clamp(std::trunc(position), 0.0, units_of(text));
  const std::size_t found =
      text.rfind(c.text(0), utf8::offset_of_unit(text, static_cast<std::size_t>(from)));
  return give_number(found == std::string_view::npos ? -1 : unit_at_offset(text, found));
}

answer slice_text(const call& c) {
  const double length = units_of(c.string());
  return give_text(
      units(c.string(), relative(c.integer(0, 0), length), relative(c.integer(1, length), length)));
}

answer substring(const call& c) {
  const double length = units_of(c.string());
  const double a = std::clamp(c.integer(0, 0), 0.0, length);
  const double b = std::clamp(c.integer(1, length), 0.0, length);
  return give_text(units(c.string(), std::min(a, b), std::max(a, b)));
}

answer substr(const call& c) {
  const double length = units_of(c.string());
  const double from = relative(c.integer(0, 0), length);
  return give_text(units(c.string(), from, std::min(from + c.integer(1, length), length)));
}

answer char_at(const call& c) {
  const double at = c.integer(0, 0);
  if (at < 0 || at >= units_of(c.string()))
    return give_text("");
  return give_text(utf8::unit_at(c.string(), static_cast<std::size_t>(at)));
}

answer char_code_at(const call& c) {
  const double at = c.integer(0, 0);
  if (at < 0 || at >= units_of(c.string()))
    return give_number(std::nan(""));
  const auto unit = static_cast<std::size_t>(at);
  std::size_t offset = utf8::offset_of_unit(c.string(), unit);
  const bool is_second_half = unit > 0 && offset == utf8::offset_of_unit(c.string(), unit + 1);
  if (is_second_half)
    offset = utf8::offset_of_unit(c.string(), unit - 1);
  const std::uint32_t point = utf8::next(c.string(), offset);
  if (point < 0x10000)
    return give_number(point);
  return give_number(is_second_half ? 0xDC00 + ((point - 0x10000) & 0x3FF)
                                    : 0xD800 + ((point - 0x10000) >> 10));
}

answer text_at(const call& c) {
  const double length = units_of(c.string());
  const double at = c.integer(0, 0) < 0 ? c.integer(0, 0) + length : c.integer(0, 0);
  if (at < 0 || at >= length)
    return nothing();
  return give_text(utf8::unit_at(c.string(), static_cast<std::size_t>(at)));
}

answer lower_case(const call& c) {
  return give_text(map_characters(c.string(), to_lower));
}
answer upper_case(const call& c) {
  return give_text(map_characters(c.string(), to_upper));
}
answer trim_both(const call& c) {
  return give_text(js::trim(c.string()));
}
answer trim_begin(const call& c) {
  return give_text(js::trim_start(c.string()));
}
answer trim_end(const call& c) {
  return give_text(js::trim_end(c.string()));
}

answer concat_text(const call& c) {
  std::string out(c.string());
  for (std::size_t i = 0; i < c.arguments.size(); ++i)
    out += c.text(i);
  return give_text(out);
}

/// `text` `times` times, unless that is too large.
result<std::string> repeated(const call& c, std::string_view text, double times) {
  const double bytes = times * static_cast<double>(text.size());
  if (bytes > static_cast<double>(limits().rendered_bytes_max) ||
      !c.budget.spend(static_cast<std::uint64_t>(bytes)))
    return work_limit_error();
  std::string out;
  for (double i = 0; i < times && !text.empty(); ++i)
    out += text;
  return out;
}

answer repeat(const call& c) {
  const double times = c.integer(0, 0);
  if (times < 0 || std::isinf(times))
    return refuse("the count of repeat is not usable");
  auto text = repeated(c, c.string(), times);
  if (!text)
    return text.error();
  return give_text(*text);
}

answer pad(const call& c, bool at_start) {
  const double missing = c.integer(0, 0) - units_of(c.string());
  const std::string filler = c.has(1) ? c.text(1) : " ";
  if (missing <= 0 || filler.empty())
    return give_text(c.string());
  auto text = repeated(c, filler, std::ceil(missing / units_of(filler)));
  if (!text)
    return text.error();
  const std::string padding(units(*text, 0, missing));
  const std::string whole(c.string());
  return give_text(at_start ? padding + whole : whole + padding);
}

answer pad_start(const call& c) {
  return pad(c, true);
}
answer pad_end(const call& c) {
  return pad(c, false);
}

answer split(const call& c) {
  if (c.pattern(0))
    return refuse("split by a regular expression is not supported");
  const std::string_view text = c.string();
  json::array parts;
  const double most = c.integer(1, 4294967295.0);
  const auto add = [&](std::string_view part) {
    if (static_cast<double>(parts.size()) < most)
      parts.emplace_back(part);
  };
  if (!c.budget.spend(text.size()))
    return work_limit_error();
  const std::string separator = c.text(0);
  if (!c.has(0)) {
    add(text);
  } else if (separator.empty()) {
    for (double i = 0; i < units_of(text); ++i)
      add(utf8::unit_at(text, static_cast<std::size_t>(i)));
  } else {
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find(separator, begin), text.size());
      add(text.substr(begin, end - begin));
      begin = end == text.size() ? text.size() + 1 : end + separator.size();
      if (begin == text.size())
        add("");
      if (begin == text.size())
        break;
    }
  }
  return give(std::move(parts));
}

/// Expands `$&` and `$1` in a replacement.
std::string expanded(std::string_view replacement, std::string_view text,
                     const std::vector<regex::group>& groups) {
  std::string out;
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    const char next = i + 1 < replacement.size() ? replacement[i + 1] : '\0';
    const std::size_t number = next == '&' ? 0 : static_cast<std::size_t>(next - '0');
    if (replacement[i] != '$' || !(next == '$' || next == '&' || (next >= '1' && next <= '9')) ||
        (next != '$' && number >= groups.size())) {
      out += replacement[i];
      continue;
    }
    ++i;
    if (next == '$')
      out += '$';
    else if (groups[number])
      out += text.substr(groups[number]->first, groups[number]->second - groups[number]->first);
  }
  return out;
}

/// The next match of argument 0, a pattern or a text, at or behind `from`.
result<std::vector<regex::group>> next_match(const call& c, std::size_t from) {
  if (const regex* const pattern = c.pattern(0))
    return pattern->search(c.string(), from, c.spend());
  const std::string wanted = c.text(0);
  const std::size_t found = c.string().find(wanted, from);
  if (found == std::string_view::npos)
    return std::vector<regex::group>{};
  return std::vector<regex::group>{regex::group({found, found + wanted.size()})};
}

answer replace_matches(const call& c, bool all) {
  const std::string_view text = c.string();
  const std::string replacement = c.text(1);
  std::string out;
  std::size_t copied = 0;
  std::size_t from = 0;
  while (from <= text.size()) {
    auto groups = next_match(c, from);
    if (!groups)
      return groups.error();
    if (groups->empty())
      break;
    const auto [begin, end] = *groups->front();
    out.append(text.substr(copied, begin - copied)).append(expanded(replacement, text, *groups));
    copied = end;
    from = end;
    if (begin == end && from < text.size())
      static_cast<void>(utf8::next(text, from));
    else if (begin == end)
      ++from;
    if (!c.budget.spend(out.size() / 16 + 1))
      return work_limit_error();
    if (!all)
      break;
  }
  return give_text(out.append(text.substr(copied)));
}

answer replace(const call& c) {
  return replace_matches(c, c.pattern(0) && c.pattern(0)->is_global());
}
answer replace_all(const call& c) {
  return replace_matches(c, true);
}

/// The texts of a match's groups, as exec and match give them.
json::array group_texts(std::string_view text, const std::vector<regex::group>& groups) {
  json::array out;
  for (const regex::group& each : groups)
    out.push_back(each ? json::value(text.substr(each->first, each->second - each->first))
                       : json::value(nullptr));
  return out;
}

answer match_text(const call& c, const regex& pattern) {
  const std::string_view text = c.string();
  json::array all;
  for (std::size_t from = 0; from <= text.size();) {
    auto groups = pattern.search(text, from, c.spend());
    if (!groups)
      return groups.error();
    if (groups->empty())
      break;
    if (!pattern.is_global())
      return give(group_texts(text, *groups));
    const auto [begin, end] = *groups->front();
    all.emplace_back(text.substr(begin, end - begin));
    from = end;
    if (begin == end && from < text.size())
      static_cast<void>(utf8::next(text, from));
    else if (begin == end)
      ++from;
  }
  return all.empty() ? give(nullptr) : give(std::move(all));
}

/// The argument as a pattern; a text is compiled.
answer with_pattern(const call& c, answer (*use)(const call&, const regex&)) {
  if (const regex* const pattern = c.pattern(0))
    return use(c, *pattern);
  auto compiled = regex::compile(c.has(0) ? c.text(0) : "(?:)", "");
  if (!compiled)
    return compiled.error();
  return use(c, *compiled);
}

answer search_text(const call& c, const regex& pattern) {
  auto groups = pattern.search(c.string(), 0, c.spend());
  if (!groups)
    return groups.error();
  return give_number(groups->empty() ? -1 : unit_at_offset(c.string(), groups->front()->first));
}

answer match(const call& c) {
  return with_pattern(c, match_text);
}
answer search(const call& c) {
  return with_pattern(c, search_text);
}
answer text_value(const call& c) {
  return give_text(c.string());
}

answer locale_compare(const call& c) {
  const std::string other = c.text(0);
  return give(js::compare_utf16(c.string(), other));
}

// ---- arrays -------------------------------------------------------------------------------------

/// Whether element `i` is `wanted`, by ===.
bool is_element(const call& c, std::size_t i, const json::value* wanted) {
  const auto& undefined_at = c.object.undefined_at;
  const bool is_undefined =
      std::find(undefined_at.begin(), undefined_at.end(), i) != undefined_at.end();
  return js::strictly_equal(is_undefined ? nullptr : &c.array()[i], wanted);
}

/// The place of the first element that is argument 0, from argument 1 on.
result<std::optional<std::size_t>> find_element(const call& c) {
  if (!c.budget.spend(c.array().size()))
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
  if (!c.budget.spend(c.array().size()))
    return work_limit_error();
  for (std::size_t i = c.array().size(); i-- > 0;)
    if (js::strictly_equal(&c.array()[i], c.value(0)))
      return give_number(static_cast<double>(i));
  return give(-1);
}

answer join(const call& c) {
  const std::string separator = c.has(0) ? c.text(0) : ",";
  std::string out;
  for (std::size_t i = 0; i < c.array().size(); ++i) {
    if (i > 0)
      out += separator;
    if (!c.array()[i].is_null())
      out += js::to_string(&c.array()[i]);
  }
  if (!c.budget.spend(out.size() / 16))
    return work_limit_error();
  return give_text(out);
}

answer slice_array(const call& c) {
  const auto length = static_cast<double>(c.array().size());
  const auto from = static_cast<std::size_t>(relative(c.integer(0, 0), length));
  const auto to = static_cast<std::size_t>(relative(c.integer(1, length), length));
  json::array out;
  for (std::size_t i = from; i < to; ++i)
    out.push_back(c.array()[i]);
  if (!c.budget.spend(out.size()))
    return work_limit_error();
  return give(std::move(out));
}

answer concat_array(const call& c) {
  json::array out = c.array();
  for (std::size_t i = 0; i < c.arguments.size(); ++i) {
    const json::value* const each = c.value(i);
    if (each && each->is_array())
      out.insert(out.end(), each->get_array().begin(), each->get_array().end());
    else
      out.push_back(each ? *each : json::value(nullptr));
  }
  if (!c.budget.spend(out.size()))
    return work_limit_error();
  return give(std::move(out));
}

answer array_at(const call& c) {
  const auto length = static_cast<double>(c.array().size());
  const double at = c.integer(0, 0) < 0 ? c.integer(0, 0) + length : c.integer(0, 0);
  if (at < 0 || at >= length)
    return nothing();
  return give(c.array()[static_cast<std::size_t>(at)]);
}

answer refuse_change(const call&) {
  return refuse("methods that change an array are not supported");
}

// ---- everything else ----------------------------------------------------------------------------

answer any_to_string(const call& c) {
  return give_text(text_of(c.object));
}

answer any_value_of(const call& c) {
  return give(*c.object.value.get());
}

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

answer pattern_test(const call& c) {
  auto groups = c.object.pattern->search(c.text(0), 0, c.spend());
  if (!groups)
    return groups.error();
  return give(!groups->empty());
}

answer pattern_exec(const call& c) {
  const std::string text = c.text(0);
  auto groups = c.object.pattern->search(text, 0, c.spend());
  if (!groups)
    return groups.error();
  return groups->empty() ? give(nullptr) : give(group_texts(text, *groups));
}

struct method {
  std::string_view name;
  answer (*run)(const call&);
};

constexpr std::array string_methods{method{"startsWith", starts_with},
                                    method{"endsWith", ends_with},
                                    method{"includes", includes},
                                    method{"indexOf", index_of},
                                    method{"lastIndexOf", last_index_of},
                                    method{"slice", slice_text},
                                    method{"substring", substring},
                                    method{"substr", substr},
                                    method{"charAt", char_at},
                                    method{"charCodeAt", char_code_at},
                                    method{"at", text_at},
                                    method{"toLowerCase", lower_case},
                                    method{"toUpperCase", upper_case},
                                    method{"toLocaleLowerCase", lower_case},
                                    method{"toLocaleUpperCase", upper_case},
                                    method{"trim", trim_both},
                                    method{"trimStart", trim_begin},
                                    method{"trimEnd", trim_end},
                                    method{"trimLeft", trim_begin},
                                    method{"trimRight", trim_end},
                                    method{"concat", concat_text},
                                    method{"repeat", repeat},
                                    method{"padStart", pad_start},
                                    method{"padEnd", pad_end},
                                    method{"split", split},
                                    method{"replace", replace},
                                    method{"replaceAll", replace_all},
                                    method{"match", match},
                                    method{"search", search},
                                    method{"localeCompare", locale_compare},
                                    method{"toString", text_value},
                                    method{"valueOf", text_value},
                                    method{"hasOwnProperty", has_own}};

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

constexpr std::array pattern_methods{method{"test", pattern_test}, method{"exec", pattern_exec}};

template <std::size_t Count>
const method* find_in(const std::array<method, Count>& methods, std::string_view name) {
  const auto found = std::find_if(methods.begin(), methods.end(),
                                  [&](const method& each) { return each.name == name; });
  return found == methods.end() ? nullptr : &*found;
}

const method* find_method(const operand& object, std::string_view name) noexcept {
  if (object.what == operand::kind::pattern)
    return find_in(pattern_methods, name);
  const json::value* const value = object.value.get();
  if (object.what == operand::kind::method || value == nullptr || value->is_null())
    return nullptr;
  if (value->is_string())
    return find_in(string_methods, name);
  if (value->is_array())
    return find_in(array_methods, name);
  if (value->is_number())
    return find_in(number_methods, name);
  return find_in(object_methods, name);
}

} // namespace

bool has_method(const operand& object, std::string_view name) noexcept {
  return find_method(object, name) != nullptr;
}

result<operand> call_method(const operand& object, std::string_view name,
                            const std::vector<operand>& arguments, work_budget& budget) {
  // An own member of that name hides the method, and no own member can be called.
  const json::value* const value = object.value.get();
  const bool is_hidden = value && value->is_object() && value->get_object().contains(name);
  const method* const found = is_hidden ? nullptr : find_method(object, name);
  if (found == nullptr)
    return error(errc::invalid_syntax, "there is no method '" + std::string(name) + "'");
  return found->run(call{object, arguments, budget});
}

std::string text_of(const operand& value) {
  switch (value.what) {
  case operand::kind::method: return "function () { [native code] }";
  case operand::kind::pattern: return "/" + value.pattern->pattern() + "/" + value.pattern->flags();
  default: return js::to_string(value.value.get());
  }
}

} // namespace millrace::flows::detail

// SPDX-License-Identifier: Apache-2.0
//
// The methods of texts that need no pattern.
#include "filter_methods.hpp"

#include <limits>

namespace millrace::flows::detail::methods {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::string map_characters(std::string_view text, std::uint32_t (*change)(std::uint32_t) noexcept) {
  std::string out;
  for (std::size_t position = 0; position < text.size();)
    utf8::append(out, change(utf8::next(text, position)));
  return out;
}

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
    for (std::size_t end = 0; end < text.size();) {
      const std::size_t begin = end;
      static_cast<void>(utf8::next(text, end));
      const std::string_view character = text.substr(begin, end - begin);
      for (std::size_t unit = 0; unit < js::utf16_length(character); ++unit)
        add(utf8::unit_at(character, unit));
    }
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

answer text_value(const call& c) {
  return give_text(c.string());
}

answer locale_compare(const call& c) {
  const std::string other = c.text(0);
  return give(js::compare_utf16(c.string(), other));
}

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

} // namespace

const method* find_text_method(std::string_view name) noexcept {
  return find_in(string_methods, name);
}

} // namespace millrace::flows::detail::methods

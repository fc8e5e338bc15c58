// SPDX-License-Identifier: Apache-2.0
#include "explore_values.hpp"

#include <millrace/js.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>

namespace millrace::simulation {
namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr std::string_view operator_characters = "=!<>";

std::vector<std::string_view> split(std::string_view text, std::string_view by) {
  std::vector<std::string_view> parts;
  for (std::size_t at = text.find(by); at != npos; at = text.find(by)) {
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + by.size());
  }
  parts.push_back(text);
  return parts;
}

// Behind the bracket that opens at `open`; the end where none closes it.
std::size_t behind_bracket(std::string_view text, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < text.size(); ++i) {
    depth += text[i] == '[';
    if (text[i] == ']' && --depth == 0)
      return i + 1;
  }
  return text.size();
}

/// A path as far as it was understood, and the filters in it.
struct read_path {
  value_path segments;
  bool is_length = false;
  std::vector<std::pair<value_path, std::string_view>> filters;
};

void read_bracket(std::string_view inside, read_path& out) {
  if (inside.starts_with("?(") && inside.ends_with(")")) {
    out.segments.emplace_back(any_element);
    out.filters.emplace_back(out.segments, inside.substr(2, inside.size() - 3));
  } else if (inside.size() > 1 && (inside.front() == '\'' || inside.front() == '"')) {
    out.segments.emplace_back(inside.substr(1, inside.size() - 2));
  } else if (inside.find(':') == npos) { // a slice is an array as its whole is
    out.segments.emplace_back(any_element);
  }
}

read_path read(std::string_view text) {
  read_path out;
  text = flows::js::trim(text);
  if (!text.empty() && (text.front() == '$' || text.front() == '@'))
    text.remove_prefix(1);
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '.') {
      ++i;
    } else if (text[i] == '[') {
      const std::size_t end = behind_bracket(text, i);
      read_bracket(text.substr(i + 1, end - i - std::min<std::size_t>(end - i, 2)), out);
      i = end;
    } else {
      const std::size_t end = std::min(text.find_first_of(".[", i), text.size());
      const std::string_view name = text.substr(i, end - i);
      out.segments.emplace_back(name == "*" ? any_element : name);
      i = end;
    }
  }
  if (!out.segments.empty() && out.segments.back() == "length") {
    out.segments.pop_back();
    out.is_length = true;
  }
  return out;
}

std::optional<json::value> literal(std::string_view text) {
  if (text.size() >= 2 && (text.front() == '\'' || text.front() == '"') &&
      text.back() == text.front())
    return json::value(text.substr(1, text.size() - 2));
  auto value = parse_json(text, "condition");
  if (!value || value->is_object() || value->is_array())
    return std::nullopt;
  return *value;
}

json::value other_than(const json::value& value) {
  if (value.is_bool())
    return !value.get_bool();
  if (value.is_string())
    return json::value("not " + std::string(value.get_string()));
  if (value.is_number())
    return number(flows::js::to_number(&value) + 1);
  return "something";
}

// One above, the same, one below: what a bound tells apart.
std::vector<json::value> around(const json::value& bound) {
  if (bound.is_string())
    return {json::value(std::string(bound.get_string()) + "~"), bound, json::value("")};
  const double at = flows::js::to_number(&bound);
  return {number(at + 1), number(at), number(at - 1)};
}

std::vector<json::value> told_apart(std::string_view comparison, const json::value& right) {
  std::vector<json::value> values;
  const bool is_equality = comparison.find_first_of("<>") == npos;
  if (is_equality)
    values = {right, other_than(right)};
  else
    values = around(right);
  if (comparison.front() == '!' || comparison.front() == '<')
    std::reverse(values.begin(), values.end());
  return values;
}

void add(std::vector<wanted_values>& all, const read_path& path, std::vector<json::value> values);

void add_part(std::vector<wanted_values>& all, std::string_view text, const value_path& below) {
  text = flows::js::trim(text);
  while (text.starts_with("("))
    text.remove_prefix(1);
  if (text.empty() || (text.front() != '$' && text.front() != '@'))
    return;
  std::size_t at = 0; // of the operator, outside brackets
  while (at < text.size() && operator_characters.find(text[at]) == npos)
    at = text[at] == '[' ? behind_bracket(text, at) : at + 1;
  const std::size_t end = std::min(text.find_first_not_of(operator_characters, at), text.size());
  read_path left = read(text.substr(0, at));
  left.segments.insert(left.segments.begin(), below.begin(), below.end());
  for (auto& filter : left.filters)
    filter.first.insert(filter.first.begin(), below.begin(), below.end());
  if (at >= text.size()) {
    if (left.is_length)
      return add(all, left, {1, 0});
    return add(all, left, {true, false});
  }
  const std::string_view comparison = text.substr(at, end - at);
  std::string_view right = flows::js::trim(text.substr(end));
  if (!right.empty() && right.front() == '$') {
    add(all, left, {2, 1});
    return add(all, read(right), {1, 2});
  }
  while (right.ends_with(")"))
    right.remove_suffix(1);
  if (const auto value = literal(flows::js::trim(right)))
    add(all, left, told_apart(comparison, *value));
  else
    add(all, left, {json::value("something"), json::value(nullptr)});
}

void add_condition(std::vector<wanted_values>& all, std::string_view text,
                   const value_path& below) {
  for (const std::string_view alternative : split(text, "||"))
    for (const std::string_view part : split(alternative, "&&"))
      add_part(all, part, below);
}

void add(std::vector<wanted_values>& all, const read_path& path, std::vector<json::value> values) {
  for (const auto& [below, filter] : path.filters)
    add_condition(all, filter, below);
  if (path.is_length)
    values.erase(std::remove_if(values.begin(), values.end(),
                                [](const json::value& each) {
                                  return !each.is_int64() || each.get_int64() < 0;
                                }),
                 values.end());
  if (!path.segments.empty())
    all.push_back({path.segments, path.is_length, std::move(values)});
}

bool is_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
}

void make_array(json::value& at, std::size_t length) {
  json::array made;
  made.resize(length, json::value("element"));
  at = std::move(made);
}

void put_below(json::value& at, const value_path& path, std::size_t i,
               const std::function<void(json::value&)>& set) {
  if (i == path.size())
    return set(at);
  if (path[i] == any_element) {
    if (!at.is_array())
      make_array(at, 1);
    for (json::value& each : at.get_array())
      put_below(each, path, i + 1, set);
    return;
  }
  if (!at.is_object())
    at = json::object();
  put_below(at.get_object()[path[i]], path, i + 1, set);
}

} // namespace

std::vector<wanted_values> values_of_condition(std::string_view text) {
  std::vector<wanted_values> all;
  add_condition(all, text, {});
  return all;
}

std::vector<wanted_values> values_at(std::string_view path, std::vector<json::value> values) {
  std::vector<wanted_values> all;
  add(all, read(path), std::move(values));
  return all;
}

std::vector<wanted_values> values_of_template(std::string_view text) {
  if (text.starts_with("$.") || text.starts_with("$["))
    return values_at(text, {});
  std::vector<wanted_values> all;
  for (std::size_t at = text.find("{{"); at != npos; at = text.find("{{", at)) {
    at = std::min(text.find_first_not_of("{ ", at), text.size());
    std::size_t end = at;
    while (end < text.size() && is_name(text[end]))
      ++end;
    const bool is_alone = flows::js::trim(text.substr(end)).starts_with("}}");
    if (end > at && is_alone)
      add(all, read(text.substr(at, end - at)), {});
  }
  return all;
}

value_path segments_of(std::string_view path) {
  read_path whole = read(path);
  if (whole.is_length)
    whole.segments.emplace_back("length");
  return std::move(whole.segments);
}

void put(json::value& root, const value_path& path, const json::value& value) {
  put_below(root, path, 0, [&](json::value& at) { at = value; });
}

void put_array(json::value& root, const value_path& path, std::size_t length) {
  put_below(root, path, 0, [&](json::value& at) { make_array(at, length); });
}

std::string describe(const value_path& path) {
  std::string text;
  for (const std::string& each : path) {
    if (!text.empty() && each != any_element)
      text += '.';
    text += each;
  }
  return text;
}

std::optional<value_path> rest_behind(const value_path& prefix, const value_path& path) {
  if (prefix.size() > path.size() || !std::equal(prefix.begin(), prefix.end(), path.begin()))
    return std::nullopt;
  return value_path(path.begin() + static_cast<std::ptrdiff_t>(prefix.size()), path.end());
}

value_path joined(value_path first, const value_path& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

} // namespace millrace::simulation

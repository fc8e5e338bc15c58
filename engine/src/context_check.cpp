// SPDX-License-Identifier: Apache-2.0
#include "context_check.hpp"

#include <millrace/names.hpp>
#include <millrace/path.hpp>

#include <vector>

namespace millrace::simulation {
namespace {

// Bytes of a value that a sentence shows; the trace and the JSON output have the rest.

std::optional<double> as_number(const json::value& value) noexcept {
  switch (value.kind()) {
  case json::kind::int64: return static_cast<double>(value.get_int64());
  case json::kind::uint64: return static_cast<double>(value.get_uint64());
  case json::kind::double_: return value.get_double();
  default: return std::nullopt;
  }
}

value_type type_of(const json::value& value) noexcept {
  switch (value.kind()) {
  case json::kind::null: return value_type::null;
  case json::kind::bool_: return value_type::boolean;
  case json::kind::string: return value_type::text;
  case json::kind::array: return value_type::array;
  case json::kind::object: return value_type::object;
  default: return value_type::number;
  }
}

std::optional<std::string> member_difference(const json::object& expected,
                                             const json::object& seen) {
  for (const json::key_value_pair& member : expected) {
    const std::string name = '.' + std::string(member.key());
    const json::value* other = seen.if_contains(member.key());
    if (other == nullptr)
      return name;
    if (auto deeper = first_difference(member.value(), *other))
      return name + *deeper;
  }
  for (const json::key_value_pair& member : seen)
    if (!expected.contains(member.key()))
      return '.' + std::string(member.key());
  return std::nullopt;
}

std::optional<std::string> element_difference(const json::array& expected,
                                              const json::array& seen) {
  for (std::size_t i = 0; i < expected.size() || i < seen.size(); ++i) {
    const std::string index = '[' + std::to_string(i) + ']';
    if (i >= expected.size() || i >= seen.size())
      return index;
    if (auto deeper = first_difference(expected[i], seen[i]))
      return index + *deeper;
  }
  return std::nullopt;
}

// The beginnings of a path, the shortest first, cut before each "." and "[" outside of brackets.
std::vector<std::string_view> beginnings(std::string_view path) {
  std::vector<std::string_view> found;
  int depth = 0;
  char quote = 0;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (quote != 0) {
      quote = c == quote ? '\0' : quote;
      continue;
    }
    if (depth == 0 && i > 0 && (c == '.' || c == '[') && path[i - 1] != '.')
      found.push_back(path.substr(0, i));
    if (c == '[' || c == '(')
      ++depth;
    else if (c == ']' || c == ')')
      --depth;
    else if (depth > 0 && (c == '\'' || c == '"'))
      quote = c;
  }
  return found;
}

std::string members_of(const json::value& value) {
  if (const json::array* elements = value.if_array())
    return "an array of " + std::to_string(elements->size());
  const json::object* members = value.if_object();
  if (members == nullptr)
    return shown(value);
  if (members->empty())
    return "an empty object";
  std::vector<std::string_view> names;
  for (const json::key_value_pair& member : *members)
    names.push_back(member.key());
  return "an object with " + flows::list_names(names);
}

// What there is on the way to a path that finds nothing.
std::string nearest(const json::object& context, std::string_view json_path) {
  const auto all = beginnings(json_path);
  const flows::scope visible(context);
  for (auto at = all.rbegin(); at != all.rend(); ++at) {
    if (*at == "$")
      break;
    const auto found = flows::path::compile(*at).evaluate(visible);
    if (found && !found->is_undefined())
      return std::string(*at) + " is " + members_of(*found->get());
  }
  return "the context is " + members_of(json::value(context));
}

// Looks a path up; what cannot be looked up is said in `problem`.
flows::resolved look_up(const flows::scope& visible, const std::string& json_path,
                        std::string& problem) {
  auto found = flows::path::compile(json_path).evaluate(visible);
  if (found)
    return std::move(*found);
  problem = "the path " + json_path + " cannot be looked up: " + found.error().message();
  return {};
}

std::string nothing_there(const json::object& context, const std::string& json_path,
                          const std::string& expected) {
  return json_path + ": expected " + expected + ", but nothing is there; " +
         nearest(context, json_path);
}

} // namespace

std::string wrong_path(std::string_view json_path) {
  if (json_path.empty() || json_path.front() != '$')
    return in_quotes(json_path) + " is no JSONPath into the context; it has to start with \"$.\"";
  const auto compiled = flows::path::compile(json_path);
  for (const error* reason : {compiled.problem(), compiled.doubt()})
    if (reason != nullptr)
      return in_quotes(json_path) + " is no JSONPath: " + reason->message();
  return {};
}

std::optional<std::string> first_difference(const json::value& expected, const json::value& seen) {
  if (type_of(expected) != type_of(seen))
    return "";
  if (const json::object* members = expected.if_object())
    return member_difference(*members, seen.get_object());
  if (const json::array* elements = expected.if_array())
    return element_difference(*elements, seen.get_array());
  const auto number = as_number(expected);
  const bool same = number ? number == as_number(seen) : expected == seen;
  return same ? std::nullopt : std::optional<std::string>("");
}

std::string miss_of_value(const json::object& context, const std::string& json_path,
                          const json::value& expected) {
  const flows::scope visible(context);
  std::string problem;
  const flows::resolved found = look_up(visible, json_path, problem);
  if (!problem.empty())
    return problem;
  if (found.is_undefined())
    return nothing_there(context, json_path, shown(expected));
  const auto where = first_difference(expected, *found.get());
  if (!where)
    return {};
  std::string text =
      json_path + ": expected " + shown(expected) + ", but it is " + shown(*found.get());
  if (!where->empty())
    text += "; they differ at " + json_path + *where;
  return text;
}

std::string miss_of_type(const json::object& context, const std::string& json_path,
                         value_type expected) {
  const flows::scope visible(context);
  std::string problem;
  const flows::resolved found = look_up(visible, json_path, problem);
  if (!problem.empty())
    return problem;
  const std::string wanted = std::string("a value of type ") + to_string(expected);
  if (found.is_undefined())
    return nothing_there(context, json_path, wanted);
  if (type_of(*found.get()) == expected)
    return {};
  return json_path + ": expected " + wanted + ", but it is " + shown(*found.get());
}

std::string miss_of_nothing(const json::object& context, const std::string& json_path) {
  const flows::scope visible(context);
  std::string problem;
  const flows::resolved found = look_up(visible, json_path, problem);
  if (!problem.empty() || found.is_undefined())
    return problem;
  return json_path + ": expected nothing, but it is " + shown(*found.get());
}

} // namespace millrace::simulation

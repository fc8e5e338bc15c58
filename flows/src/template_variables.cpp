// SPDX-License-Identifier: Apache-2.0
//
// Variables of templates: where each comes from and what it looks like there.
#include <millrace/js.hpp>
#include <millrace/step_fields.hpp>

#include <algorithm>
#include <string_view>

namespace millrace::flows {
namespace {

using format = template_variable::format;

format format_of(const json::object& item) {
  const json::value* given = item.if_contains("formatAs");
  const json::string* word = given ? given->if_string() : nullptr;
  if (word && *word == "JSON")
    return format::json;
  if (word && *word == "CUSTOM_STRING")
    return format::custom_string;
  return format::raw;
}

std::optional<std::string> text_of(const json::object& item, std::string_view name) {
  const json::value* given = item.if_contains(name);
  if (!given || !given->is_string())
    return std::nullopt;
  return std::string(given->get_string());
}

std::vector<std::string> texts_of(const json::object& item, std::string_view name) {
  std::vector<std::string> texts;
  const json::value* given = item.if_contains(name);
  if (!given || !given->is_array())
    return texts;
  for (const json::value& each : given->get_array())
    if (each.is_string())
      texts.emplace_back(each.get_string());
  return texts;
}

std::optional<template_variable> compile_item(std::string_view name, const json::value& value) {
  template_variable made;
  made.name = name;
  if (const json::string* source = value.if_string()) {
    made.source = path::compile(*source);
    return made;
  }
  const json::object* item = value.if_object();
  const auto source = item ? text_of(*item, "sourceJsonPath") : std::nullopt;
  if (!source)
    return std::nullopt;
  made.source = path::compile(*source);
  made.format_as = format_of(*item);
  made.select_fields = texts_of(*item, "selectFields");
  if (const auto text = text_of(*item, "itemTemplate"))
    made.item_template = text_template::compile(*text);
  if (const auto separator = text_of(*item, "joinSeparator"))
    made.separator = *separator;
  return made;
}

// A text that holds a JSON object or list counts as that where members are selected.
json::value decoded(json::value value) {
  const json::string* text = value.if_string();
  if (!text)
    return value;
  const std::string_view trimmed = js::trim(*text);
  const bool is_like_json =
      !trimmed.empty() && ((trimmed.front() == '{' && trimmed.back() == '}') ||
                           (trimmed.front() == '[' && trimmed.back() == ']'));
  if (!is_like_json)
    return value;
  auto parsed = parse_json(*text, "a text whose members are selected");
  return parsed ? std::move(*parsed) : value;
}

void keep_only(json::value& value, const std::vector<std::string>& names) {
  json::object* members = value.if_object();
  if (!members)
    return;
  json::object kept;
  for (const std::string& name : names)
    if (const json::value* member = members->if_contains(name))
      kept[name] = *member;
  *members = std::move(kept);
}

json::value select(json::value value, const std::vector<std::string>& names) {
  if (names.empty())
    return value;
  json::value seen = decoded(value);
  if (json::array* elements = seen.if_array())
    for (json::value& each : *elements)
      keep_only(each, names);
  else if (seen.is_object())
    keep_only(seen, names);
  else
    return value;
  return seen;
}

result<json::value> join_items(const template_variable& how, const json::array& elements,
                               pointed_objects* objects) {
  std::string joined;
  for (const json::value& each : elements) {
    scope visible(each);
    visible.read_with(objects);
    auto text = how.item_template->render(visible);
    if (!text)
      return text.error();
    joined += (&each == elements.data() ? "" : how.separator) + *text;
  }
  return json::value(joined);
}

result<json::value> formatted(const template_variable& how, json::value value,
                              pointed_objects* objects) {
  switch (how.format_as) {
  case format::json: return json::value(stringify(value));
  case format::custom_string:
    if (value.is_array() && how.item_template)
      return join_items(how, value.get_array(), objects);
    return value;
  case format::raw: break;
  }
  return value;
}

} // namespace

template_variables template_variables::compile(const json::object& mappings) {
  template_variables made;
  for (const json::key_value_pair* member : js::members(mappings))
    if (auto item = compile_item(member->key(), member->value()))
      made.entries_.push_back(std::move(*item));
  return made;
}

result<json::object> template_variables::evaluate(const scope& visible) const {
  json::object values;
  for (const template_variable& each : entries_) {
    auto found = each.source.evaluate(visible);
    if (!found || found->is_undefined())
      continue;
    auto value =
        formatted(each, select(std::move(*found).take(), each.select_fields), visible.objects());
    if (!value)
      return value.error();
    values[each.name] = std::move(*value);
  }
  return values;
}

} // namespace millrace::flows

// SPDX-License-Identifier: Apache-2.0
#include <millrace/member_reader.hpp>

#include <millrace/durations.hpp>

#include <millrace/names.hpp>

#include <algorithm>

namespace millrace {
namespace {

constexpr std::size_t shown_bytes_max = 200; // of a value in a message

} // namespace

std::string shown(const json::value& value) {
  std::string text = stringify(value);
  if (text.size() <= shown_bytes_max)
    return text;
  std::size_t end = shown_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end; // at a character, not inside one
  text.resize(end);
  return text + "...";
}

std::string in_quotes(std::string_view text) {
  return stringify(json::value(text));
}

std::string child_of(std::string_view pointer, std::string_view name) {
  std::string all(pointer);
  all += '/';
  for (const char c : name)
    all += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return all;
}

std::string child_of(std::string_view pointer, std::size_t index) {
  return std::string(pointer) + '/' + std::to_string(index);
}

std::string but_is(const json::value& value) {
  return std::string(but_is_words) + shown(value);
}

std::string what_was_meant(std::string_view wrong, const std::vector<std::string_view>& names) {
  if (const auto meant = flows::nearest_name(wrong, names))
    return "; " + in_quotes(*meant) + " was probably meant";
  return names.empty() ? "" : "; there is " + flows::list_names(names);
}

member_reader::member_reader(const json::object& object, std::string pointer,
                             std::span<const std::string_view> known, pointed_problems& problems)
    : object_(object), pointer_(std::move(pointer)), problems_(problems) {
  const std::vector<std::string_view> names(known.begin(), known.end());
  for (const json::key_value_pair& member : object)
    if (std::find(names.begin(), names.end(), std::string_view(member.key())) == names.end())
      add(child_of(pointer_, member.key()), "there is no member " + in_quotes(member.key()) +
                                                " here" + what_was_meant(member.key(), names));
}

std::optional<std::string> member_reader::text(std::string_view name) {
  const json::value* value = find(name);
  if (value == nullptr)
    return std::nullopt;
  if (value->is_string() && !value->get_string().empty())
    return std::string(value->get_string());
  refuse(name, "a text that is not empty");
  return std::nullopt;
}

std::optional<std::string> member_reader::required_text(std::string_view name,
                                                        std::string_view what) {
  if (has(name))
    return text(name);
  add(pointer_, in_quotes(name) + " is missing: " + std::string(what));
  return std::nullopt;
}

std::optional<bool> member_reader::boolean(std::string_view name) {
  const json::value* value = find(name);
  if (value == nullptr)
    return std::nullopt;
  if (value->is_bool())
    return value->get_bool();
  refuse(name, "true or false");
  return std::nullopt;
}

std::optional<std::int64_t> member_reader::whole_number(std::string_view name, std::int64_t least) {
  const json::value* value = find(name);
  if (value == nullptr)
    return std::nullopt;
  if (value->is_int64() && value->get_int64() >= least)
    return value->get_int64();
  refuse(name, "a whole number of " + std::to_string(least) + " or more");
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> member_reader::duration(std::string_view name) {
  const json::value* value = find(name);
  if (value == nullptr)
    return std::nullopt;
  const auto time = parse_duration(*value);
  if (!time)
    refuse(name, duration_forms);
  return time;
}

std::optional<std::string> member_reader::choice(std::string_view name,
                                                 const std::vector<std::string_view>& words) {
  const json::value* value = find(name);
  if (value == nullptr)
    return std::nullopt;
  if (!value->is_string()) {
    refuse(name, flows::list_names(words));
    return std::nullopt;
  }
  const std::string word(value->get_string());
  if (std::find(words.begin(), words.end(), std::string_view(word)) != words.end())
    return word;
  add(pointer(name),
      "there is no " + std::string(name) + ' ' + in_quotes(word) + what_was_meant(word, words));
  return std::nullopt;
}

const json::object* member_reader::object(std::string_view name) {
  const json::value* value = find(name);
  if (value != nullptr && !value->is_object())
    refuse(name, "an object");
  return value == nullptr ? nullptr : value->if_object();
}

const json::array* member_reader::array(std::string_view name) {
  const json::value* value = find(name);
  if (value != nullptr && !value->is_array())
    refuse(name, "an array");
  return value == nullptr ? nullptr : value->if_array();
}

std::optional<std::vector<std::string>> member_reader::texts(std::string_view name) {
  const json::array* entries = array(name);
  if (entries == nullptr)
    return std::nullopt;
  std::vector<std::string> all;
  for (std::size_t i = 0; i < entries->size(); ++i) {
    const json::value& entry = (*entries)[i];
    if (entry.is_string())
      all.emplace_back(entry.get_string());
    else
      add(child_of(pointer(name), i), "this must be a text" + but_is(entry));
  }
  return all;
}

void member_reader::refuse(std::string_view name, std::string_view wanted) {
  const json::value* value = find(name);
  add(pointer(name), "this must be " + std::string(wanted) + (value ? but_is(*value) : ""));
}

} // namespace millrace

// SPDX-License-Identifier: Apache-2.0
#include <millrace/object_pointer.hpp>

#include <algorithm>
#include <utility>

namespace millrace::flows {
namespace {

constexpr std::string_view pointer_member = "_s3_output_pointer";

// A text of the pointer: absent where it is none, empty where it may not be.
std::optional<std::string_view> text_in(const json::object& pointer, std::string_view name) {
  const json::value* given = pointer.if_contains(name);
  if (!given || !given->is_string() || given->get_string().empty())
    return std::nullopt;
  return std::string_view(given->get_string());
}

bool is_text_or_absent(const json::object& pointer, std::string_view name) {
  const json::value* given = pointer.if_contains(name);
  return !given || given->is_string();
}

json::object without_pointer(const json::object& wrapper) {
  json::object others;
  others.reserve(wrapper.size());
  for (const auto& member : wrapper)
    if (member.key() != pointer_member)
      others.emplace(member.key(), member.value());
  return others;
}

json::value merged(const json::value& content, const json::object& others) {
  if (const json::object* members = content.if_object())
    return deep_merge(*members, others);
  return deep_merge(json::object{{"content", content}}, others);
}

std::string name_of(const object_pointer& at) {
  std::string name(at.bucket);
  name += '\0';
  return name += at.key;
}

bool search(const json::value& value, std::size_t& values) noexcept {
  ++values;
  if (as_object_pointer(value))
    return true;
  if (const json::array* elements = value.if_array())
    return std::any_of(elements->begin(), elements->end(),
                       [&](const json::value& each) { return search(each, values); });
  if (const json::object* members = value.if_object())
    return std::any_of(members->begin(), members->end(),
                       [&](const auto& member) { return search(member.value(), values); });
  return false;
}

} // namespace

std::optional<object_pointer> as_object_pointer(const json::value& value) noexcept {
  const json::object* wrapper = value.if_object();
  const json::value* given = wrapper ? wrapper->if_contains(pointer_member) : nullptr;
  const json::object* pointer = given ? given->if_object() : nullptr;
  if (!pointer)
    return std::nullopt;
  const auto bucket = text_in(*pointer, "bucket");
  const auto key = text_in(*pointer, "key");
  if (!bucket || !key || !is_text_or_absent(*pointer, "versionId") ||
      !is_text_or_absent(*pointer, "region"))
    return std::nullopt;
  return object_pointer{*bucket, *key};
}

pointer_search find_object_pointer(const json::value& value) noexcept {
  pointer_search made;
  made.found = search(value, made.values);
  return made;
}

pointed_objects::pointed_objects(std::shared_ptr<object_source> source)
    : source_(std::move(source)) {}

result<const json::value*> pointed_objects::content(const object_pointer& at) {
  ++followed_;
  std::string name = name_of(at);
  if (const auto known = read_.find(name); known != read_.end())
    return &known->second;
  auto read = source_->read(at);
  if (!read)
    return read.error();
  return &read_.emplace(std::move(name), std::move(*read)).first->second;
}

result<const json::value*> pointed_objects::follow(const json::value& value) {
  const auto at = as_object_pointer(value);
  if (!at)
    return &value;
  auto object = content(*at);
  if (!object || value.get_object().size() == 1)
    return object;
  const json::object others = without_pointer(value.get_object());
  std::string name = name_of(*at) + '\0' + stringify(others);
  if (const auto known = read_.find(name); known != read_.end())
    return &known->second;
  return &read_.emplace(std::move(name), merged(**object, others)).first->second;
}

result<std::optional<json::value>> pointed_objects::follow_all(const json::value& value) {
  if (!find_object_pointer(value).found)
    return std::optional<json::value>();
  json::value replaced = value;
  if (auto done = replace(replaced); !done)
    return done.error();
  return std::optional<json::value>(std::move(replaced));
}

// Those beside a pointer are replaced too, those in the object are not.
result<void> pointed_objects::replace(json::value& value) {
  if (const auto at = as_object_pointer(value)) {
    auto object = content(*at);
    if (!object)
      return object.error();
    json::value others(without_pointer(value.get_object()));
    if (auto done = replace(others); !done)
      return done;
    value = others.get_object().empty() ? **object : merged(**object, others.get_object());
    return {};
  }
  if (json::array* elements = value.if_array()) {
    for (json::value& each : *elements)
      if (auto done = replace(each); !done)
        return done;
  } else if (json::object* members = value.if_object()) {
    for (auto& member : *members)
      if (auto done = replace(member.value()); !done)
        return done;
  }
  return {};
}

bool pointed_objects::is_read(const json::value* value) const noexcept {
  return std::any_of(read_.begin(), read_.end(),
                     [&](const auto& each) { return &each.second == value; });
}

} // namespace millrace::flows

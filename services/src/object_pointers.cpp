// SPDX-License-Identifier: Apache-2.0
#include "object_pointers.hpp"

#include "binary_text.hpp"

#include <millrace/text.hpp>

#include <algorithm>

namespace millrace::services {
namespace {

constexpr std::string_view pointer_member = "_s3_output_pointer";

// The address of a wrapper; absent: `value` is none.
std::optional<object_address> address_in(const json::value& value) {
  const json::object* wrapper = value.if_object();
  const json::value* pointer = wrapper ? wrapper->if_contains(pointer_member) : nullptr;
  const json::object* members = pointer ? pointer->if_object() : nullptr;
  const json::value* bucket = members ? members->if_contains("bucket") : nullptr;
  const json::value* key = members ? members->if_contains("key") : nullptr;
  if (!bucket || !key || !bucket->is_string() || !key->is_string())
    return std::nullopt;
  return object_address{std::string(bucket->get_string()), std::string(key->get_string())};
}

bool has_pointer(const json::value& value) {
  if (address_in(value))
    return true;
  if (const json::array* elements = value.if_array())
    return std::any_of(elements->begin(), elements->end(), has_pointer);
  if (const json::object* members = value.if_object())
    return std::any_of(members->begin(), members->end(),
                       [](const auto& member) { return has_pointer(member.value()); });
  return false;
}

json::value content_of(const stored_object& object) {
  const std::string& type = object.info.content_type;
  const bool is_text = type.starts_with("text/") || type.find("json") != std::string::npos ||
                       type.find("xml") != std::string::npos;
  if (!is_text)
    return json::value(encode_base64(object.bytes));
  const std::string text = to_utf8(object.bytes);
  if (auto parsed = parse_json(text, "object"))
    return std::move(*parsed);
  return json::value(text);
}

void merge(json::object& base, const json::object& over) {
  for (const auto& member : over) {
    json::value& target = base[member.key()];
    if (target.is_object() && member.value().is_object())
      merge(target.get_object(), member.value().get_object());
    else
      target = member.value();
  }
}

/// Replaces pointers, those beside others too, but none in what was read.
class replacement {
public:
  explicit replacement(object_store& objects) : objects_(objects) {}

  bool replace(json::value& value) {
    if (const auto address = address_in(value))
      return resolve(value, *address);
    if (json::array* elements = value.if_array())
      return std::all_of(elements->begin(), elements->end(),
                         [this](json::value& each) { return replace(each); });
    if (json::object* members = value.if_object())
      return std::all_of(members->begin(), members->end(),
                         [this](auto& member) { return replace(member.value()); });
    return true;
  }
  [[nodiscard]] const step_error& failure() const noexcept { return failure_; }

private:
  bool resolve(json::value& value, const object_address& address) {
    const auto object = objects_.get(address.bucket, address.key);
    if (!object) {
      failure_ = object.error();
      if (failure_.name != "TransientStepError")
        failure_ = step_error("Error", "Failed to resolve S3 data pointer: " + failure_.message);
      return false;
    }
    json::value content = content_of(*object);
    json::object others = std::move(value.get_object());
    others.erase(pointer_member);
    for (auto& member : others)
      if (!replace(member.value()))
        return false;
    if (!others.empty() && !content.is_object())
      content = json::object{{"content", std::move(content)}};
    if (!others.empty())
      merge(content.get_object(), others);
    value = std::move(content);
    return true;
  }

  object_store& objects_;
  step_error failure_;
};

} // namespace

object_result<std::optional<json::object>> with_objects(const json::object& input,
                                                        object_store& objects) {
  const bool is_needed = std::any_of(
      input.begin(), input.end(), [](const auto& member) { return has_pointer(member.value()); });
  if (!is_needed)
    return std::optional<json::object>();
  json::object replaced = input;
  replacement work(objects);
  for (auto& member : replaced)
    if (!work.replace(member.value()))
      return work.failure();
  return std::optional<json::object>(std::move(replaced));
}

} // namespace millrace::services

// SPDX-License-Identifier: Apache-2.0
//
// JSON values: the one canonical form of numbers, and merging. Text is in json_parser.cpp and
// stringify.cpp.
#include <millrace/json.hpp>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace millrace {

namespace {

/// Beyond this, doubles no longer tell neighbouring whole numbers apart (Number.MAX_SAFE_INTEGER).
constexpr double whole_number_max = 9007199254740991.0;

} // namespace

json::value number(double number) noexcept {
  const bool whole = number >= -whole_number_max && number <= whole_number_max &&
                     number == std::trunc(number) && !(number == 0 && std::signbit(number));
  return whole ? json::value(static_cast<std::int64_t>(number)) : json::value(number);
}

bool is_deeper_than(const json::object& value, std::size_t levels) noexcept {
  return levels == 0 ||
         std::any_of(value.begin(), value.end(), [levels](const json::key_value_pair& member) {
           return is_deeper_than(member.value(), levels - 1);
         });
}

// Recursion is bounded by `levels`.
bool is_deeper_than(const json::value& value, std::size_t levels) noexcept {
  if (const json::object* members = value.if_object())
    return is_deeper_than(*members, levels);
  const json::array* elements = value.if_array();
  if (elements == nullptr)
    return false;
  return levels == 0 ||
         std::any_of(elements->begin(), elements->end(), [levels](const json::value& element) {
           return is_deeper_than(element, levels - 1);
         });
}

std::string text_or_empty(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

json::value text_or_null(std::string_view text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

json::object deep_merge(const json::object& base, const json::object& overlay) {
  json::object merged = base;
  // A list of pairs still to merge instead of recursion: how deep the values nest is not ours to
  // say. Only the overlay's side is walked, so the cost is that of the overlay.
  std::vector<std::pair<json::object*, const json::object*>> pending{{&merged, &overlay}};
  while (!pending.empty()) {
    const auto [target, source] = pending.back();
    pending.pop_back();
    for (const json::key_value_pair& member : *source)
      if (target->find(member.key()) == target->end())
        target->emplace(member.key(), nullptr);
    for (const json::key_value_pair& member : *source) {
      json::value& slot = target->find(member.key())->value();
      if (slot.is_object() && member.value().is_object())
        pending.emplace_back(&slot.get_object(), &member.value().get_object());
      else
        slot = member.value();
    }
  }
  return merged;
}

} // namespace millrace

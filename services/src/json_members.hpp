// SPDX-License-Identifier: Apache-2.0
//
// Reading members of JSON from outside, which may be missing or of another type.
#pragma once

#include <millrace/json.hpp>

#include <string>
#include <string_view>

namespace millrace::services {

/// Null: it is not there, or null.
[[nodiscard]] inline const json::value* member(const json::object& of, std::string_view name) {
  const json::value* value = of.if_contains(name);
  return value && !value->is_null() ? value : nullptr;
}

/// Null: it is not there, or no object.
[[nodiscard]] inline const json::object* object_in(const json::object& of, std::string_view name) {
  const json::value* value = of.if_contains(name);
  return value ? value->if_object() : nullptr;
}

/// `otherwise`: it is not there, or no text.
[[nodiscard]] inline std::string text_in(const json::object& of, std::string_view name,
                                         std::string_view otherwise = {}) {
  const json::value* value = of.if_contains(name);
  return std::string(value && value->is_string() ? std::string_view(value->get_string())
                                                 : otherwise);
}

} // namespace millrace::services

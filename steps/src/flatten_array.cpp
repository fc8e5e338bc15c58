// SPDX-License-Identifier: Apache-2.0
//
// Facts: documentation of system/flatten-array; transform.json, "flatten-array: ...".
#include "module_input.hpp"
#include "modules.hpp"

namespace millrace::steps {

namespace {

/// Arrays give their elements, one level deep; anything else gives itself.
void append(json::array& target, const json::value& value) {
  if (value.is_array()) {
    const json::array& elements = value.get_array();
    target.insert(target.end(), elements.begin(), elements.end());
  } else {
    target.push_back(value);
  }
}

/// Without a member name, nulls are elements like any other.
json::array flat(const json::array& source) {
  json::array result;
  for (const json::value& element : source) {
    append(result, element);
  }
  return result;
}

/// With a member name, what is no object or has a null there gives nothing.
json::array flat_members(const json::array& source, std::string_view member) {
  json::array result;
  for (const json::value& element : source) {
    const json::value* const value =
        element.is_object() ? element.get_object().if_contains(member) : nullptr;
    if (value != nullptr && !value->is_null()) {
      append(result, *value);
    }
  }
  return result;
}

} // namespace

step_result flatten_array(const step_request& request) {
  module_input input(request);
  const json::array* const array = input.array("array");
  const bool by_member = input.find("path") != nullptr;
  const std::optional<std::string_view> member = input.text_or("path", "");
  if (by_member && member && member->empty()) {
    input.refuse("'path' must not be empty");
  }
  if (!input.is_valid()) {
    return step_error("Error", input.problems("system/flatten-array"));
  }
  json::object output;
  output.emplace("result", by_member ? flat_members(*array, *member) : flat(*array));
  return json::value(std::move(output));
}

} // namespace millrace::steps

// SPDX-License-Identifier: Apache-2.0
//
// Facts: documentation of system/generate-array; transform.json, "generate-array: ...". The
// module's name stands without its prefix in the message, as the cases have it.
#include "module_input.hpp"
#include "module_limits.hpp"
#include "modules.hpp"

#include <cmath>

namespace millrace::steps {

namespace {

/// Notes what is wrong with `count`.
void check_count(module_input& input, double count) {
  if (!std::isfinite(count) || std::trunc(count) != count) {
    input.refuse("'count' must be a whole number");
  } else if (count < 0) {
    input.refuse("'count' must not be negative");
  }
}

} // namespace

step_result generate_array(const step_request& request) {
  module_input input(request);
  const std::optional<double> count = input.number("count");
  if (count) {
    check_count(input, *count);
  }
  if (!input.is_valid()) {
    return step_error("Error", input.problems("generate-array"));
  }
  if (*count > static_cast<double>(limits().generated_items_max)) {
    return step_error("RangeError",
                      "Invalid array length: 'count' of system/generate-array is above "
                      "generated_items_max (" +
                          std::to_string(limits().generated_items_max) + ").");
  }
  const auto size = static_cast<std::int64_t>(*count);
  json::array array;
  array.reserve(static_cast<std::size_t>(size));
  for (std::int64_t i = 0; i < size; ++i) {
    array.emplace_back(i);
  }
  json::object output;
  output.emplace("array", std::move(array));
  return json::value(std::move(output));
}

} // namespace millrace::steps

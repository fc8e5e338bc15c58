// SPDX-License-Identifier: Apache-2.0
//
// Facts: documentation of system/array-aggregator; transform.json, "array-aggregator: ...".
#include "module_input.hpp"
#include "modules.hpp"

#include <cmath>

namespace millrace::steps {

namespace {

/// The value that an element stands for: itself, or its member where a member is asked for.
const json::value* picked(const json::value& element, std::string_view member) {
  if (member.empty()) {
    return &element;
  }
  return element.is_object() ? element.get_object().if_contains(member) : nullptr;
}

/// Booleans count as 1 and 0; texts never count, not even numeric ones.
std::optional<double> countable(const json::value* value) {
  if (value == nullptr) {
    return std::nullopt;
  }
  if (value->is_bool()) {
    return value->get_bool() ? 1.0 : 0.0;
  }
  const std::optional<double> number = as_number(*value);
  return number && std::isfinite(*number) ? number : std::nullopt;
}

/// Min and max in one pass with the sum. -0 is below 0, as for JavaScript's Math.min and Math.max.
class aggregate {
public:
  void add(double number) {
    if (count_ == 0 || is_below(number, min_)) {
      min_ = number;
    }
    if (count_ == 0 || is_below(max_, number)) {
      max_ = number;
    }
    sum_ += number;
    ++count_;
  }

  [[nodiscard]] json::value result(std::string_view operation) const {
    if (operation == "sum") {
      return number(sum_);
    }
    if (count_ == 0) {
      return nullptr;
    }
    if (operation == "avg") {
      return number(sum_ / static_cast<double>(count_));
    }
    return number(operation == "min" ? min_ : max_);
  }

private:
  static bool is_below(double left, double right) noexcept {
    return left < right || (left == right && std::signbit(left) && !std::signbit(right));
  }

  double min_ = 0;
  double max_ = 0;
  double sum_ = 0;
  std::size_t count_ = 0;
};

} // namespace

step_result array_aggregator(const step_request& request) {
  module_input input(request);
  const json::array* const array = input.array("array");
  const std::optional<std::string_view> member = input.text_or("path", "");
  const std::string_view operation = input.one_of("operation", {"min", "max", "sum", "avg"});
  if (!input.is_valid()) {
    return step_error("Error", input.problems("system/array-aggregator"));
  }
  aggregate numbers;
  for (const json::value& element : *array) {
    if (const std::optional<double> number = countable(picked(element, *member))) {
      numbers.add(*number);
    }
  }
  json::object output;
  output.emplace("result", numbers.result(operation));
  return json::value(std::move(output));
}

} // namespace millrace::steps

// SPDX-License-Identifier: Apache-2.0
//
// How a system module reads its parameters: the step input, with the rendered customConfig as
// defaults below it. What is missing or of the wrong type is gathered, so that the one error a
// module gives names every wrong parameter.
#pragma once

#include <millrace/step_handler.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::steps {

/// A JSON number as a double; nothing for any other value.
[[nodiscard]] std::optional<double> as_number(const json::value& value) noexcept;

/// The parameters of one run. Borrows the request; values it gives live as long as that.
/// A null in the input hides a default: it is a value like any other.
class module_input {
public:
  explicit module_input(const step_request& request)
      : input_(request.input), defaults_(request.custom_config) {}

  /// The parameter, or null where neither the input nor the defaults have it.
  [[nodiscard]] const json::value* find(std::string_view name) const;
  /// Input and defaults as one object; the defaults' names come first.
  [[nodiscard]] json::object combined() const;

  /// The readers below note a problem and give nothing when the parameter is not what they want.
  [[nodiscard]] const json::array* array(std::string_view name);
  [[nodiscard]] std::optional<double> number(std::string_view name);
  [[nodiscard]] std::optional<std::string_view> text(std::string_view name);
  /// A text that may be missing: then it is `fallback`.
  [[nodiscard]] std::optional<std::string_view> text_or(std::string_view name,
                                                        std::string_view fallback);
  /// A text that is one of `allowed`; empty where it is not.
  [[nodiscard]] std::string_view one_of(std::string_view name,
                                        std::initializer_list<std::string_view> allowed);

  /// Notes a problem of the module's own.
  void refuse(std::string_view problem);
  [[nodiscard]] bool is_valid() const noexcept { return problems_.empty(); }
  /// "Invalid input for <module>: <every problem>."
  [[nodiscard]] std::string problems(std::string_view module) const;

private:
  const json::object& input_;
  const json::object& defaults_;
  std::string problems_; // joined with "; "
};

} // namespace millrace::steps

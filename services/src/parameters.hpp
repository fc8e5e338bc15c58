// SPDX-License-Identifier: Apache-2.0
//
// How a module reads its parameters: every one that is missing or wrong is gathered, so that its
// one error names them all.
#pragma once

#include <millrace/step_handler.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::services {

/// The rendered customConfig of a step under its input: what DATA_LOAD and DATA_SAVE modules read.
[[nodiscard]] json::object combined_input(const step_request& request);

/// The parameters of one attempt. Borrows. A reader notes a problem and gives nothing where a
/// parameter is not what it wants.
class parameters {
public:
  explicit parameters(const json::object& given, std::string place = {})
      : given_(given), place_(std::move(place)) {}

  [[nodiscard]] const json::value* find(std::string_view name) const {
    return given_.if_contains(name);
  }
  /// A text that must be there.
  std::string text(std::string_view name);
  /// A URL that must be there.
  std::string url(std::string_view name);
  std::optional<std::string> optional_text(std::string_view name);
  /// One of `words`, or `otherwise` where it is missing.
  std::string choice(std::string_view name, std::initializer_list<std::string_view> words,
                     std::string_view otherwise);
  bool boolean(std::string_view name, bool otherwise);
  /// A whole number, also as a text, from `least` to `most`.
  std::optional<std::int64_t> whole_number(std::string_view name, std::int64_t least,
                                           std::int64_t most);
  const json::object* object(std::string_view name);
  const json::object* optional_object(std::string_view name);
  const json::array* optional_array(std::string_view name);

  void refuse(std::string_view name, std::string_view wanted);
  [[nodiscard]] bool are_valid() const noexcept { return problems_.empty(); }
  /// "payload must be an object, but is missing; queueUrl ..."
  [[nodiscard]] const std::string& problems() const noexcept { return problems_; }

private:
  const json::object& given_;
  std::string place_; ///< of the object, before the names; empty: none
  std::string problems_;
};

/// Milliseconds of the moment at which an attempt began.
[[nodiscard]] std::int64_t unix_ms(const step_request& request);
/// An id that is the same for the same key: for what an attempt that is repeated must not make
/// twice.
[[nodiscard]] std::string stable_id(std::string_view key);
/// A new id, of the attempt's random bits.
[[nodiscard]] std::string new_id(const step_request& request);

} // namespace millrace::services

// SPDX-License-Identifier: Apache-2.0
//
// What one attempt of a step gave: its output or a named failure. The names are the flow
// language's, because they decide whether a step is tried again.
#pragma once

#include <millrace/json.hpp>

#include <boost/system/result.hpp>

#include <string>
#include <utility>

namespace millrace {

/// How a step failed. `name` decides what happens next, as on Allma:
/// "TransientStepError" is tried again, "ContentBasedRetryableError" is tried again where
/// onError.retryOnContentError says so, everything else is permanent. Source: Allma documentation,
/// onError; reference step-executor.
class step_error {
public:
  step_error() = default;
  /// `error_details` become further members of errorInfo.errorDetails.
  step_error(std::string error_name, std::string error_message, json::object error_details = {})
      : name(std::move(error_name)), message(std::move(error_message)),
        details(std::move(error_details)) {}

  [[nodiscard]] static step_error transient(std::string message);
  [[nodiscard]] static step_error permanent(std::string message);
  [[nodiscard]] static step_error content(std::string message);

  std::string name = "PermanentStepError";
  std::string message;
  json::object details;
};

/// What a step gave: its output, or how it failed.
using step_result = boost::system::result<json::value, step_error>;

[[noreturn]] void throw_exception_from_error(const step_error& reason,
                                             const boost::source_location& where);

} // namespace millrace

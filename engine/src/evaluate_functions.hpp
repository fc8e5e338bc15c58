// SPDX-License-Identifier: Apache-2.0
//
// Functions that answer by a script: what stands behind CUSTOM_LAMBDA_INVOKE when a recorded case
// is evaluated.
#pragma once

#include <millrace/service_options.hpp>

#include <map>
#include <mutex>
#include <string>

namespace millrace::evaluation {

/// Answers per function: {"return": value} or {"functionError": {"errorMessage"...}}; the last one
/// is repeated. Thread-safe.
class scripted_functions {
public:
  /// `script`: a list of answers by function name.
  explicit scripted_functions(json::object script) : script_(std::move(script)) {}

  /// A function for every name of the script. They refer to this.
  [[nodiscard]] function_options functions();
  /// How often each function was called that was called at all.
  [[nodiscard]] json::object call_counts() const;

private:
  step_result answer(const std::string& name);

  json::object script_;
  mutable std::mutex mutex_;
  std::map<std::string, std::size_t> calls_; // guarded by mutex_
};

} // namespace millrace::evaluation

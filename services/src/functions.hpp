// SPDX-License-Identifier: Apache-2.0
//
// Functions of the configuration, where AWS Lambda stood: a handler of this process or a program.
#pragma once

#include <millrace/service_options.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace millrace::services {

/// How an invocation ended.
struct invocation {
  enum class outcome : unsigned char {
    returned,       ///< `payload` is the answer
    function_error, ///< the function failed: `payload` has errorMessage, or is what it said
    refused,        ///< it cannot be invoked at all, now or later: `message`
    failed,         ///< the invocation failed and may work another time: `message`
  };
  outcome how = outcome::returned;
  json::value payload;
  std::string message;
};

/// Invokes `target` with `payload`. `key` stays the same over the attempts of a step: it goes to a
/// program as MILLRACE_IDEMPOTENCY_KEY.
/// Thread-safe.
[[nodiscard]] invocation invoke(const function_target& target, const json::value& payload,
                                std::string_view key);

/// The function that `name` means: of that very name, else of the last part of an ARN, its version
/// or alias left out; null: none.
[[nodiscard]] const function_target* find_function(const function_options& options,
                                                   std::string_view name);

} // namespace millrace::services

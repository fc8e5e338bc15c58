// SPDX-License-Identifier: Apache-2.0
//
// Functions of the configuration, where AWS Lambda stood: a handler of this process, an endpoint
// that speaks Lambda's invocation API, or a program.
#pragma once

#include "child_process.hpp"
#include "http_client.hpp"

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

/// What functions run on. Both are shared by all handlers of an engine.
struct function_runtime {
  http_client& client;
  const interruption& ends;
};

/// Invokes `target` with `payload`. `key` stays the same over the attempts of a step: it goes to an
/// endpoint as the header Idempotency-Key and to a program as MILLRACE_IDEMPOTENCY_KEY.
/// Thread-safe.
[[nodiscard]] invocation invoke(const function_target& target, const json::value& payload,
                                std::string_view key, const function_runtime& on);

/// The function that `name` means: of that very name, else of the last part of an ARN, its version
/// or alias left out; null: none.
[[nodiscard]] const function_target* find_function(const function_options& options,
                                                   std::string_view name);

} // namespace millrace::services

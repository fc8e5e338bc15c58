// SPDX-License-Identifier: Apache-2.0
//
// The steps that functions run: CUSTOM_LAMBDA_INVOKE and external modules.
#pragma once

#include "functions.hpp"

#include <millrace/step_handler.hpp>

#include <memory>

namespace millrace::services {

/// What the steps that functions run share.
struct function_services {
  function_options options;
  std::shared_ptr<http_client> client;
  std::shared_ptr<const interruption> ends;

  [[nodiscard]] function_runtime runtime() const { return {*client, *ends}; }
};

/// Provides CUSTOM_LAMBDA_INVOKE and registers the modules of the configuration.
void add_functions(steps::registry& to, const std::shared_ptr<const function_services>& with);

} // namespace millrace::services

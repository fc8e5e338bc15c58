// SPDX-License-Identifier: Apache-2.0
//
// The steps that functions run: CUSTOM_LAMBDA_INVOKE and external modules.
#pragma once

#include "functions.hpp"

#include <millrace/step_handler.hpp>

#include <memory>

namespace millrace::services {

/// Provides CUSTOM_LAMBDA_INVOKE and registers the modules of the configuration.
void add_functions(steps::registry& to, const std::shared_ptr<const function_options>& options);

} // namespace millrace::services

// SPDX-License-Identifier: Apache-2.0
//
// One step's text checked and compiled: what every step has, then what its type adds.
#pragma once

#include "definition_checks.hpp"

namespace millrace::flows::definitions {

/// Checks the step `id` whose merged text `reader` reads and compiles it. Where `reader`'s problems
/// hold an error afterwards, the step is not to be used.
[[nodiscard]] step compile_step(std::string_view id, object_reader reader,
                                const definition_rules& rules);

/// onError, or a flow's defaultErrorHandler. Source: reference StepErrorHandlerSchema.
[[nodiscard]] error_handling compile_error_handling(object_reader reader);

/// delay. Source: reference DelayOptionsSchema.
[[nodiscard]] std::optional<delay_options> compile_delay(object_reader reader);

/// What the step's type demands and adds. Source: reference schemas of the step types; for
/// START_FLOW_EXECUTION its specification.
void compile_step_type(step& target, object_reader& reader, const definition_rules& rules);

/// itemsPath, parallelBranches and aggregationConfig of a fork.
[[nodiscard]] fork_config compile_fork(object_reader& reader);

} // namespace millrace::flows::definitions

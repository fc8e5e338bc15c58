// SPDX-License-Identifier: Apache-2.0
//
// The members that a step type reads beside those that all steps have: their shapes, and which of
// them are templates, paths or mappings (step_fields).
#pragma once

#include "definition_checks.hpp"

namespace millrace::flows::definitions {

/// Checks and compiles the fields of `target.type` into `target.fields`.
void compile_fields(step& target, object_reader& reader);

/// What POLL_EXTERNAL_API adds to a step, besides the fields of its call.
[[nodiscard]] poll_config compile_poll(object_reader& reader);

} // namespace millrace::flows::definitions

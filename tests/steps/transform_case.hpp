// SPDX-License-Identifier: Apache-2.0
//
// Running the cases of tests/conformance/transform.json: the module on the input, over a
// customConfig that is rendered already.
#pragma once

#include "conformance.hpp"

#include <millrace/json.hpp>

namespace millrace::testing {

/// Whether the case has a customConfig to render.
[[nodiscard]] bool has_custom_config(const conformance_case& one);
/// Runs the case and compares; `*why` says how it differs.
[[nodiscard]] bool transform_agrees(const conformance_case& one, const json::object& custom_config,
                                    std::string& why);

} // namespace millrace::testing

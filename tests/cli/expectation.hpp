// SPDX-License-Identifier: Apache-2.0
//
// What `millrace eval` printed for a conformance case against the whole `expect` of that case, as
// tests/conformance/README.md says ("Comparing" and the sections of each file).
#pragma once

#include <millrace/json.hpp>

#include <string>

namespace millrace::cli::testing {

/// Whether `actual` is what `expect` describes; `why` says how it differs.
[[nodiscard]] bool agrees(const json::object& expect, json::object actual, std::string& why);

} // namespace millrace::cli::testing

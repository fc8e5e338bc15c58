// SPDX-License-Identifier: Apache-2.0
//
// Inputs to begin with: what the conformance cases give to paths, conditions, templates and flows,
// in the form that the targets read.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace millrace::fuzz {

/// The seeds of the target `name`, made of tests/conformance, tests/flows/data and flows/examples
/// of the source tree. Throws std::runtime_error when a file cannot be read or is not what it
/// should be.
[[nodiscard]] std::set<std::string> seeds_of(std::string_view name);

} // namespace millrace::fuzz

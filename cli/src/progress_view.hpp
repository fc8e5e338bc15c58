// SPDX-License-Identifier: Apache-2.0
//
// How far a family has come, for people.
#pragma once

#include "terminal.hpp"

#include <millrace/progress_tree.hpp>

#include <string>

namespace millrace::cli {

/// "Extracting documents, 66 %", with a note where the step may pause for long.
[[nodiscard]] std::string describe_headline(const progress_headline& headline);
/// The headline and the tree, each with a line break.
[[nodiscard]] std::string draw_progress(const progress_report& report, const look& how);

} // namespace millrace::cli

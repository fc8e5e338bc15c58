// SPDX-License-Identifier: Apache-2.0
//
// What the command says about itself: whole sentences on standard error, each line with the
// command's name. Standard output belongs to results alone.
#pragma once

#include "exit_status.hpp"

#include <string_view>

namespace millrace::cli {

/// Before anything is said; once.
void set_up_diagnostics();

/// Says something worth knowing. Text of several lines becomes several messages.
void say(std::string_view text);
/// The same for something that is probably not as meant.
void warn(std::string_view text);
/// Says why the command ends and gives `status` back.
exit_status fail(exit_status status, std::string_view text);
/// The same for an error of the engine; the status follows from its code.
exit_status fail(const error& reason);

} // namespace millrace::cli

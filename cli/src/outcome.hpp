// SPDX-License-Identifier: Apache-2.0
//
// What becomes of an execution after resume or cancel: runs what can run, then shows it.
#pragma once

#include "exit_status.hpp"
#include "session.hpp"

#include <string>

namespace millrace::cli {

/// Waits until nothing of its family can go on by itself, then prints the execution: the document
/// with it alone, or its family for people. Gives the status of its end, or of whatever went wrong.
[[nodiscard]] exit_status run_on(session& running, const std::string& id, bool as_json);

} // namespace millrace::cli

// SPDX-License-Identifier: Apache-2.0
//
// What becomes of an execution after resume, cancel or redrive: runs what can run, then shows it.
#pragma once

#include "exit_status.hpp"
#include "session.hpp"

#include <string>

namespace millrace::cli {

/// How much the document of an execution holds.
enum class extent : unsigned char { alone, family };

/// Waits until nothing of its family can go on by itself, then prints the execution: the document
/// with it, or its family for people. Gives the status of its end, or of whatever went wrong.
[[nodiscard]] exit_status run_on(session& running, const std::string& id, bool as_json,
                                 extent printed = extent::alone);

/// Prints the id of an execution that was accepted and is not waited for, or the document with it;
/// the next command that runs the database takes it up.
[[nodiscard]] exit_status show_accepted(session& running, const std::string& id, bool as_json);

} // namespace millrace::cli

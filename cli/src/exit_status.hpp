// SPDX-License-Identifier: Apache-2.0
//
// The exit status of the command: what scripts decide by.
#pragma once

#include <millrace/error.hpp>
#include <millrace/execution.hpp>

namespace millrace::cli {

/// The values are a contract with scripts; never change one.
enum class exit_status : int {
  done = 0,          ///< what was asked for has happened
  not_completed = 1, ///< the root execution FAILED, was CANCELLED or TIMED_OUT, or time ran out;
                     ///< a database that was verified is not sound
  bad_usage = 2,     ///< bad usage, or an invalid definition or input; nothing was changed
  engine_failed = 3, ///< the engine, its database or standard output failed
};

/// What an error of the engine means for a script.
[[nodiscard]] constexpr exit_status status_of(errc code) noexcept {
  switch (code) {
  case errc::invalid_argument:
  case errc::invalid_syntax:
  case errc::invalid_definition:
  case errc::invalid_input:
  case errc::not_found:
  case errc::conflict:
  case errc::limit_exceeded: return exit_status::bad_usage;
  case errc::step_failed: return exit_status::not_completed;
  case errc::database_unusable:
  case errc::database_failed:
  case errc::stopped:
  case errc::timed_out:
  case errc::internal: break;
  }
  return exit_status::engine_failed;
}

/// What the end of a root execution means for a script. A parked one is done for now.
[[nodiscard]] constexpr exit_status status_of(execution_status root) noexcept {
  const bool lost = root == execution_status::failed || root == execution_status::cancelled ||
                    root == execution_status::timed_out;
  return lost ? exit_status::not_completed : exit_status::done;
}

} // namespace millrace::cli

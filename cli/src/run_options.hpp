// SPDX-License-Identifier: Apache-2.0
//
// The options of `millrace run` and which of them go together.
#pragma once

#include "commands.hpp"

#include <millrace/durability.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace millrace::cli {

struct run_options {
  std::vector<std::string> flows;
  std::string flow;
  std::string version;
  std::string input;  ///< empty: none, that is {}
  std::string notify; ///< a notificationConfig; empty: none
  std::string database;
  std::string config; ///< empty: millrace.json of this folder, if there is one
  std::string mocks;  ///< a file; empty: none
  millrace::durability durability = millrace::durability::power_loss;
  bool as_json = false;
  bool no_wait = false;
  bool recover_only = false;
  std::string timeout_text;
  std::optional<std::chrono::milliseconds> timeout;
};

/// Options that are read after the command line is.
struct run_option_handles {
  CLI::Option* input = nullptr;
  CLI::Option* notify = nullptr;
  CLI::Option* timeout = nullptr;
};

/// Adds them to `command`; reading the command line fills `options`, which must outlive it.
[[nodiscard]] run_option_handles declare(CLI::App& command, run_options& options);
/// Fills in what the handles hold. Gives a sentence that says what is wrong; empty: nothing.
[[nodiscard]] std::string complete(run_options& options, const run_option_handles& handles);
/// A sentence that says which options do not go together; empty: all do.
[[nodiscard]] std::string wrong_usage(const run_options& options);

} // namespace millrace::cli

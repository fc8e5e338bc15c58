// SPDX-License-Identifier: Apache-2.0
//
// The commands. Each adds its subcommand with its options to the command line; when that one was
// chosen, `chosen` becomes what runs it. Nothing happens while the command line is read.
#pragma once

#include "exit_status.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <vector>

namespace millrace::cli {

using action = std::function<exit_status()>;

void add_run(CLI::App& app, action& chosen);
void add_validate(CLI::App& app, action& chosen);
void add_test(CLI::App& app, action& chosen);
void add_eval(CLI::App& app, action& chosen);
void add_list(CLI::App& app, action& chosen);
void add_show(CLI::App& app, action& chosen);
void add_resume(CLI::App& app, action& chosen);
void add_cancel(CLI::App& app, action& chosen);
void add_redrive(CLI::App& app, action& chosen);
void add_verify(CLI::App& app, action& chosen);
void add_graph(CLI::App& app, action& chosen);
void add_explore(CLI::App& app, action& chosen);
void add_serve(CLI::App& app, action& chosen);

/// Adds an option whose text is taken as it stands: CLI11 reads "{}" as an empty list and "[1]" as
/// a list of one otherwise.
CLI::Option* add_verbatim(CLI::App& command, const std::string& name,
                          const std::string& description);
/// What was given for it; empty: nothing.
[[nodiscard]] std::string verbatim(const CLI::Option* option);

/// Adds an option that takes one of `words`; `choose` gets it.
void add_choice(CLI::App& command, const std::string& name, const std::string& description,
                const std::vector<std::string>& words,
                const std::function<void(const std::string&)>& choose);
/// Adds --output text|json.
void add_output(CLI::App& command, bool& as_json);
/// Adds --db FILE.
void add_database(CLI::App& command, std::string& database);
/// --config FILE; see read_configuration.
void add_configuration(CLI::App& command, std::string& file);

} // namespace millrace::cli

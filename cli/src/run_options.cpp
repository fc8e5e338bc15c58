// SPDX-License-Identifier: Apache-2.0
#include "run_options.hpp"

#include "session.hpp"

#include <charconv>
#include <cmath>

namespace millrace::cli {
namespace {

// Ten years; more milliseconds than that overflow what waits for them.
constexpr double timeout_seconds_max = 10.0 * 365 * 24 * 3600;

std::optional<std::chrono::milliseconds> parse_seconds(const std::string& text) {
  double seconds = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, seconds);
  const bool is_usable = failure == std::errc() && stop == end && std::isfinite(seconds) &&
                         seconds > 0 && seconds <= timeout_seconds_max;
  if (!is_usable)
    return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(seconds * 1000)));
}

void add_durability(CLI::App& command, millrace::durability& chosen) {
  const auto choose = [&chosen](const std::string& name) {
    chosen = name == "power_loss"      ? durability::power_loss
             : name == "process_crash" ? durability::process_crash
                                       : durability::none;
  };
  add_choice(command, "--durability", "what a commit survives (default: power_loss)",
             {"power_loss", "process_crash", "none"}, choose);
}

} // namespace

run_option_handles declare(CLI::App& command, run_options& options) {
  run_option_handles handles;
  command
      .add_option("FLOW", options.flows,
                  "flow files, export bundles or folders of them; flows of the database count too")
      ->type_name("");
  command.add_option("--flow", options.flow, "the flow to start (default: the first one)")
      ->type_name("ID");
  command.add_option("--version", options.version, "its version (default: the published one)")
      ->type_name("V");
  handles.input = add_verbatim(command, "--input",
                               "the flow's input: a JSON object, @FILE, or - for standard input")
                      ->type_name("JSON|@FILE|-");
  handles.notify =
      add_verbatim(command, "--notify",
                   "who is told how far the execution is: a notificationConfig as JSON or @FILE")
          ->type_name("JSON|@FILE");
  add_database(command, options.database);
  add_durability(command, options.durability);
  add_output(command, options.as_json);
  command.add_flag("--no-wait", options.no_wait,
                   "print the id once the start is on disk, run nothing more; needs --db");
  command.add_flag("--recover-only", options.recover_only,
                   "finish what is unfinished in the database, start nothing; needs --db");
  handles.timeout =
      add_verbatim(command, "--timeout", "how long to wait at most (default: no limit)")
          ->type_name("SECONDS");
  add_configuration(command, options.config);
  command.add_option("--mock", options.mocks, "mocks that stand in for steps of the flow files")
      ->type_name("FILE");
  return handles;
}

std::string complete(run_options& options, const run_option_handles& handles) {
  options.input = verbatim(handles.input);
  if (handles.input->count() != 0 && options.input.empty())
    return "--input is empty; give a JSON object, or leave it out.";
  options.notify = verbatim(handles.notify);
  if (handles.notify->count() != 0 && options.notify.empty())
    return "--notify is empty; give a notificationConfig, or leave it out.";
  if (handles.timeout->count() == 0)
    return {};
  options.timeout_text = verbatim(handles.timeout);
  options.timeout = parse_seconds(options.timeout_text);
  if (!options.timeout)
    return "--timeout must be a number of seconds greater than 0 (ten years at most), not \"" +
           options.timeout_text + "\".";
  return {};
}

std::string wrong_usage(const run_options& options) {
  if (options.recover_only) {
    if (options.database.empty())
      return "--recover-only needs a database to recover; name it with --db FILE.";
    if (!options.flow.empty() || !options.version.empty() || !options.input.empty() ||
        !options.notify.empty() || options.no_wait)
      return "--recover-only starts nothing; leave out --flow, --version, --input, --notify and "
             "--no-wait.";
    return missing_database(options.database);
  }
  if (options.no_wait && options.database.empty())
    return "--no-wait needs a database that keeps the start; name it with --db FILE.";
  if (options.no_wait && options.timeout)
    return "--no-wait does not wait; leave out --timeout.";
  if (options.flows.empty() && options.database.empty())
    return "Name a flow file, or a database that holds flows with --db FILE.";
  if (options.flows.empty() && !database_exists(options.database))
    return "There is no database " + options.database + " and no flow file was named.";
  return {};
}

} // namespace millrace::cli

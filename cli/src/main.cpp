// SPDX-License-Identifier: Apache-2.0
//
// The millrace command: reads the command line, runs what it asks for, gives its exit status.
#include "commands.hpp"
#include "diagnostics.hpp"

#include <csignal>
#include <exception>
#include <iostream>

namespace {

using namespace millrace::cli;

constexpr const char* about = "Runs declarative JSON flows. Every execution is an actor; a "
                              "START_FLOW_EXECUTION step starts a\n"
                              "detached one, for which nobody waits.";
constexpr const char* statuses = "Exit status: 0 done; 1 the root execution did not complete, or a "
                                 "test failed; 2 bad usage, definition or input;\n"
                                 "3 the engine or its database failed. NO_COLOR is honoured.";

// Reads the command line; `chosen` stays empty when there is nothing left to do.
exit_status read(CLI::App& app, int count, char** arguments, action& chosen) {
  try {
    app.parse(count, arguments);
    return exit_status::done;
  } catch (const CLI::Success& wish) { // --help, --version
    app.exit(wish, std::cout, std::cerr);
    return exit_status::done;
  } catch (const CLI::ParseError& wrong) {
    chosen = nullptr;
    std::string where = "millrace";
    for (const CLI::App* command : app.get_subcommands())
      where += ' ' + command->get_name();
    return fail(exit_status::bad_usage, std::string(wrong.what()) + "; see " + where + " --help.");
  }
}

int run(int count, char** arguments) {
  // Whoever reads our output may go first; writes then fail, which standard_output looks at.
  std::signal(SIGPIPE, SIG_IGN);
  // A limit on the size of files is a full disk: an error of the database, not a sudden end.
  std::signal(SIGXFSZ, SIG_IGN);
  set_up_diagnostics();
  CLI::App app(about, "millrace");
  app.set_version_flag("--version", "millrace " MILLRACE_VERSION);
  app.footer(statuses);
  app.require_subcommand(0, 1);
  action chosen;
  add_run(app, chosen);
  add_serve(app, chosen);
  add_validate(app, chosen);
  add_test(app, chosen);
  add_eval(app, chosen);
  add_list(app, chosen);
  add_show(app, chosen);
  add_resume(app, chosen);
  add_cancel(app, chosen);
  add_redrive(app, chosen);
  add_verify(app, chosen);
  add_graph(app, chosen);
  add_explore(app, chosen);
  const bool is_alone = count < 2;
  const exit_status read_status = read(app, count, arguments, chosen);
  if (is_alone) {
    std::cerr << app.help();
    return static_cast<int>(exit_status::bad_usage);
  }
  if (!chosen)
    return static_cast<int>(read_status);
  return static_cast<int>(chosen());
}

} // namespace

int main(int count, char** arguments) {
  try {
    return run(count, arguments);
  } catch (const std::exception& failure) {
    fail(exit_status::engine_failed,
         std::string("Something went wrong that should not: ") + failure.what() + ".");
  }
  return static_cast<int>(exit_status::engine_failed);
}

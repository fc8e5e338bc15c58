// SPDX-License-Identifier: Apache-2.0
//
// millrace cancel: ends an execution; what it started goes on.
#include "commands.hpp"
#include "diagnostics.hpp"
#include "interrupt.hpp"
#include "outcome.hpp"

#include <memory>

namespace millrace::cli {
namespace {

struct cancel_options {
  std::string id;
  std::string database;
  std::string reason = "cancelled on request";
  bool as_json = false;
};

exit_status cancel(const cancel_options& options) {
  if (options.id.empty())
    return fail(exit_status::bad_usage, "Name an execution; millrace list shows their ids.");
  if (const std::string missing = missing_database(options.database); !missing.empty())
    return fail(exit_status::bad_usage, missing);
  auto running = session::open({options.database, durability::power_loss, true, !options.as_json});
  if (!running)
    return fail(running.error());
  watch_for_interrupt();
  if (const auto done = running->engine().cancel(options.id, options.reason); !done)
    return fail(done.error());
  const exit_status shown = run_on(*running, options.id, options.as_json);
  // That it did not complete is what was asked for.
  return shown == exit_status::not_completed ? exit_status::done : shown;
}

} // namespace

void add_cancel(CLI::App& app, action& chosen) {
  auto options = std::make_shared<cancel_options>();
  CLI::App* command = app.add_subcommand("cancel", "End an execution; what it started goes on");
  command->add_option("ID", options->id, "the execution's id")->type_name("");
  command->add_option("--reason", options->reason, "why, for whoever looks at it later")
      ->type_name("TEXT");
  add_database(*command, options->database);
  add_output(*command, options->as_json);
  command->callback([options, &chosen] { chosen = [options] { return cancel(*options); }; });
}

} // namespace millrace::cli

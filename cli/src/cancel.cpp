// SPDX-License-Identifier: Apache-2.0
//
// millrace cancel: ends an execution; what it started goes on, unless --family is given.
#include "commands.hpp"
#include "diagnostics.hpp"
#include "interrupt.hpp"
#include "outcome.hpp"
#include "query.hpp"
#include "wording.hpp"

#include <limits>
#include <memory>

namespace millrace::cli {
namespace {

struct cancel_options {
  std::string id;
  std::string database;
  std::string config; ///< empty: millrace.json of this folder, if there is one
  std::string reason = "cancelled on request";
  bool family = false;
  bool dry_run = false;
  bool as_json = false;
};

// What --family would end now.
exit_status list_open_family(const cancel_options& options) {
  const auto database = database_reader::open(options.database);
  if (!database)
    return fail(database.error());
  const auto root = database->find(options.id);
  if (!root)
    return fail(root.error());
  standard_output out;
  executions_document document(out, false);
  std::size_t open = 0;
  execution_filter members;
  members.root_flow_execution_id = root->root_flow_execution_id;
  members.limit = std::numeric_limits<std::size_t>::max();
  const auto listed =
      for_each_execution(list_of(*database), members, [&](const execution_record& each) {
        if (is_terminal(each.status))
          return true;
        ++open;
        if (options.as_json)
          return document.add(each);
        out.write(std::string(to_string(each.status)) + "  " + flow_name(each) + "  " +
                  each.flow_execution_id + '\n');
        return out.is_open();
      });
  if (!listed)
    return fail(listed.error());
  if (options.as_json)
    document.close();
  say(std::to_string(open) + " open executions would be cancelled; nothing has been changed.");
  return out.finish(exit_status::done);
}

result<void> end(engine& running, const cancel_options& options) {
  if (!options.family)
    return running.cancel(options.id, options.reason);
  const auto ended = running.cancel_family(options.id, options.reason);
  if (!ended)
    return ended.error();
  say(std::to_string(*ended) + " open executions cancelled.");
  return {};
}

exit_status cancel(const cancel_options& options) {
  if (options.id.empty())
    return fail(exit_status::bad_usage, "Name an execution; millrace list shows their ids.");
  if (const std::string missing = missing_database(options.database); !missing.empty())
    return fail(exit_status::bad_usage, missing);
  if (options.dry_run && !options.family)
    return fail(exit_status::bad_usage, "--dry-run goes with --family.");
  if (options.dry_run)
    return list_open_family(options);
  auto services = read_configuration(options.config);
  if (!services)
    return fail(services.error());
  session::options how;
  how.database = options.database;
  how.show_progress = !options.as_json;
  how.services = std::move(*services);
  auto running = session::open(how);
  if (!running)
    return fail(running.error());
  watch_for_interrupt();
  if (const auto done = end(running->engine(), options); !done)
    return fail(done.error());
  const exit_status shown = run_on(*running, options.id, options.as_json);
  // That it did not complete is what was asked for.
  return shown == exit_status::not_completed ? exit_status::done : shown;
}

} // namespace

void add_cancel(CLI::App& app, action& chosen) {
  auto options = std::make_shared<cancel_options>();
  CLI::App* command = app.add_subcommand("cancel", "End an execution; what it started goes on");
  command->add_flag("--family", options->family,
                    "end everything that this root started, directly or not, as well");
  command->add_flag("--dry-run", options->dry_run, "with --family: only list what would be ended");
  command->add_option("ID", options->id, "the execution's id")->type_name("");
  command->add_option("--reason", options->reason, "why, for whoever looks at it later")
      ->type_name("TEXT");
  add_database(*command, options->database);
  add_configuration(*command, options->config);
  add_output(*command, options->as_json);
  command->callback([options, &chosen] { chosen = [options] { return cancel(*options); }; });
}

} // namespace millrace::cli

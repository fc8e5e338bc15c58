// SPDX-License-Identifier: Apache-2.0
//
// millrace redrive: runs again what has ended, from its beginning or from one of its steps, and
// waits for what comes of it.
#include "commands.hpp"
#include "diagnostics.hpp"
#include "input.hpp"
#include "interrupt.hpp"
#include "outcome.hpp"
#include "session.hpp"
#include "sources.hpp"

#include <memory>

namespace millrace::cli {
namespace {

struct redrive_options {
  redrive_request request;
  std::vector<std::string> flows;
  std::string context; ///< empty: none is given
  std::string database;
  std::string config; ///< empty: millrace.json of this folder, if there is one
  bool no_wait = false;
  bool as_json = false;
};

struct redrive_handles {
  CLI::Option* context = nullptr;
  CLI::Option* from = nullptr;
  CLI::Option* visit = nullptr;
};

// A sentence that says what is wrong; empty: nothing.
std::string wrong_usage(const redrive_options& options, const redrive_handles& handles) {
  if (options.request.flow_execution_id.empty())
    return "Name an execution that has ended; millrace list shows their ids.";
  if (handles.from->count() != 0 && options.request.from_step.empty())
    return "--from is empty; name a step, or leave it out to begin at the beginning.";
  if (handles.from->count() == 0 && (handles.visit->count() != 0 || handles.context->count() != 0))
    return "--visit and --context say how to begin at a step; name it with --from.";
  if (handles.visit->count() != 0 && options.request.visit < 1)
    return "--visit must be 1 or more: visits of a step are counted from 1.";
  if (handles.visit->count() != 0 && handles.context->count() != 0)
    return "--visit takes the context before a visit, --context gives another; use one of them.";
  if (handles.context->count() != 0 && options.context.empty())
    return "--context is empty; give a JSON object.";
  return missing_database(options.database);
}

// Definitions come first, so that unfinished starts and the redrive find them.
result<session> open(const redrive_options& options, const std::vector<flow_document>& documents,
                     service_options services) {
  session::options how;
  how.database = options.database;
  how.recover = documents.empty() && !options.no_wait;
  how.show_progress = !options.as_json;
  how.services = std::move(services);
  auto running = session::open(how);
  if (!running || documents.empty())
    return running;
  if (const auto defined = running->engine().define(documents); !defined)
    return defined.error();
  if (options.no_wait)
    return running;
  if (const auto ready = running->reopen_and_recover(); !ready)
    return ready.error();
  return running;
}

exit_status redrive(redrive_options options) {
  auto documents = read_sources(options.flows);
  if (!documents)
    return fail(documents.error());
  say_warnings(check_flows(*documents, steps::registry::with_system_modules()));
  if (!options.context.empty()) {
    auto context = read_object_argument(options.context, "--context");
    if (!context)
      return fail(context.error());
    options.request.context = std::move(*context);
  }
  auto services = read_configuration(options.config);
  if (!services)
    return fail(services.error());
  auto running = open(options, *documents, std::move(*services));
  if (!running)
    return fail(running.error());
  watch_for_interrupt();
  const auto id = running->engine().redrive(options.request);
  if (!id)
    return fail(id.error());
  return options.no_wait ? show_accepted(*running, *id, options.as_json)
                         : run_on(*running, *id, options.as_json, extent::family);
}

} // namespace

void add_redrive(CLI::App& app, action& chosen) {
  auto options = std::make_shared<redrive_options>();
  CLI::App* command =
      app.add_subcommand("redrive", "Run again what has ended, from its beginning or from a step");
  command->add_option("ID", options->request.flow_execution_id, "the execution's id")
      ->type_name("");
  command
      ->add_option("FLOW", options->flows,
                   "flow files, export bundles or folders of them that are defined before")
      ->type_name("");
  redrive_handles handles;
  handles.from = command
                     ->add_option("--from", options->request.from_step,
                                  "begin at this step, with the context as it was before it")
                     ->type_name("STEP");
  handles.visit = command
                      ->add_option("--visit", options->request.visit,
                                   "before which visit of the step, from 1 (default: the last)")
                      ->type_name("N");
  handles.context = add_verbatim(*command, "--context",
                                 "begin on this context instead: a JSON object, @FILE, or - for "
                                 "standard input")
                        ->type_name("JSON|@FILE|-");
  command
      ->add_option("--version", options->request.flow_version,
                   "the flow version to run (default: the one that ran)")
      ->type_name("V");
  command->add_flag("--no-wait", options->no_wait,
                    "print the new id once the start is on disk, run nothing more");
  add_database(*command, options->database);
  add_configuration(*command, options->config);
  add_output(*command, options->as_json);
  command->callback([options, handles, &chosen] {
    chosen = [options, handles] {
      options->context = verbatim(handles.context);
      if (const std::string wrong = wrong_usage(*options, handles); !wrong.empty())
        return fail(exit_status::bad_usage, wrong);
      return redrive(*options);
    };
  });
}

} // namespace millrace::cli

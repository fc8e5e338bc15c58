// SPDX-License-Identifier: Apache-2.0
//
// millrace serve: keeps an engine open on a database, so that schedules and mail start its flows,
// until SIGINT or SIGTERM. Tells what is watched and what was started, a line each.
#include "commands.hpp"
#include "diagnostics.hpp"
#include "interrupt.hpp"
#include "output.hpp"
#include "session.hpp"
#include "sources.hpp"

#include <chrono>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace millrace::cli {
namespace {

struct serve_options {
  std::vector<std::string> flows;
  std::string database;
  std::string config;
  bool as_json = false;
};

using happened = trigger_event::what_happened;

const char* word_for(happened what) {
  switch (what) {
  case happened::started: return "started";
  case happened::missed: return "missed";
  case happened::unmatched: return "unmatched";
  case happened::failed: return "failed";
  }
  return "";
}

/// What triggers tell on a thread of the engine's, for the command's own thread to print.
class heard_events {
public:
  void add(const trigger_event& event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(event);
  }
  std::vector<trigger_event> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(events_, {});
  }

private:
  std::mutex mutex_;
  std::vector<trigger_event> events_; // guarded by mutex_
};

json::object document_of(const trigger_record& watched) {
  json::object made{{"event", "watching"},
                    {"flowDefinitionId", watched.flow_definition_id},
                    {"flowDefinitionVersion", watched.flow_definition_version},
                    {"stepInstanceId", watched.step_instance_id},
                    {"kind", watched.kind == trigger_kind::mail ? "mail" : "schedule"},
                    {"waitsFor", watched.waits_for},
                    {"missed", watched.missed}};
  const auto put_time = [&made](const char* name, std::int64_t at) {
    if (at != 0)
      made[name] = format_timestamp(at);
  };
  put_time("nextRun", watched.next_run_at);
  put_time("lastRun", watched.last_run_at);
  if (!watched.last_error.empty())
    made["lastError"] = watched.last_error;
  return made;
}

json::object document_of(const trigger_event& event) {
  json::object made{{"event", word_for(event.what)}};
  for (const auto& [name, text] : {std::pair("flowDefinitionId", &event.flow_definition_id),
                                   std::pair("stepInstanceId", &event.step_instance_id),
                                   std::pair("flowExecutionId", &event.flow_execution_id)})
    if (!text->empty())
      made[name] = *text;
  made["message"] = event.message;
  return made;
}

std::string text_of(const trigger_record& watched) {
  std::string made = "watching " + watched.flow_definition_id + '/' + watched.step_instance_id +
                     ": " + watched.waits_for;
  if (watched.next_run_at != 0)
    made += ", next " + format_timestamp(watched.next_run_at);
  if (!watched.last_error.empty())
    made += " (" + watched.last_error + ')';
  return made;
}

std::string text_of(const trigger_event& event) {
  std::string made = word_for(event.what);
  if (!event.flow_definition_id.empty())
    made += ' ' + event.flow_definition_id + '/' + event.step_instance_id;
  if (!event.flow_execution_id.empty())
    made += ' ' + event.flow_execution_id;
  return made + ": " + event.message;
}

class serve_command {
public:
  explicit serve_command(const serve_options& options) : options_(options) {}

  exit_status run() {
    if (options_.database.empty())
      return fail(exit_status::bad_usage, "Name the database with --db FILE.");
    if (options_.flows.empty() && !database_exists(options_.database))
      return fail(exit_status::bad_usage,
                  "There is no database " + options_.database + " and no flow file was named.");
    if (auto opened = open(); !opened)
      return fail(opened.error());
    watch_for_interrupt();
    const auto served = serve();
    session_->engine().stop();
    if (!is_told_)
      is_told_ = tell_watched(false);
    tell_events();
    if (!served)
      return fail(served.error());
    return out_.finish(exit_status::done);
  }

private:
  // Everything that may be refused, before a new database file is created.
  result<void> open() {
    auto documents = read_sources(options_.flows);
    if (!documents)
      return documents.error();
    const source_report report = check_flows(*documents, steps::registry::with_system_modules());
    say_warnings(report);
    // What a source lacks the database may hold; then define() decides.
    if (report.has_errors() && !database_exists(options_.database))
      return error{errc::invalid_definition, report.describe()};
    auto services = read_configuration(options_.config);
    if (!services)
      return services.error();
    if (!services->triggers.is_on)
      return error{errc::invalid_input, "The configuration turns triggers off, so there is nothing "
                                        "to serve; take \"enabled\": false out of \"triggers\"."};
    session::options how;
    how.database = options_.database;
    how.show_progress = false;
    how.services = std::move(*services);
    how.with_triggers = true;
    how.trigger_observer = [heard = heard_](const trigger_event& event) { heard->add(event); };
    auto opened = session::open(how);
    if (!opened)
      return opened.error();
    session_ = std::make_unique<session>(std::move(*opened));
    if (documents->empty())
      return {};
    auto defined = session_->engine().define(*documents);
    if (!defined)
      return defined.error();
    return {};
  }

  // Waiting for quiet of no length tells whether the engine still works.
  result<void> serve() {
    while (!is_interrupted() && out_.is_open()) {
      const auto quiet = session_->engine().wait_until_quiet(std::chrono::milliseconds(0));
      if (!quiet && quiet.error().code() != errc::timed_out)
        return quiet.error();
      if (!is_told_)
        is_told_ = tell_watched(quiet.has_value());
      if (is_told_)
        tell_events();
      std::this_thread::sleep_for(glance);
    }
    return {};
  }

  // They are known when they have been looked at once, at the latest when all is quiet.
  bool tell_watched(bool is_quiet) {
    const std::vector<trigger_record> watched = session_->engine().triggers();
    if (watched.empty() && is_quiet)
      warn("No published flow has a start point that is waited for.");
    for (const trigger_record& each : watched)
      tell(each);
    return is_quiet || !watched.empty();
  }

  void tell_events() {
    for (const trigger_event& event : heard_->take())
      tell(event);
  }

  template <class What>
  void tell(const What& what) {
    out_.write((options_.as_json ? stringify(document_of(what)) : text_of(what)) + '\n');
    out_.flush();
  }

  const serve_options& options_;
  std::shared_ptr<heard_events> heard_ = std::make_shared<heard_events>();
  std::unique_ptr<session> session_;
  standard_output out_;
  bool is_told_ = false; // what is watched
};

} // namespace

void add_serve(CLI::App& app, action& chosen) {
  auto options = std::make_shared<serve_options>();
  CLI::App* command =
      app.add_subcommand("serve", "Let schedules and mail start flows, until interrupted");
  command
      ->add_option("FLOW", options->flows,
                   "flow files, export bundles or folders of them; flows of the database count too")
      ->type_name("");
  add_database(*command, options->database);
  add_configuration(*command, options->config);
  add_output(*command, options->as_json);
  command->callback(
      [options, &chosen] { chosen = [options] { return serve_command(*options).run(); }; });
}

} // namespace millrace::cli

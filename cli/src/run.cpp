// SPDX-License-Identifier: Apache-2.0
//
// millrace run: starts a flow and waits until the family that comes of it has ended or waits for
// events. Bad input is found before anything is written.
#include "run_options.hpp"

#include "commands.hpp"
#include "deliveries.hpp"
#include "diagnostics.hpp"
#include "input.hpp"
#include "interrupt.hpp"
#include "outcome.hpp"
#include "query.hpp"
#include "session.hpp"
#include "sources.hpp"
#include "unfinished.hpp"

#include <millrace/flow_test.hpp>

#include <functional>
#include <memory>

namespace millrace::cli {
namespace {

constexpr const char* trigger_source = "millrace run";

// The root of a family alone.
execution_filter only_root(const std::string& id) {
  execution_filter filter;
  filter.root_flow_execution_id = id;
  filter.limit = 1;
  return filter;
}

class run_command {
public:
  explicit run_command(const run_options& options) : options_(options) {}

  exit_status run() {
    if (const std::string wrong = wrong_usage(options_); !wrong.empty())
      return fail(exit_status::bad_usage, wrong);
    is_existing_ = !options_.database.empty() && database_exists(options_.database);
    auto prepared = prepare();
    if (!prepared)
      return fail(prepared.error());
    watch_for_interrupt();
    return options_.recover_only ? recover() : start();
  }

private:
  // Everything that may be refused, before a new database file is created.
  result<void> prepare() {
    auto documents = read_sources(options_.flows);
    if (!documents)
      return documents.error();
    if (auto mocked = read_mocks(*documents); !mocked)
      return mocked.error();
    const source_report report = check_flows(*documents, steps_);
    say_warnings(report);
    // What a source lacks the database may hold; then define() decides.
    if (report.has_errors() && !is_existing_)
      return invalid(report);
    if (auto read = read_input(); !read)
      return read.error();
    auto services = read_configuration(options_.config);
    if (!services)
      return services.error();
    services_ = std::move(*services);
    if (!is_existing_ && !options_.recover_only)
      if (auto chosen = choose(report.flows, report.flows); !chosen)
        return chosen.error();
    return open(*documents, report.flows);
  }

  result<void> read_mocks(const std::vector<flow_document>& documents) {
    if (options_.mocks.empty())
      return {};
    auto reading = simulation::read_mocks(options_.mocks, documents);
    std::string problems;
    for (const simulation::file_problem& each : reading.problems)
      problems += each.describe() + '\n';
    if (!problems.empty())
      return error{errc::invalid_input, problems};
    return simulation::put_mocks(std::move(reading.mocks), steps_);
  }

  result<void> open(const std::vector<flow_document>& documents,
                    const std::vector<flow_version>& sources) {
    session::options how{options_.database, options_.durability, false, !options_.as_json, steps_,
                         services_};
    auto opened = session::open(how);
    if (!opened)
      return opened.error();
    session_ = std::make_unique<session>(std::move(*opened));
    if (!documents.empty())
      if (auto defined = session_->engine().define(documents); !defined)
        return defined.error();
    if (!is_existing_)
      return {};
    if (!options_.recover_only)
      if (auto chosen = choose(session_->engine().known_flows(), sources); !chosen)
        return chosen.error();
    return take_up_unfinished();
  }

  // The definitions come first, so that unfinished starts find them; then what is unfinished.
  result<void> take_up_unfinished() {
    if (options_.no_wait)
      return {};
    const list_function list = list_of(session_->engine());
    auto found = options_.recover_only ? find_unfinished(list) : find_any_unfinished(list);
    if (!found)
      return found.error();
    unfinished_ = std::move(*found);
    if (unfinished_.families.empty())
      return {};
    return session_->reopen_and_recover();
  }

  static error invalid(const source_report& report) {
    std::string errors;
    for (const source_problem& each : report.problems)
      if (each.what.severity == flows::problem::severity_type::error)
        errors += describe(each) + '\n';
    return {errc::invalid_definition, errors};
  }

  result<void> read_input() {
    if (auto read = read_notification_config(); !read)
      return read.error();
    if (options_.input.empty())
      return {};
    auto input = read_object_argument(options_.input, "--input");
    if (!input)
      return input.error();
    request_.initial_context_data = std::move(*input);
    return {};
  }

  result<void> read_notification_config() {
    if (options_.notify.empty())
      return {};
    auto config = read_object_argument(options_.notify, "--notify");
    if (!config)
      return config.error();
    auto checked = parse_start_request(json::object{{"flowDefinitionId", "checked alone"},
                                                    {"notificationConfig", std::move(*config)}});
    if (!checked)
      return error{checked.error().code(), "--notify: " + checked.error().message()};
    request_.notification_config = std::move(checked->notification_config);
    return {};
  }

  result<void> choose(const std::vector<flow_version>& known,
                      const std::vector<flow_version>& sources) {
    auto choice = choose_flow(known, sources, options_.flow, options_.version);
    if (!choice)
      return choice.error();
    request_.flow_definition_id = choice->flow_definition_id;
    request_.flow_version = choice->version;
    request_.trigger_source = trigger_source;
    return {};
  }

  exit_status start() {
    auto id = session_->engine().start(request_);
    if (!id)
      return fail(id.error());
    request_ = {}; // its context may be large, and the engine has it
    if (options_.no_wait)
      return show_accepted(*session_, *id, options_.as_json);
    session_->watch(*id);
    auto ended = session_->wait(options_.timeout, unless_others_go_on(*id));
    if (!ended)
      return fail(ended.error());
    auto root = session_->engine().list(only_root(*id));
    if (!root)
      return fail(root.error());
    if (root->empty())
      return fail(exit_status::engine_failed, "The execution " + *id + " is not in the database.");
    explain(*ended);
    warn_of_failed_deliveries(list_of(session_->engine()), root->front().position,
                              options_.database);
    const execution_status status = root->front().status;
    const bool is_cut = *ended == wait_end::timed_out || *ended == wait_end::interrupted;
    const bool unfinished = is_cut && status != execution_status::completed;
    return show({*id}, unfinished ? exit_status::not_completed : status_of(status));
  }

  // Recovered executions may take for ever (a delay of a day); only the new family is waited for.
  std::function<result<bool>()> unless_others_go_on(const std::string& root) {
    if (unfinished_.families.empty())
      return {};
    return [this, root] { return is_settled(list_of(session_->engine()), root); };
  }

  exit_status recover() {
    std::vector<std::string> roots;
    for (const auto& [root, is_own] : unfinished_.families)
      roots.push_back(root);
    if (roots.empty())
      say("Nothing in " + options_.database + " is unfinished.");
    auto ended = session_->wait(options_.timeout);
    if (!ended)
      return fail(ended.error());
    explain(*ended);
    exit_status status = *ended == wait_end::quiet ? exit_status::done : exit_status::not_completed;
    for (const auto& [root, was_unfinished] : unfinished_.families) {
      auto found = session_->engine().list(only_root(root));
      if (!found)
        return fail(found.error());
      if (was_unfinished && !found->empty() &&
          status_of(found->front().status) != exit_status::done)
        status = exit_status::not_completed;
    }
    return show(roots, status);
  }

  // Why the wait ended before everything had, and what to do.
  void explain(wait_end ended) const {
    if (ended == wait_end::quiet)
      return;
    if (ended == wait_end::enough) {
      say("Executions that were unfinished before are so still; they go on with: millrace run "
          "--recover-only --db " +
          options_.database);
      return;
    }
    const std::string what =
        ended == wait_end::timed_out
            ? "The time limit of " + options_.timeout_text + " s came before the end"
            : std::string("Interrupted");
    if (options_.database.empty())
      warn(what + "; without --db nothing was kept of what had not ended.");
    else
      warn(what + "; what has not ended goes on with: millrace run --recover-only --db " +
           options_.database);
  }

  void say_stand_ins() const {
    for (const stand_in& each : session_->engine().stand_ins())
      say(each.identifier + " was run by " + each.what + '.');
  }

  exit_status show(const std::vector<std::string>& roots, exit_status status) {
    say_stand_ins();
    standard_output out;
    const list_function list = list_of(session_->engine());
    executions_document document(out, true);
    for (const std::string& root : roots) {
      if (!options_.as_json) {
        auto text = describe_family(list, root, look_of_output());
        if (!text)
          return fail(text.error());
        out.write((root == roots.front() ? "" : "\n") + *text);
      } else if (auto added = document.add_family(list, root); !added) {
        return fail(added.error());
      }
    }
    if (options_.as_json)
      document.close();
    return out.finish(status);
  }

  const run_options& options_;
  bool is_existing_ = false;
  start_request request_;
  steps::registry steps_ = steps::registry::with_system_modules();
  service_options services_;
  unfinished_work unfinished_;
  std::unique_ptr<session> session_;
};

} // namespace

void add_run(CLI::App& app, action& chosen) {
  auto options = std::make_shared<run_options>();
  CLI::App* command = app.add_subcommand("run", "Start a flow and wait for all that comes of it");
  const run_option_handles handles = declare(*command, *options);
  command->callback([options, handles, &chosen] {
    chosen = [options, handles] {
      if (const std::string wrong = complete(*options, handles); !wrong.empty())
        return fail(exit_status::bad_usage, wrong);
      return run_command(*options).run();
    };
  });
}

} // namespace millrace::cli

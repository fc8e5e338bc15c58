// SPDX-License-Identifier: Apache-2.0
//
// millrace resume: hands an event to the execution that waits for it, then runs what can run.
#include "commands.hpp"
#include "diagnostics.hpp"
#include "input.hpp"
#include "interrupt.hpp"
#include "outcome.hpp"
#include "session.hpp"

#include <memory>

namespace millrace::cli {
namespace {

// An execution that a crash stopped just before its wait gets this long to come to it.
constexpr std::chrono::seconds arrival_limit{5};

struct resume_options {
  std::string key;
  std::string database;
  std::string config; ///< empty: millrace.json of this folder, if there is one
  bool as_json = false;
};

result<std::string> deliver(session& running, const std::string& key, const json::value& payload) {
  auto id = running.engine().resume(key, payload);
  if (id || id.error().code() != errc::not_found)
    return id;
  if (const auto quiet = running.engine().wait_until_quiet(arrival_limit);
      !quiet && quiet.error().code() != errc::timed_out)
    return quiet.error();
  return running.engine().resume(key, payload);
}

exit_status resume(const resume_options& options, const std::string& payload_text) {
  if (options.key.empty())
    return fail(exit_status::bad_usage,
                "Name the correlation key; millrace list --status WAITING finds who waits, "
                "millrace show ID says for which key.");
  if (const std::string missing = missing_database(options.database); !missing.empty())
    return fail(exit_status::bad_usage, missing);
  json::value payload = json::object();
  if (!payload_text.empty()) {
    auto read = read_json_argument(payload_text, "--payload");
    if (!read)
      return fail(read.error());
    payload = std::move(*read);
  }
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
  const auto id = deliver(*running, options.key, payload);
  if (!id)
    return fail(id.error());
  return run_on(*running, *id, options.as_json);
}

} // namespace

void add_resume(CLI::App& app, action& chosen) {
  auto options = std::make_shared<resume_options>();
  CLI::App* command = app.add_subcommand("resume", "Hand an event to an execution that waits");
  command->add_option("KEY", options->key, "the correlation key it waits under")->type_name("");
  const CLI::Option* payload =
      add_verbatim(*command, "--payload",
                   "the event: JSON, @FILE, or - for standard input (default: {})")
          ->type_name("JSON|@FILE|-");
  add_database(*command, options->database);
  add_configuration(*command, options->config);
  add_output(*command, options->as_json);
  command->callback([options, payload, &chosen] {
    chosen = [options, payload] { return resume(*options, verbatim(payload)); };
  });
}

} // namespace millrace::cli

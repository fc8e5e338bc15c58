// SPDX-License-Identifier: Apache-2.0
//
// millrace verify: whether a database is sound.
#include "commands.hpp"
#include "diagnostics.hpp"
#include "output.hpp"
#include "session.hpp"

#include <millrace/verify.hpp>

#include <memory>

namespace millrace::cli {
namespace {

struct verify_options {
  std::string database;
  bool as_json = false;
};

std::string counted(std::int64_t number, const char* what) {
  return std::to_string(number) + ' ' + what;
}

std::string describe_text(const audit_report& report, const std::string& database) {
  std::string text = "checked    " + counted(report.executions, "executions, ") +
                     counted(report.open_executions, "of them open, ") +
                     counted(report.replayed_executions, "replayed\n") + "           " +
                     counted(report.journal_entries, "journal entries, ") +
                     counted(report.waits, "waits, ") +
                     counted(report.inbox_entries, "inbox entries, ") +
                     counted(report.step_records, "step records\n") + "           " +
                     counted(report.pinned_definitions, "pinned definitions, ") +
                     counted(report.spent_ids, "spent ids\n");
  for (const audit_finding& each : report.findings)
    text += each.check + ": " + each.message + '\n';
  if (report.is_sound())
    return text + "The database " + database + " is sound.\n";
  const auto all = static_cast<std::int64_t>(report.findings.size()) + report.further_findings;
  return text + "The database " + database + " is not sound: " + counted(all, "findings") +
         (report.further_findings > 0
              ? ", of which " + std::to_string(report.findings.size()) + " are listed"
              : std::string()) +
         ".\n";
}

exit_status verify(const verify_options& options) {
  if (const std::string missing = missing_database(options.database); !missing.empty())
    return fail(exit_status::bad_usage, missing);
  const auto report = verify_database(options.database);
  if (!report)
    return fail(report.error());
  standard_output out;
  out.write(options.as_json ? stringify(to_json(*report)) + '\n'
                            : describe_text(*report, options.database));
  return out.finish(report->is_sound() ? exit_status::done : exit_status::not_completed);
}

} // namespace

void add_verify(CLI::App& app, action& chosen) {
  auto options = std::make_shared<verify_options>();
  CLI::App* command = app.add_subcommand("verify", "Check that a database is sound");
  command->footer("Exit status: 0 it is sound; 1 there are findings; 3 it cannot be opened or an "
                  "engine has it.\nNothing is changed.");
  add_database(*command, options->database);
  add_output(*command, options->as_json);
  command->callback([options, &chosen] { chosen = [options] { return verify(*options); }; });
}

} // namespace millrace::cli

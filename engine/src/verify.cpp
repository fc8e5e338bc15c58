// SPDX-License-Identifier: Apache-2.0
#include <millrace/verify.hpp>

#include "replay.hpp"

namespace millrace {
namespace {

// Keys of open executions that are read at once.
constexpr std::size_t replay_page = 1000;

void add(audit_report& report, audit_finding finding) {
  if (report.findings.size() < audit_findings_max)
    report.findings.push_back(std::move(finding));
  else
    ++report.further_findings;
}

result<void> count(storage::database_audit& audit, audit_report& report) {
  const auto counts = audit.counts();
  if (!counts)
    return counts.error();
  report.executions = counts->executions;
  report.open_executions = counts->open_executions;
  report.journal_entries = counts->journal_entries;
  report.waits = counts->waits;
  report.inbox_entries = counts->inbox_entries;
  report.step_records = counts->step_records;
  report.pinned_definitions = counts->pinned_definitions;
  report.spent_ids = counts->spent_ids;
  return {};
}

result<void> replay_one(storage::database_audit& audit, replayer& replay,
                        storage::execution_key key, audit_report& report) {
  const auto row = audit.rows().find_execution(key);
  if (!row)
    return row.error();
  return replay.check(key, [&](const char* check, const std::string& what) {
    add(report, {check, row->id,
                 "The execution " + row->id + ' ' + what +
                     "; restore a backup in which they agree, or cancel the execution."});
  });
}

result<void> replay_all(storage::database_audit& audit, audit_report& report) {
  replayer replay(audit);
  storage::execution_key after = 0;
  for (;;) {
    const auto page = audit.begun(after, replay_page);
    if (!page)
      return page.error();
    if (page->empty())
      return {};
    for (const storage::execution_key key : *page) {
      if (auto replayed = replay_one(audit, replay, key, report); !replayed)
        return replayed;
      ++report.replayed_executions;
    }
    after = page->back();
  }
}

result<void> check_all(storage::database_audit& audit, audit_report& report) {
  const auto note = [&report](storage::audit_finding found) {
    add(report, {std::move(found.check), std::move(found.execution_id), std::move(found.message)});
  };
  if (auto checked = audit.check_file(note); !checked)
    return checked;
  if (auto counted = count(audit, report); !counted)
    return counted;
  if (auto checked = audit.check_rows(note); !checked)
    return checked;
  return replay_all(audit, report);
}

} // namespace

result<audit_report> verify_database(const std::string& path) {
  auto audit = storage::database_audit::open(path);
  if (!audit)
    return audit.error();
  audit_report report;
  // A file that is damaged enough cannot be read to its end; what was found by then says why.
  if (auto checked = check_all(**audit, report); !checked && report.is_sound())
    return checked.error();
  return report;
}

json::object to_json(const audit_report& report) {
  json::array findings;
  for (const audit_finding& each : report.findings)
    findings.push_back(
        json::object{{"check", each.check},
                     {"flowExecutionId", each.flow_execution_id.empty()
                                             ? json::value(nullptr)
                                             : json::value(json::string(each.flow_execution_id))},
                     {"message", each.message}});
  json::object out{{"sound", report.is_sound()},
                   {"checked", json::object{{"executions", report.executions},
                                            {"openExecutions", report.open_executions},
                                            {"replayedExecutions", report.replayed_executions},
                                            {"journalEntries", report.journal_entries},
                                            {"waits", report.waits},
                                            {"inboxEntries", report.inbox_entries},
                                            {"stepRecords", report.step_records},
                                            {"pinnedDefinitions", report.pinned_definitions},
                                            {"spentIds", report.spent_ids}}},
                   {"findings", std::move(findings)}};
  if (report.further_findings > 0)
    out["furtherFindings"] = report.further_findings;
  return out;
}

} // namespace millrace

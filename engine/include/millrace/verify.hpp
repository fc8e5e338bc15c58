// SPDX-License-Identifier: Apache-2.0
//
// Whether a database is sound: an audit that needs no engine and changes nothing.
#pragma once

#include <millrace/error.hpp>
#include <millrace/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace millrace {

/// Something in a database that must not be.
struct audit_finding {
  /// Which check found it: integrity, schema, ids, message_ids, spent_ids, starts, lineage, status,
  /// input, begins, ends, definitions, journal, orphans, open_only, replay or waits.
  std::string check;
  std::string flow_execution_id; ///< empty: of no one execution
  std::string message;           ///< one sentence: what is wrong and what to do
};

/// What an audit looked at and what it found.
struct audit_report {
  std::int64_t executions = 0;
  std::int64_t open_executions = 0;
  std::int64_t replayed_executions = 0; ///< open ones whose state was made from their journals
  std::int64_t journal_entries = 0;
  std::int64_t waits = 0;
  std::int64_t inbox_entries = 0;
  std::int64_t step_records = 0;
  std::int64_t pinned_definitions = 0;
  std::int64_t spent_ids = 0;
  /// At most audit_findings_max; `further_findings` says how many more there were.
  std::vector<audit_finding> findings;
  std::int64_t further_findings = 0;

  [[nodiscard]] bool is_sound() const noexcept { return findings.empty(); }
};

/// Findings that a report lists.
inline constexpr std::size_t audit_findings_max = 1000;

/// Audits the database file `path`: the file itself; that every start has one child and every child
/// one start; lineage; that no row is without its execution; that the journals of open executions
/// replay to what their rows say. Reads only; no engine can open the file meanwhile, unless its
/// folder cannot be written. Errors: `database_unusable` (not ours, another version, in use by an
/// engine, which is named, not readable), `database_failed`. Memory: bounded by the largest single
/// execution.
[[nodiscard]] result<audit_report> verify_database(const std::string& path);

/// The report as the command line prints it: {"sound", "checked": {...}, "findings": [...]}.
[[nodiscard]] json::object to_json(const audit_report& report);

} // namespace millrace

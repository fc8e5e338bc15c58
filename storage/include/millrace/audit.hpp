// SPDX-License-Identifier: Apache-2.0
//
// Whether a database says nothing that contradicts itself, as far as rows can tell: what is in the
// JSON texts is for the rooms that write them. Reads only; nothing in it relies on an index, since
// a damaged one is what it looks for.
#pragma once

#include <millrace/store.hpp>

#include <functional>

namespace millrace::storage {

/// Something that must not be.
struct audit_finding {
  std::string check;        ///< which one found it: a word
  std::string execution_id; ///< empty: of no one execution
  std::string message;      ///< one sentence: what is wrong and what to do
};

/// What there was to be looked at.
struct audit_counts {
  std::int64_t executions = 0;
  std::int64_t open_executions = 0;
  std::int64_t journal_entries = 0;
  std::int64_t waits = 0;
  std::int64_t inbox_entries = 0;
  std::int64_t step_records = 0;
  std::int64_t pinned_definitions = 0;
  std::int64_t spent_ids = 0;
};

using finding_function = std::function<void(audit_finding)>;

/// A database under audit. No engine can open it meanwhile, unless its folder cannot be written.
/// One thread at a time. Memory: bounded, whatever the size of the database; what SQLite sorts goes
/// to temporary files.
class database_audit {
public:
  /// Errors: `database_unusable`: not ours, another version, held by an engine (naming its
  /// process), not readable; `database_failed`. Nothing is changed.
  [[nodiscard]] static result<std::unique_ptr<database_audit>> open(const std::string& path);
  virtual ~database_audit() = default;
  database_audit(const database_audit&) = delete;
  database_audit& operator=(const database_audit&) = delete;

  /// The same database for queries.
  [[nodiscard]] virtual store& rows() noexcept = 0;
  [[nodiscard]] virtual result<audit_counts> counts() = 0;
  /// The file as such: SQLite's own check, tables and indexes. Errors: database_failed.
  [[nodiscard]] virtual result<void> check_file(const finding_function& report) = 0;
  /// The rows: ids, starts, lineage, orphans, ends, journals. Errors: database_failed.
  [[nodiscard]] virtual result<void> check_rows(const finding_function& report) = 0;
  /// Keys above `after` of open executions that have begun, ascending. Errors: database_failed.
  [[nodiscard]] virtual result<std::vector<execution_key>> begun(execution_key after,
                                                                 std::size_t limit) = 0;
  /// The last visit in which an execution started a child that is there; 0: none. Errors:
  /// database_failed.
  [[nodiscard]] virtual result<std::int64_t> last_start(execution_key parent) = 0;

protected:
  database_audit() = default;
};

} // namespace millrace::storage

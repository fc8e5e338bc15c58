// SPDX-License-Identifier: Apache-2.0
#include "queries.hpp"

#include <algorithm>
#include <limits>

namespace millrace::storage {

namespace {

constexpr std::string_view row_columns = R"sql(
SELECT e.key, e.id, e.message_id, e.status, e.kind, e.depth, e.root, e.parent,
       (SELECT id FROM execution WHERE key = e.root),
       (SELECT id FROM execution WHERE key = e.parent),
       e.parent_step, e.parent_visit, e.flow_definition_id, e.flow_version_asked, e.flow_version,
       e.definition, e.trigger_source, e.accepted_at, e.started_at, e.ended_at, e.due_at,
       e.started_children, e.removed_children, e.error_info)sql";

constexpr std::string_view large_columns = R"sql(,
       (SELECT input FROM execution_input WHERE execution = e.key),
       (SELECT context FROM execution_result WHERE execution = e.key),
       (SELECT path FROM execution_result WHERE execution = e.key),
       (SELECT stopped_before FROM execution_result WHERE execution = e.key))sql";

/// Reads the columns of row_columns, then those of large_columns when they were asked for.
execution_row read_row(const statement& row, bool with_large_columns) {
  execution_row result;
  int column = 0;
  result.key = row.number(column++);
  result.id = row.text(column++);
  result.message_id = row.text(column++);
  result.status = static_cast<execution_status>(row.number(column++));
  result.kind = static_cast<execution_kind>(row.number(column++));
  result.depth = row.number(column++);
  result.root = row.number(column++);
  result.parent = row.number(column++);
  result.root_id = row.text(column++);
  result.parent_id = row.text(column++);
  result.parent_step = row.text(column++);
  result.parent_visit = row.number(column++);
  result.flow_definition_id = row.text(column++);
  result.flow_version_asked = row.text(column++);
  result.flow_version = row.number(column++);
  result.definition = row.number(column++);
  result.trigger_source = row.text(column++);
  result.accepted_at = row.number(column++);
  result.started_at = row.number(column++);
  result.ended_at = row.number(column++);
  result.due_at = row.number(column++);
  result.started_children = row.number(column++);
  result.removed_children = row.number(column++);
  result.error_info = row.text(column++);
  if (with_large_columns) {
    result.start_input = row.text(column++);
    result.context = row.text(column++);
    result.path = row.text(column++);
    result.stopped_before = row.text(column);
  }
  return result;
}

std::string select_whole_row(std::string_view condition) {
  std::string sql(row_columns);
  return sql.append(large_columns).append(" FROM execution e WHERE ").append(condition);
}

std::optional<execution_row> first_row(statement& rows) {
  if (!rows.step()) {
    return std::nullopt;
  }
  return read_row(rows, true);
}

std::int64_t as_limit(std::size_t limit) noexcept {
  constexpr auto most = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(limit, most));
}

std::vector<execution_key> read_keys(statement& rows) {
  std::vector<execution_key> keys;
  while (rows.step()) {
    keys.push_back(rows.number(0));
  }
  return keys;
}

/// The index that finds executions of a status, named in the query because SQLite would not see
/// that a status it learns only later implies the index's condition.
std::string_view source_for(std::optional<execution_status> status) {
  if (!status || *status == execution_status::completed) {
    return " FROM execution e WHERE e.key > ?1";
  }
  if (*status < execution_status::waiting) {
    return " FROM execution e INDEXED BY execution_unfinished WHERE e.key > ?1 AND e.status < 2";
  }
  if (*status == execution_status::waiting) {
    return " FROM execution e INDEXED BY execution_waiting WHERE e.key > ?1 AND e.status = 2";
  }
  return " FROM execution e INDEXED BY execution_ended_badly WHERE e.key > ?1 AND e.status > 3";
}

// Numbers of the parameters that a query may or may not have.
constexpr int status_parameter = 3;
constexpr int flow_parameter = 4;
constexpr int root_parameter = 5;
constexpr int parent_parameter = 6;

/// A family, or the children of one execution, are a smaller set than the executions of any status.
std::string_view source_for(const execution_query& query) {
  if (!query.root_id.empty()) {
    return " FROM execution e INDEXED BY execution_root WHERE e.key > ?1";
  }
  if (!query.parent_id.empty()) {
    return " FROM execution e INDEXED BY execution_child WHERE e.key > ?1";
  }
  return source_for(query.status);
}

std::string select_rows(const execution_query& query) {
  std::string sql(row_columns);
  if (query.large_columns) {
    sql += large_columns;
  }
  sql += source_for(query);
  if (query.status) {
    sql += " AND e.status = ?3";
  }
  if (query.only_open) {
    sql += " AND e.status < 3";
  }
  if (!query.flow_definition_id.empty()) {
    sql += " AND e.flow_definition_id = ?4";
  }
  if (!query.root_id.empty()) {
    sql += " AND e.root = (SELECT key FROM execution WHERE id = ?5)";
  }
  if (!query.parent_id.empty()) {
    sql += " AND e.parent = (SELECT key FROM execution WHERE id = ?6)";
  }
  if (query.of != execution_query::selection::all) {
    const bool deliveries = query.of == execution_query::selection::deliveries;
    sql += deliveries ? " AND e.kind = 3" : " AND e.kind <> 3"; // execution_kind::delivery
  }
  return sql + " ORDER BY e.key LIMIT ?2";
}

} // namespace

std::optional<execution_row> find_by_id(connection& database, std::string_view id) {
  static const std::string sql = select_whole_row("e.id = ?1");
  const borrowed_statement rows = database.use(sql);
  return first_row(rows->bind(id));
}

std::optional<execution_row> find_by_key(connection& database, execution_key key) {
  static const std::string sql = select_whole_row("e.key = ?1");
  const borrowed_statement rows = database.use(sql);
  return first_row(rows->bind(key));
}

std::optional<execution_row> find_by_parent(connection& database, execution_key parent,
                                            std::string_view step, std::int64_t visit) {
  static const std::string sql =
      select_whole_row("e.parent = ?1 AND e.parent_step = ?2 AND e.parent_visit = ?3");
  const borrowed_statement rows = database.use(sql);
  return first_row(rows->bind(parent, step, visit));
}

std::vector<execution_row> find_rows(connection& database, const execution_query& query) {
  const borrowed_statement rows = database.use(select_rows(query));
  rows->bind(query.after, as_limit(query.limit));
  if (query.status) {
    rows->bind_at(status_parameter, static_cast<std::int64_t>(*query.status));
  }
  if (!query.flow_definition_id.empty()) {
    rows->bind_at(flow_parameter, query.flow_definition_id);
  }
  if (!query.root_id.empty()) {
    rows->bind_at(root_parameter, query.root_id);
  }
  if (!query.parent_id.empty()) {
    rows->bind_at(parent_parameter, query.parent_id);
  }
  std::vector<execution_row> found;
  while (rows->step()) {
    found.push_back(read_row(*rows, query.large_columns));
  }
  return found;
}

std::vector<execution_key> find_unfinished(connection& database, execution_key after,
                                           std::size_t limit) {
  const borrowed_statement rows =
      database.use("SELECT key FROM execution INDEXED BY execution_unfinished"
                   " WHERE status < 2 AND key > ?1 ORDER BY key LIMIT ?2");
  return read_keys(rows->bind(after, as_limit(limit)));
}

std::vector<execution_key> find_due(connection& database, std::int64_t now, std::size_t limit) {
  const borrowed_statement rows =
      database.use("SELECT key FROM execution INDEXED BY execution_due"
                   " WHERE status = 2 AND due_at IS NOT NULL AND due_at <= ?1"
                   " ORDER BY due_at, key LIMIT ?2");
  return read_keys(rows->bind(now, as_limit(limit)));
}

std::vector<execution_key> find_with_inbox(connection& database, std::size_t limit) {
  const borrowed_statement rows =
      database.use("SELECT DISTINCT i.execution FROM inbox i INDEXED BY inbox_execution"
                   " CROSS JOIN execution e ON e.key = i.execution WHERE e.status = 2"
                   " ORDER BY i.execution LIMIT ?1");
  return read_keys(rows->bind(as_limit(limit)));
}

std::int64_t find_next_due(connection& database, std::int64_t after) {
  const borrowed_statement row = database.use(
      "SELECT due_at FROM execution INDEXED BY execution_due"
      " WHERE status = 2 AND due_at IS NOT NULL AND due_at > ?1 ORDER BY due_at LIMIT 1");
  return row->bind(after).step() ? row->number(0) : 0;
}

std::int64_t find_next_wake(connection& database) {
  const borrowed_statement row =
      database.use("SELECT due_at FROM execution INDEXED BY execution_wake"
                   " WHERE status = 2 AND wakes_itself = 1 AND due_at > 0 ORDER BY due_at LIMIT 1");
  return row->step() ? row->number(0) : 0;
}

execution_key find_waiting_for(connection& database, std::string_view correlation_key) {
  const borrowed_statement row = database.use(
      "SELECT execution FROM wait WHERE correlation_key = ?1 ORDER BY execution LIMIT 1");
  return row->bind(correlation_key).step() ? row->number(0) : 0;
}

std::vector<wait_entry> read_waits(connection& database, execution_key key) {
  const borrowed_statement rows =
      database.use("SELECT correlation_key, cursor FROM wait WHERE execution = ?1 ORDER BY 1, 2");
  rows->bind(key);
  std::vector<wait_entry> found;
  while (rows->step()) {
    found.push_back({rows->text(0), rows->text(1)});
  }
  return found;
}

stored_state read_state(connection& database, execution_key key) {
  stored_state state;
  {
    const borrowed_statement row =
        database.use("SELECT state, sequence FROM snapshot WHERE execution = ?1");
    if (row->bind(key).step()) {
      state.snapshot = row->text(0);
      state.snapshot_sequence = state.journal_sequence = row->number(1);
    }
  }
  const borrowed_statement deltas =
      database.use("SELECT delta, sequence FROM journal WHERE execution = ?1 AND sequence > ?2 "
                   "ORDER BY sequence");
  deltas->bind(key, state.snapshot.empty() ? std::numeric_limits<std::int64_t>::min()
                                           : state.snapshot_sequence);
  while (deltas->step()) {
    state.deltas.push_back(deltas->text(0));
    state.journal_sequence = deltas->number(1);
  }
  const borrowed_statement inbox =
      database.use("SELECT id, cursor, payload FROM inbox WHERE execution = ?1 ORDER BY id");
  inbox->bind(key);
  while (inbox->step()) {
    state.inbox.push_back({inbox->number(0), inbox->text(1), inbox->text(2)});
  }
  return state;
}

std::vector<step_record> read_step_records(connection& database, execution_key key) {
  const borrowed_statement rows =
      database.use("SELECT sequence, step_instance_id, record FROM step_record"
                   " WHERE execution = ?1 ORDER BY sequence");
  rows->bind(key);
  std::vector<step_record> found;
  while (rows->step()) {
    found.push_back({rows->number(0), rows->text(1), rows->text(2)});
  }
  return found;
}

std::int64_t count_members(connection& database, execution_key root) {
  const borrowed_statement row = database.use("SELECT count(*) FROM execution WHERE root = ?1");
  return row->bind(root).step() ? row->number(0) : 0;
}

std::int64_t count_started_by(connection& database, execution_key parent) {
  const borrowed_statement row =
      database.use("SELECT (SELECT count(*) FROM execution WHERE parent = ?1 AND kind <> 3)"
                   " + coalesce((SELECT removed_children FROM execution WHERE key = ?1), 0)");
  return row->bind(parent).step() ? row->number(0) : 0;
}

execution_key read_last_key(connection& database) {
  const borrowed_statement row = database.use("SELECT max(key) FROM execution");
  return row->step() ? row->number(0) : 0;
}

store_counts read_counts(connection& database) {
  const borrowed_statement row = database.use(
      "SELECT (SELECT count(*) FROM execution),"
      " (SELECT count(*) FROM execution INDEXED BY execution_unfinished WHERE status < 2),"
      " (SELECT count(*) FROM execution INDEXED BY execution_waiting WHERE status = 2)");
  return row->step() ? store_counts{row->number(0), row->number(1), row->number(2)}
                     : store_counts{};
}

} // namespace millrace::storage

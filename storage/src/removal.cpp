// SPDX-License-Identifier: Apache-2.0
#include "removal.hpp"

namespace millrace::storage {

namespace {

/// What has to be known of an execution that may go.
struct finished_execution {
  execution_key key = 0;
  std::string id;
  execution_key parent = 0;
  bool id_given = false;
  bool is_delivery = false;
};

// Numbers: status above 2 is terminal, kind 2 is a called flow, 3 a delivery. The end of a called
// flow is in its caller's inbox until the caller has committed what it read of it.
constexpr std::string_view find_removable_sql = R"sql(
SELECT e.id, e.parent, e.id_given, e.kind = 3 FROM execution e
 WHERE e.key = ?1 AND e.status > 2 AND e.key < (SELECT max(key) FROM execution)
   AND NOT EXISTS (SELECT 1 FROM execution c WHERE c.parent = ?1)
   AND NOT (e.kind = 2 AND EXISTS (SELECT 1 FROM inbox i WHERE i.execution = e.parent)))sql";

// A slice of them, because one execution may have any number.
constexpr std::string_view remove_records_sql = R"sql(
DELETE FROM step_record
 WHERE execution = ?1
   AND sequence IN (SELECT sequence FROM step_record WHERE execution = ?1 LIMIT ?2))sql";

constexpr std::string_view forget_ids_sql = R"sql(
DELETE FROM spent_id
 WHERE id IN (SELECT id FROM spent_id WHERE removed_at <= ?1 ORDER BY removed_at LIMIT ?2))sql";

std::optional<finished_execution> find_removable(connection& database, execution_key key) {
  const borrowed_statement row = database.use(find_removable_sql);
  if (!row->bind(key).step()) {
    return std::nullopt;
  }
  return finished_execution{key, row->text(0), row->number(1), row->number(2) != 0,
                            row->number(3) != 0};
}

/// The number of rows that are gone.
std::size_t remove_one(connection& database, const finished_execution& gone, std::int64_t now) {
  std::size_t rows = 0;
  for (const std::string_view sql : {"DELETE FROM execution_input WHERE execution = ?1",
                                     "DELETE FROM execution_result WHERE execution = ?1",
                                     "DELETE FROM execution WHERE key = ?1"}) {
    rows += static_cast<std::size_t>(database.use(sql)->bind(gone.key).run());
  }
  if (gone.id_given) {
    database.use("INSERT OR REPLACE INTO spent_id (id, removed_at) VALUES (?1, ?2)")
        ->bind(gone.id, now)
        .run();
  } else if (gone.parent != 0 && !gone.is_delivery) {
    database.use("UPDATE execution SET removed_children = removed_children + 1 WHERE key = ?1")
        ->bind(gone.parent)
        .run();
  }
  return rows;
}

} // namespace

std::vector<swept_row> read_rows_below(connection& database, execution_key below,
                                       std::size_t limit) {
  const borrowed_statement rows =
      database.use("SELECT key, status, ended_at, definition FROM execution WHERE key < ?1"
                   " ORDER BY key DESC LIMIT ?2");
  rows->bind(below, static_cast<std::int64_t>(limit));
  std::vector<swept_row> found;
  while (rows->step()) {
    found.push_back({rows->number(0), static_cast<execution_status>(rows->number(1)),
                     rows->number(2), rows->number(3)});
  }
  return found;
}

std::vector<std::int64_t> read_pinned_keys(connection& database) {
  const borrowed_statement rows = database.use("SELECT key FROM pinned_definition ORDER BY key");
  std::vector<std::int64_t> keys;
  while (rows->step()) {
    keys.push_back(rows->number(0));
  }
  return keys;
}

removal remove_finished(connection& database, std::span<const execution_key> keys, std::int64_t now,
                        std::size_t rows_max) {
  removal done;
  std::size_t rows = 0;
  for (const execution_key key : keys) {
    if (rows >= rows_max) {
      done.is_complete = false;
      break;
    }
    const auto gone = find_removable(database, key);
    if (!gone) {
      continue;
    }
    const std::size_t left = rows_max - rows;
    const auto records = static_cast<std::size_t>(
        database.use(remove_records_sql)->bind(key, static_cast<std::int64_t>(left)).run());
    rows += records;
    if (records == left) { // there may be more: the execution goes with the last of them
      done.is_complete = false;
      break;
    }
    rows += remove_one(database, *gone, now);
    ++done.executions;
  }
  return done;
}

std::size_t forget_ids(connection& database, std::int64_t until, std::size_t limit) {
  return static_cast<std::size_t>(
      database.use(forget_ids_sql)->bind(until, static_cast<std::int64_t>(limit)).run());
}

void drop_pinned_definitions(connection& database, std::span<const std::int64_t> keys) {
  for (const std::int64_t key : keys) {
    database.use("DELETE FROM pinned_definition WHERE key = ?1")->bind(key).run();
  }
}

} // namespace millrace::storage

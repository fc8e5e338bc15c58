// SPDX-License-Identifier: Apache-2.0
#include "commit_writer.hpp"

namespace millrace::storage {

namespace {

// Numbers of execution_status in the texts below: 0 initializing, 2 waiting, below 3 open.

constexpr const char* insert_start_sql = R"sql(
INSERT INTO execution (key, id, status, kind, depth, root, parent, parent_step, parent_visit,
                       accepted_at, flow_definition_id, flow_version_asked, message_id,
                       trigger_source, id_given)
VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
ON CONFLICT DO NOTHING)sql";

// The whole life of most detached children after their start. Only from status 0: such an execution
// has no journal, waits or inbox yet, so there is nothing to drop.
constexpr const char* begin_and_end_sql = R"sql(
UPDATE execution
   SET status = ?2, definition = ?3, flow_version = ?4, started_at = ?5, ended_at = ?6,
       error_info = ?7
 WHERE key = ?1 AND status = 0)sql";

constexpr const char* update_begin_sql = R"sql(
UPDATE execution SET status = 1, definition = ?2, flow_version = ?3, started_at = ?4
 WHERE key = ?1)sql";

// NULL: unchanged; a due time of 0: none.
constexpr const char* update_row_sql = R"sql(
UPDATE execution
   SET status = coalesce(?2, status), due_at = nullif(coalesce(?3, due_at), 0),
       wakes_itself = coalesce(?4, wakes_itself)
 WHERE key = ?1)sql";

constexpr const char* update_end_sql = R"sql(
UPDATE execution SET status = ?2, ended_at = ?3, error_info = ?4, due_at = NULL WHERE key = ?1)sql";

constexpr const char* replace_snapshot_sql = R"sql(
INSERT INTO snapshot (execution, sequence, state) VALUES (?1, ?2, ?3)
ON CONFLICT (execution) DO UPDATE SET sequence = excluded.sequence, state = excluded.state)sql";

constexpr const char* find_child_sql = R"sql(
SELECT key FROM execution WHERE parent = ?1 AND parent_step = ?2 AND parent_visit = ?3)sql";

constexpr const char* find_wait_sql = R"sql(
SELECT execution, cursor FROM wait WHERE correlation_key = ?1 ORDER BY execution, cursor
 LIMIT 1)sql";

std::int64_t number_of(execution_status status) noexcept {
  return static_cast<std::int64_t>(status);
}

bool begins_and_ends(const commit_unit& unit) noexcept {
  return unit.begin.has_value() && unit.end.has_value();
}

bool changes_execution(const commit_unit& unit) noexcept {
  return unit.begin || unit.end || unit.status || unit.waits || unit.due_at ||
         !unit.delta.empty() || !unit.snapshot.empty() || !unit.consumed_inbox.empty() ||
         !unit.records.empty();
}

} // namespace

commit_writer::commit_writer(connection& database)
    : insert_start_(database.handle(), insert_start_sql),
      insert_input_(database.handle(),
                    "INSERT INTO execution_input (execution, input) VALUES (?1, ?2)"),
      find_child_(database.handle(), find_child_sql),
      find_id_(database.handle(), "SELECT key FROM execution WHERE id = ?1"),
      find_spent_id_(database.handle(), "SELECT 1 FROM spent_id WHERE id = ?1"),
      begin_and_end_(database.handle(), begin_and_end_sql),
      read_status_(database.handle(), "SELECT status FROM execution WHERE key = ?1"),
      update_begin_(database.handle(), update_begin_sql),
      update_row_(database.handle(), update_row_sql),
      update_end_(database.handle(), update_end_sql),
      update_children_(database.handle(),
                       "UPDATE execution SET started_children = ?2 WHERE key = ?1"),
      insert_result_(database.handle(),
                     "INSERT INTO execution_result (execution, context, path) VALUES (?1, ?2, ?3)"),
      insert_delta_(database.handle(),
                    "INSERT INTO journal (execution, sequence, delta) VALUES (?1, ?2, ?3)"),
      replace_snapshot_(database.handle(), replace_snapshot_sql),
      trim_journal_(database.handle(),
                    "DELETE FROM journal WHERE execution = ?1 AND sequence <= ?2"),
      drop_journal_(database.handle(), "DELETE FROM journal WHERE execution = ?1"),
      drop_snapshot_(database.handle(), "DELETE FROM snapshot WHERE execution = ?1"),
      drop_waits_(database.handle(), "DELETE FROM wait WHERE execution = ?1"),
      drop_inbox_(database.handle(), "DELETE FROM inbox WHERE execution = ?1"),
      insert_wait_(database.handle(), "INSERT OR IGNORE INTO wait (execution, correlation_key, "
                                      "cursor) VALUES (?1, ?2, ?3)"),
      consume_inbox_(database.handle(), "DELETE FROM inbox WHERE id = ?1 AND execution = ?2"),
      insert_record_(database.handle(),
                     "INSERT OR REPLACE INTO step_record (execution, sequence, step_instance_id, "
                     "record) VALUES (?1, ?2, ?3, ?4)"),
      find_wait_(database.handle(), find_wait_sql),
      take_wait_(database.handle(), "DELETE FROM wait WHERE correlation_key = ?1 AND execution = "
                                    "?2 AND cursor = ?3"),
      insert_inbox_(database.handle(),
                    "INSERT INTO inbox (execution, cursor, payload) VALUES (?1, ?2, ?3)") {}

unit_outcome commit_writer::apply(const commit_unit& unit) {
  unit_outcome outcome;
  outcome.started.reserve(unit.starts.size());
  for (const auto& start : unit.starts) {
    outcome.started.push_back(write_start(*start));
  }
  if (unit.started_children != 0) {
    update_children_.bind(unit.execution, unit.started_children).run();
  }
  if (changes_execution(unit)) {
    write_execution(unit);
  }
  outcome.delivered.reserve(unit.deliveries.size());
  for (const commit_unit::delivery& delivery : unit.deliveries) {
    outcome.delivered.push_back(deliver(delivery));
  }
  return outcome;
}

execution_key commit_writer::write_start(const execution_start& start) {
  if (start.id_given && is_spent(start)) {
    return 0;
  }
  // The lineage is NULL for a root, so that it takes no part in the unique index.
  const bool is_child = start.parent != 0;
  const auto step = is_child ? std::optional<std::string_view>(start.parent_step) : std::nullopt;
  const auto visit = is_child ? std::optional(start.parent_visit) : std::nullopt;
  const int written = insert_start_
                          .bind(start.key, start.id, static_cast<std::int64_t>(start.kind),
                                start.depth, start.root, number_or_null{start.parent}, step, visit,
                                start.accepted_at, start.flow_definition_id, start.flow_version,
                                start.message_id, text_or_null{start.trigger_source},
                                start.id_given ? std::optional<std::int64_t>(1) : std::nullopt)
                          .run();
  if (written == 0) {
    return existing_start(start);
  }
  insert_input_.bind(start.key, start.start_input).run();
  return start.key;
}

// Only an id that was given can be named again after its execution was removed.
bool commit_writer::is_spent(const execution_start& start) {
  const borrowed_statement row(find_spent_id_);
  return row->bind(start.id).step();
}

execution_key commit_writer::existing_start(const execution_start& start) {
  // The visit of the parent's step comes first: it says which start this is a repetition of, also
  // when the repetition brought another id.
  if (start.parent != 0) {
    const borrowed_statement child(find_child_);
    if (child->bind(start.parent, start.parent_step, start.parent_visit).step()) {
      return child->number(0);
    }
  }
  const borrowed_statement same_id(find_id_);
  if (same_id->bind(start.id).step()) {
    return same_id->number(0);
  }
  throw invalid_unit("The key " + std::to_string(start.key) + " of the start " + start.id +
                     " belongs to another execution.");
}

void commit_writer::write_execution(const commit_unit& unit) {
  if (unit.execution == 0) {
    throw invalid_unit("A commit changes an execution and does not say which.");
  }
  if (begin_and_end(unit)) {
    write_records(unit);
    return;
  }
  // Ended by someone else meanwhile: what it still had to say is void.
  if (!is_open(unit.execution)) {
    return;
  }
  write_records(unit);
  if (unit.begin) {
    update_begin_
        .bind(unit.execution, number_or_null{unit.begin->definition},
              number_or_null{unit.begin->flow_version}, unit.begin->started_at)
        .run();
  }
  if (unit.end) {
    write_end(unit.execution, *unit.end);
  } else {
    write_progress(unit);
  }
}

bool commit_writer::begin_and_end(const commit_unit& unit) {
  if (!begins_and_ends(unit)) {
    return false;
  }
  const execution_begin& begin = *unit.begin;
  const execution_end& end = *unit.end;
  const int changed =
      begin_and_end_
          .bind(unit.execution, number_of(end.status), number_or_null{begin.definition},
                number_or_null{begin.flow_version}, begin.started_at, end.ended_at,
                text_or_null{end.error_info})
          .run();
  if (changed != 0) {
    write_result(unit.execution, end);
  }
  return changed != 0;
}

bool commit_writer::is_open(execution_key execution) {
  const borrowed_statement status(read_status_);
  if (!status->bind(execution).step()) {
    throw invalid_unit("A commit names the execution " + std::to_string(execution) +
                       ", which does not exist.");
  }
  return status->number(0) < number_of(execution_status::completed);
}

void commit_writer::write_progress(const commit_unit& unit) {
  write_row(unit);
  write_state(unit);
  if (unit.waits) {
    write_waits(unit.execution, *unit.waits);
  }
  for (const std::int64_t id : unit.consumed_inbox) {
    consume_inbox_.bind(id, unit.execution).run();
  }
}

void commit_writer::write_row(const commit_unit& unit) {
  if (!unit.status && !unit.due_at) {
    return;
  }
  update_row_
      .bind(unit.execution, unit.status ? std::optional(number_of(*unit.status)) : std::nullopt,
            unit.due_at,
            unit.due_at ? std::optional<std::int64_t>(unit.wakes_itself ? 1 : 0) : std::nullopt)
      .run();
}

void commit_writer::write_state(const commit_unit& unit) {
  if (!unit.snapshot.empty()) {
    // The snapshot holds what a delta of the same commit says.
    replace_snapshot_.bind(unit.execution, unit.journal_sequence, unit.snapshot).run();
    trim_journal_.bind(unit.execution, unit.journal_sequence).run();
  } else if (!unit.delta.empty()) {
    insert_delta_.bind(unit.execution, unit.journal_sequence, unit.delta).run();
  }
}

void commit_writer::write_waits(execution_key execution, const std::vector<wait_entry>& waits) {
  drop_waits_.bind(execution).run();
  for (const wait_entry& wait : waits) {
    insert_wait_.bind(execution, wait.correlation_key, wait.cursor).run();
  }
}

void commit_writer::write_records(const commit_unit& unit) {
  for (const step_record& record : unit.records) {
    // Replaced, not refused: steps that run again after a crash report again.
    insert_record_.bind(unit.execution, record.sequence, record.step_instance_id, record.record)
        .run();
  }
}

void commit_writer::write_end(execution_key execution, const execution_end& end) {
  update_end_.bind(execution, number_of(end.status), end.ended_at, text_or_null{end.error_info})
      .run();
  write_result(execution, end);
  for (statement* drop : {&drop_journal_, &drop_snapshot_, &drop_waits_, &drop_inbox_}) {
    drop->bind(execution).run();
  }
}

void commit_writer::write_result(execution_key execution, const execution_end& end) {
  if (end.context.empty() && end.path.empty()) {
    return;
  }
  insert_result_.bind(execution, text_or_null{end.context}, text_or_null{end.path}).run();
}

execution_key commit_writer::deliver(const commit_unit::delivery& delivery) {
  execution_key receiver = 0;
  std::string cursor;
  {
    const borrowed_statement wait(find_wait_);
    if (!wait->bind(delivery.correlation_key).step()) {
      return 0;
    }
    receiver = wait->number(0);
    cursor = wait->text(1);
  }
  take_wait_.bind(delivery.correlation_key, receiver, cursor).run();
  insert_inbox_.bind(receiver, cursor, delivery.payload).run();
  return receiver;
}

} // namespace millrace::storage

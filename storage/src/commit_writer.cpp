// SPDX-License-Identifier: Apache-2.0
#include "commit_writer.hpp"

#include <algorithm>

namespace millrace::storage {

namespace {

// Numbers of execution_status in the texts below: 0 initializing, 2 waiting, below 3 open.

constexpr const char* insert_start_sql = R"sql(
INSERT INTO execution (key, id, status, kind, depth, root, parent, parent_step, parent_visit,
                       accepted_at, flow_definition_id, flow_version_asked, message_id,
                       trigger_source, id_given, definition, flow_version, started_at, ended_at,
                       due_at, wakes_itself, error_info, started_children)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
        ?21, ?22, ?23)
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

bool starts_itself(const commit_unit& unit) noexcept {
  return unit.is_ahead && !unit.starts.empty() && unit.starts.front()->key == unit.execution;
}

// Whether an execution that is ahead of its row has none, or has begun already. `status`: of the
// row; nothing: there is none.
bool is_void(const commit_unit& unit, std::optional<execution_status> status) noexcept {
  return unit.is_ahead && (!status || (unit.begin && *status != execution_status::initializing));
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
                     "INSERT INTO execution_result (execution, context, path, stopped_before)"
                     " VALUES (?1, ?2, ?3, ?4)"),
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

std::vector<unit_outcome> commit_writer::apply(std::span<const commit_unit> units) {
  find_first_units(units);
  std::vector<unit_outcome> outcomes;
  outcomes.reserve(units.size());
  for (const commit_unit& unit : units) {
    outcomes.push_back(apply(unit));
  }
  return outcomes;
}

void commit_writer::find_first_units(std::span<const commit_unit> units) {
  const auto by_execution = [](const first_unit& a, const first_unit& b) {
    return a.execution < b.execution;
  };
  first_units_.clear();
  for (const commit_unit& unit : units) {
    if (unit.is_ahead && unit.begin) {
      first_units_.push_back({unit.execution, &unit, false});
    }
  }
  std::sort(first_units_.begin(), first_units_.end(), by_execution);
}

commit_writer::first_unit* commit_writer::first_unit_of(execution_key execution) {
  const auto found = std::lower_bound(
      first_units_.begin(), first_units_.end(), execution,
      [](const first_unit& each, execution_key wanted) { return each.execution < wanted; });
  return found != first_units_.end() && found->execution == execution ? &*found : nullptr;
}

bool commit_writer::is_written_with_start(const commit_unit& unit) {
  if (!unit.is_ahead || !unit.begin) {
    return false;
  }
  const first_unit* first = first_unit_of(unit.execution);
  return first != nullptr && first->is_written;
}

unit_outcome commit_writer::apply(const commit_unit& unit) {
  unit_outcome outcome;
  outcome.started.reserve(unit.starts.size());
  const bool looks =
      unit.is_ahead && !unit.starts.empty() && !starts_itself(unit) && !is_written_with_start(unit);
  outcome.is_void = looks && is_void(unit, status_of(unit.execution));
  for (const auto& start : unit.starts) {
    outcome.started.push_back(outcome.is_void ? 0 : write_start(*start));
    if (start->key == unit.execution && outcome.started.back() != start->key) {
      outcome.is_void = true; // its id or visit existed: it goes no further
    }
  }
  if (outcome.is_void) {
    return outcome;
  }
  if (unit.started_children != 0 && !is_written_with_start(unit)) {
    update_children_.bind(unit.execution, unit.started_children).run();
  }
  if (changes_execution(unit) && !write_execution(unit)) {
    outcome.is_void = true;
    return outcome;
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
  first_unit* first = first_unit_of(start.key);
  if (insert_start(start, first != nullptr ? first->unit : nullptr) == 0) {
    return existing_start(start);
  }
  if (first != nullptr) {
    first->is_written = true;
  }
  insert_input_.bind(start.key, start.start_input).run();
  return start.key;
}

// The row as the start makes it, or as `first`, the first unit of that execution, leaves it.
int commit_writer::insert_start(const execution_start& start, const commit_unit* first) {
  using number = std::optional<std::int64_t>;
  // The lineage is NULL for a root, so that it takes no part in the unique index.
  const bool is_child = start.parent != 0;
  const auto step = is_child ? std::optional<std::string_view>(start.parent_step) : std::nullopt;
  const auto visit = is_child ? number(start.parent_visit) : std::nullopt;
  execution_status status = execution_status::initializing;
  execution_begin begin;
  std::int64_t ended_at = 0;
  std::int64_t due_at = 0;
  std::string_view error_info;
  if (first != nullptr) {
    begin = *first->begin;
    status = first->status.value_or(execution_status::running);
    due_at = first->due_at.value_or(0);
    if (first->end) {
      status = first->end->status;
      ended_at = first->end->ended_at;
      due_at = 0;
      error_info = first->end->error_info;
    }
  }
  return insert_start_
      .bind(start.key, start.id, number_of(status), static_cast<std::int64_t>(start.kind),
            start.depth, start.root, number_or_null{start.parent}, step, visit, start.accepted_at,
            start.flow_definition_id, start.flow_version, start.message_id,
            text_or_null{start.trigger_source}, start.id_given ? number(1) : std::nullopt,
            number_or_null{begin.definition}, number_or_null{begin.flow_version},
            number_or_null{begin.started_at}, number_or_null{ended_at}, number_or_null{due_at},
            due_at != 0 ? number(first->wakes_itself ? 1 : 0) : std::nullopt,
            text_or_null{error_info}, first != nullptr ? first->started_children : 0)
      .run();
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

// False: the unit is void. The execution is ahead of its row and there is none, or it has begun
// already.
bool commit_writer::write_execution(const commit_unit& unit) {
  if (unit.execution == 0) {
    throw invalid_unit("A commit changes an execution and does not say which.");
  }
  if (is_written_with_start(unit)) {
    write_beside_row(unit);
    return true;
  }
  if (begin_and_end(unit)) {
    write_records(unit);
    return true;
  }
  const std::optional<execution_status> status = status_of(unit.execution);
  if (is_void(unit, status)) {
    return false;
  }
  if (!status) {
    throw invalid_unit("A commit names the execution " + std::to_string(unit.execution) +
                       ", which does not exist.");
  }
  if (is_terminal(*status)) {
    return true; // ended by someone else meanwhile: what it still had to say is void
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
  return true;
}

// What the first unit of an execution says beyond the row: there is nothing to replace or drop yet.
void commit_writer::write_beside_row(const commit_unit& unit) {
  write_records(unit);
  if (unit.end) {
    return write_result(unit.execution, *unit.end);
  }
  write_state(unit);
  if (unit.waits) {
    insert_waits(unit.execution, *unit.waits);
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

std::optional<execution_status> commit_writer::status_of(execution_key execution) {
  const borrowed_statement row(read_status_);
  if (!row->bind(execution).step()) {
    return std::nullopt;
  }
  return static_cast<execution_status>(row->number(0));
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
  insert_waits(execution, waits);
}

void commit_writer::insert_waits(execution_key execution, const std::vector<wait_entry>& waits) {
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
  insert_result_
      .bind(execution, text_or_null{end.context}, text_or_null{end.path},
            text_or_null{end.stopped_before})
      .run();
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

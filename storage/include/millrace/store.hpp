// SPDX-License-Identifier: Apache-2.0
//
// The store in domain words. One writer applies batches of commit units, each batch in one
// transaction; readers never block it. What a successful commit() has returned is durable to the
// level that was chosen; what a failed one was asked to do has not happened, or the store is
// poisoned (see commit).
#pragma once

#include <millrace/durability.hpp>
#include <millrace/error.hpp>
#include <millrace/execution.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::storage {

using millrace::durability;

/// The integer key of an execution row. Keys are handed out by the engine, ascending from 1; their
/// order is the order in which starts were accepted.
using execution_key = std::int64_t;

/// How to open a store.
struct store_options {
  /// The database file; empty: in memory, gone at close.
  std::string path;
  durability level = durability::power_loss;
  /// Opens without writing and without becoming the one engine of the file: for queries.
  bool read_only = false;
};

/// A start, accepted: what becomes one row.
struct execution_start {
  execution_key key = 0;
  std::string id;         ///< UUID text, unique
  bool id_given = false;  ///< whoever started it chose the id: another start may name it, too
  std::string message_id; ///< UUID text of the durable start message
  execution_kind kind = execution_kind::root;
  std::int64_t depth = 0;
  execution_key root = 0;   ///< equals key for a root
  execution_key parent = 0; ///< 0: none
  std::string parent_step;  ///< step instance id of the parent, empty for none
  std::int64_t parent_visit =
      0; ///< number of the visit of that step; (parent, step, visit) is unique
  std::string flow_definition_id;
  std::string flow_version; ///< as asked for
  std::string trigger_source;
  std::string start_input;      ///< JSON text of the start_request
  std::int64_t accepted_at = 0; ///< Unix milliseconds
  // Not stored, they follow from what is: they spare whoever runs the start a query and a parse.
  std::string root_id;                          ///< empty: its own id
  std::string parent_id;                        ///< empty: none
  std::shared_ptr<const start_request> request; ///< what start_input says; null: read that
};

/// An execution got its definition and began.
struct execution_begin {
  std::int64_t definition = 0; ///< key of the pinned definition, see put_pinned_definition
  std::int64_t flow_version = 0;
  std::int64_t started_at = 0;
};

/// The end of an execution.
struct execution_end {
  execution_status status = execution_status::completed;
  std::int64_t ended_at = 0;
  std::string context;    ///< JSON text of the final context, empty: none
  std::string path;       ///< JSON text: array of step instance ids
  std::string error_info; ///< JSON text, empty: none
  /// The step before which the final context stands; empty: none, see
  /// execution_state::stopped_before.
  std::string stopped_before;
};

/// Waiting for an external event under a correlation key.
struct wait_entry {
  std::string correlation_key;
  std::string cursor; ///< which path of the execution waits
};

/// Something that has arrived for an execution and is not consumed yet.
struct inbox_entry {
  std::int64_t id = 0; ///< assigned by the store
  std::string cursor;
  std::string payload; ///< JSON text
};

/// A step record, kept when enableExecutionLogs asks for it.
struct step_record {
  std::int64_t sequence = 0; ///< order within the execution, assigned by the execution
  std::string step_instance_id;
  std::string record; ///< JSON text
};

/// Everything that one execution commits at one moment; applied as a whole or not at all.
struct commit_unit {
  execution_key execution = 0; ///< whose commit this is; 0: none (a start from outside)
  /// The execution runs ahead of its row: the start may be in this unit, first of all, or in one
  /// that was handed over earlier. If it turns out that the start made no row (its id or visit
  /// existed), the whole unit is void, its starts included, and says so in its outcome.
  bool is_ahead = false;
  /// New executions. One whose id or (parent, step, visit) exists is left alone and reported.
  /// Shared with whoever runs them, so that nothing is copied on the way.
  std::vector<std::shared_ptr<const execution_start>> starts;
  /// With starts of an execution: how many with a new id it has made in all, these included. Stored
  /// beside its state, so that an audit can hold the children's rows against it.
  std::int64_t started_children = 0;
  std::optional<execution_begin> begin;
  /// Appends to the journal under `journal_sequence`.
  std::string delta; ///< JSON text, empty: none
  /// Replaces the whole state and drops the journal up to here.
  std::string snapshot; ///< JSON text, empty: none
  std::int64_t journal_sequence = 0;
  /// New status (running or waiting); ignored when `end` is set.
  std::optional<execution_status> status;
  /// The execution's full list of waits and its earliest due time, when they changed.
  std::optional<std::vector<wait_entry>> waits;
  /// Unix milliseconds; nullopt: unchanged, 0: none.
  std::optional<std::int64_t> due_at;
  /// With `due_at`: the execution goes on then by itself (a delay, a retry), it is no mere
  /// deadline.
  bool wakes_itself = false;
  std::vector<std::int64_t> consumed_inbox; ///< ids
  std::vector<step_record> records;
  /// An event for whoever waits under this key, consumed from its wait entry. The first waiting
  /// execution, by key, gets it.
  struct delivery {
    std::string correlation_key;
    std::string payload; ///< JSON text
  };
  std::vector<delivery> deliveries;
  /// The end: drops journal, snapshot, waits, due time and inbox of the execution. An execution
  /// that has ended already is left alone, by all of a later unit but its starts and deliveries.
  std::optional<execution_end> end;
};

/// What a unit did beyond what it asked for.
struct unit_outcome {
  /// An execution ahead of its row got none, or has begun already: nothing of the unit has
  /// happened, and nothing of it ever will.
  bool is_void = false;
  /// For each start, in order: the key of the row that now stands for it: its own when it is new,
  /// the earlier one when it existed; 0: that one has ended and was removed (see spent ids).
  std::vector<execution_key> started;
  /// For each delivery, in order: who got it; 0: nobody waits under that key.
  std::vector<execution_key> delivered;
};

/// One row, as queries give it.
struct execution_row {
  execution_key key = 0;
  std::string id;
  std::string message_id;
  execution_status status = execution_status::initializing;
  execution_kind kind = execution_kind::root;
  std::int64_t depth = 0;
  execution_key root = 0;
  execution_key parent = 0;
  std::string root_id;
  std::string parent_id; ///< empty: none
  std::string parent_step;
  std::int64_t parent_visit = 0;
  std::string flow_definition_id;
  std::string flow_version_asked;
  std::int64_t flow_version = 0; ///< 0: not resolved
  std::int64_t definition = 0;   ///< 0: not resolved
  std::string trigger_source;
  std::int64_t accepted_at = 0;
  std::int64_t started_at = 0; ///< 0: not yet
  std::int64_t ended_at = 0;   ///< 0: not yet
  std::int64_t due_at = 0;     ///< 0: none
  std::int64_t started_children = 0;
  std::int64_t removed_children = 0; ///< of those, how many were removed after their end
  // The large columns; filled only when asked for.
  std::string start_input;
  std::string context;
  std::string path;
  std::string stopped_before;
  std::string error_info; ///< always filled
};

/// Which executions a query wants.
struct execution_query {
  enum class selection : std::uint8_t {
    all,
    flows,      ///< without deliveries
    deliveries, ///< nothing else
  };
  std::string flow_definition_id;         ///< empty: any
  std::optional<execution_status> status; ///< nullopt: any
  bool only_open = false;                 ///< none that has ended
  std::string root_id;                    ///< empty: any
  execution_key after = 0;                ///< rows with a larger key only
  std::size_t limit = 100;
  bool large_columns = false;
  selection of = selection::all;
  std::string parent_id; ///< empty: any
};

/// What a running or parked execution is restored from.
struct stored_state {
  std::string snapshot; ///< empty: none yet
  std::int64_t snapshot_sequence = 0;
  std::vector<std::string> deltas;   ///< after the snapshot, in order
  std::int64_t journal_sequence = 0; ///< of the last delta or the snapshot
  std::vector<inbox_entry> inbox;
};

/// A row as retention sees it.
struct swept_row {
  execution_key key = 0;
  execution_status status = execution_status::initializing;
  std::int64_t ended_at = 0;   ///< 0: not yet
  std::int64_t definition = 0; ///< 0: not resolved
};

/// What a call of remove_executions() has done.
struct removal {
  std::size_t executions = 0; ///< removed
  /// Whether every key was looked at; else the call is to be repeated.
  bool is_complete = true;
};

/// One flow version as it was defined.
struct flow_version_record {
  std::string flow_definition_id;
  std::int64_t version = 0;
  bool is_published = false;
  std::string definition; ///< JSON text
};

/// Counts for progress and tests.
struct store_counts {
  std::int64_t executions = 0;
  std::int64_t unfinished = 0; ///< initializing or running
  std::int64_t waiting = 0;
};

/// The store. commit() and the put_ functions: one thread at a time (the writer's). Queries:
/// thread-safe, on connections of their own; they see what the last commit() returned. Queries
/// pause for a moment when they have overlapped for so long that the write-ahead log has outgrown
/// 96 MiB.
class store {
public:
  virtual ~store() = default;
  store(const store&) = delete;
  store& operator=(const store&) = delete;

  /// Applies all units in one transaction and makes them durable; outcomes in order. Errors:
  /// `database_failed`, and then nothing of it has happened; after a failure whose outcome is
  /// unknown (a failed commit or sync), or when the file is damaged, the store is poisoned: every
  /// later write fails with the same sentence until it is opened again. `internal` when a unit is
  /// for an execution that does not exist or starts one under a key in use; nothing has happened.
  [[nodiscard]] virtual result<std::vector<unit_outcome>>
  commit(std::span<const commit_unit> units) = 0;

  /// Adds or replaces flow versions in one transaction. Executions keep the definition that they
  /// are pinned to.
  [[nodiscard]] virtual result<void>
  put_flow_versions(std::span<const flow_version_record> versions) = 0;
  /// flowVariables of a flow record, as JSON text.
  [[nodiscard]] virtual result<void> put_flow_variables(std::string_view flow_definition_id,
                                                        std::string_view variables) = 0;
  /// A reusable step definition or an agent: `kind` is "step" or "agent".
  [[nodiscard]] virtual result<void> put_record(std::string_view kind, std::string_view id,
                                                std::string_view record) = 0;
  /// Stores a resolved definition under its content hash and returns its key; the same hash gives
  /// the same key. May be called between commits by the writer's thread.
  [[nodiscard]] virtual result<std::int64_t> put_pinned_definition(std::string_view content_hash,
                                                                   std::string_view definition) = 0;

  /// Removes finished executions with all their rows, in one transaction; `keys` descend, so that
  /// children go before their parents. One is left alone while it is open, is the newest of all
  /// (keys and what is derived from them never come back), is the parent of a row, or was called by
  /// an execution that may not have read its end. Counts it in `removed_children` of its parent,
  /// and spends its id at `now` if it was given. Looks at no more keys after `rows_max` rows are
  /// gone. Errors: as commit().
  [[nodiscard]] virtual result<removal> remove_executions(std::span<const execution_key> keys,
                                                          std::int64_t now,
                                                          std::size_t rows_max) = 0;
  /// Forgets at most `limit` ids that were spent at `until` (Unix milliseconds) or before; how
  /// many. Errors: as commit().
  [[nodiscard]] virtual result<std::size_t> forget_spent_ids(std::int64_t until,
                                                             std::size_t limit) = 0;
  /// Removes pinned definitions. The caller knows that no execution runs or will run one of them.
  /// Errors: as commit().
  [[nodiscard]] virtual result<void>
  remove_pinned_definitions(std::span<const std::int64_t> keys) = 0;

  /// Every flow version, ordered by flow and version.
  [[nodiscard]] virtual result<std::vector<flow_version_record>> flow_versions() = 0;
  /// flowVariables by flow: (id, JSON text).
  [[nodiscard]] virtual result<std::vector<std::pair<std::string, std::string>>>
  flow_variables() = 0;
  /// Records of a kind: (id, JSON text).
  [[nodiscard]] virtual result<std::vector<std::pair<std::string, std::string>>>
  records(std::string_view kind) = 0;
  /// The pinned definition's JSON text. Errors: not_found.
  [[nodiscard]] virtual result<std::string> pinned_definition(std::int64_t key) = 0;
  /// The keys of all pinned definitions, ascending.
  [[nodiscard]] virtual result<std::vector<std::int64_t>> pinned_definitions() = 0;

  /// The execution `id`, large columns included. Errors: not_found.
  [[nodiscard]] virtual result<execution_row> find_execution(std::string_view id) = 0;
  [[nodiscard]] virtual result<execution_row> find_execution(execution_key key) = 0;
  /// Rows by key, ascending.
  [[nodiscard]] virtual result<std::vector<execution_row>>
  find_executions(const execution_query& query) = 0;
  /// Keys of initializing and running executions above `after`, ascending, at most `limit`.
  [[nodiscard]] virtual result<std::vector<execution_key>> unfinished(execution_key after,
                                                                      std::size_t limit) = 0;
  /// Keys of waiting executions that are due at or before `now`, most overdue first.
  [[nodiscard]] virtual result<std::vector<execution_key>> due(std::int64_t now,
                                                               std::size_t limit) = 0;
  /// Keys of waiting executions with an unconsumed inbox entry, ascending.
  [[nodiscard]] virtual result<std::vector<execution_key>> with_inbox(std::size_t limit) = 0;
  /// The earliest due time of all waiting executions that is later than `after`; 0: none.
  [[nodiscard]] virtual result<std::int64_t> next_due(std::int64_t after) = 0;
  /// The earliest due time of the waiting executions that go on by themselves; 0: none.
  [[nodiscard]] virtual result<std::int64_t> next_wake() = 0;
  /// Who waits under a correlation key (the first by key); 0: nobody.
  [[nodiscard]] virtual result<execution_key> waiting_for(std::string_view correlation_key) = 0;
  /// The correlation keys that an execution waits for.
  [[nodiscard]] virtual result<std::vector<wait_entry>> waits(execution_key key) = 0;
  [[nodiscard]] virtual result<stored_state> load_state(execution_key key) = 0;
  /// The child that (parent, step, visit) started. Errors: not_found.
  [[nodiscard]] virtual result<execution_row>
  find_child(execution_key parent, std::string_view step, std::int64_t visit) = 0;
  [[nodiscard]] virtual result<std::vector<step_record>> step_records(execution_key key) = 0;
  /// How many executions have this root, itself included.
  [[nodiscard]] virtual result<std::int64_t> count_family(execution_key root) = 0;
  /// Rows with a key below `below`, the newest first.
  [[nodiscard]] virtual result<std::vector<swept_row>> rows_below(execution_key below,
                                                                  std::size_t limit) = 0;
  /// How many executions this one has started itself, those that were removed since included.
  [[nodiscard]] virtual result<std::int64_t> count_children(execution_key parent) = 0;
  /// The largest execution key in use; 0: none.
  [[nodiscard]] virtual result<execution_key> last_key() = 0;
  [[nodiscard]] virtual result<store_counts> counts() = 0;

protected:
  store() = default;
};

/// Opens (and creates or migrates) a store. Errors: `database_unusable` with one sentence: not a
/// Millrace database, written by a newer version, read-only, held by another engine (naming its
/// process), the folder is missing; `database_failed` for I/O.
[[nodiscard]] result<std::unique_ptr<store>> open_store(const store_options& options);

/// The schema version this build writes (PRAGMA user_version).
[[nodiscard]] int schema_version() noexcept;

} // namespace millrace::storage

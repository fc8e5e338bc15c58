// SPDX-License-Identifier: Apache-2.0
#include "schema.hpp"

#include <millrace/store.hpp>

#include <array>

namespace millrace::storage {

namespace {

// What is large or written once (start input, result) has tables of its own: SQLite rewrites a row
// as a whole, and `execution` is updated whenever an execution begins, parks, wakes or ends.
//
// Numbers in `status` and `kind` are those of the enumerations in execution.hpp. The partial
// indexes hold only executions that something is still to happen to, or that went wrong, so a
// detached child that simply completes leaves nothing behind in them.
constexpr const char* version_1 = R"sql(
CREATE TABLE execution (
  key                INTEGER PRIMARY KEY,
  id                 TEXT    NOT NULL,
  status             INTEGER NOT NULL,
  kind               INTEGER NOT NULL,
  depth              INTEGER NOT NULL,
  root               INTEGER NOT NULL,
  parent             INTEGER,
  parent_step        TEXT,
  parent_visit       INTEGER,
  definition         INTEGER,
  flow_version       INTEGER,
  accepted_at        INTEGER NOT NULL,
  started_at         INTEGER,
  ended_at           INTEGER,
  due_at             INTEGER,
  wakes_itself       INTEGER,
  flow_definition_id TEXT    NOT NULL,
  flow_version_asked TEXT    NOT NULL,
  message_id         TEXT    NOT NULL,
  trigger_source     TEXT,
  error_info         TEXT,
  started_children   INTEGER NOT NULL DEFAULT 0,
  removed_children   INTEGER NOT NULL DEFAULT 0,
  id_given           INTEGER
);
CREATE UNIQUE INDEX execution_id ON execution (id);
CREATE UNIQUE INDEX execution_child ON execution (parent, parent_step, parent_visit)
  WHERE parent IS NOT NULL;
CREATE INDEX execution_root ON execution (root);
CREATE INDEX execution_unfinished ON execution (key) WHERE status < 2;
CREATE INDEX execution_waiting ON execution (key) WHERE status = 2;
CREATE INDEX execution_due ON execution (due_at) WHERE status = 2 AND due_at IS NOT NULL;
CREATE INDEX execution_wake ON execution (due_at) WHERE status = 2 AND wakes_itself = 1;
CREATE INDEX execution_ended_badly ON execution (key) WHERE status > 3;

CREATE TABLE execution_input (
  execution INTEGER PRIMARY KEY,
  input     TEXT NOT NULL
);
CREATE TABLE execution_result (
  execution      INTEGER PRIMARY KEY,
  context        TEXT,
  path           TEXT,
  stopped_before TEXT
);

CREATE TABLE snapshot (
  execution INTEGER PRIMARY KEY,
  sequence  INTEGER NOT NULL,
  state     TEXT    NOT NULL
);
CREATE TABLE journal (
  execution INTEGER NOT NULL,
  sequence  INTEGER NOT NULL,
  delta     TEXT    NOT NULL,
  PRIMARY KEY (execution, sequence)
) WITHOUT ROWID;

CREATE TABLE wait (
  correlation_key TEXT    NOT NULL,
  execution       INTEGER NOT NULL,
  cursor          TEXT    NOT NULL,
  PRIMARY KEY (correlation_key, execution, cursor)
) WITHOUT ROWID;
CREATE INDEX wait_execution ON wait (execution);

-- AUTOINCREMENT: an id that was consumed never comes back, so consuming it twice harms nobody.
CREATE TABLE inbox (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  execution INTEGER NOT NULL,
  cursor    TEXT    NOT NULL,
  payload   TEXT    NOT NULL
);
CREATE INDEX inbox_execution ON inbox (execution);

CREATE TABLE step_record (
  execution        INTEGER NOT NULL,
  sequence         INTEGER NOT NULL,
  step_instance_id TEXT    NOT NULL,
  record           TEXT    NOT NULL,
  PRIMARY KEY (execution, sequence)
) WITHOUT ROWID;

-- Given ids of executions that were removed: a start that names one is a repetition.
CREATE TABLE spent_id (
  id         TEXT    PRIMARY KEY,
  removed_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX spent_id_removed_at ON spent_id (removed_at);

CREATE TABLE flow_version (
  flow_definition_id TEXT    NOT NULL,
  version            INTEGER NOT NULL,
  is_published       INTEGER NOT NULL,
  definition         TEXT    NOT NULL,
  PRIMARY KEY (flow_definition_id, version)
);
CREATE TABLE flow_variables (
  flow_definition_id TEXT PRIMARY KEY,
  variables          TEXT NOT NULL
);
CREATE TABLE record (
  kind   TEXT NOT NULL,
  id     TEXT NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (kind, id)
);
CREATE TABLE pinned_definition (
  key          INTEGER PRIMARY KEY,
  content_hash TEXT NOT NULL UNIQUE,
  definition   TEXT NOT NULL
);

-- For people with the sqlite3 shell: SELECT * FROM executions;
CREATE VIEW executions AS
SELECT e.key,
       e.id,
       CASE e.status WHEN 0 THEN 'INITIALIZING' WHEN 1 THEN 'RUNNING' WHEN 2 THEN 'WAITING'
                     WHEN 3 THEN 'COMPLETED' WHEN 4 THEN 'FAILED' WHEN 5 THEN 'CANCELLED'
                     WHEN 6 THEN 'TIMED_OUT' ELSE e.status END AS status,
       CASE e.kind WHEN 0 THEN 'ROOT' WHEN 1 THEN 'ASYNC_SUBFLOW' WHEN 2 THEN 'SYNC_SUBFLOW'
                   WHEN 3 THEN 'DELIVERY' ELSE e.kind END AS kind,
       e.flow_definition_id,
       e.flow_version,
       e.flow_version_asked,
       e.depth,
       (SELECT id FROM execution WHERE key = e.root) AS root_id,
       (SELECT id FROM execution WHERE key = e.parent) AS parent_id,
       e.parent_step,
       e.parent_visit,
       e.trigger_source,
       strftime('%Y-%m-%dT%H:%M:%fZ', e.accepted_at / 1000.0, 'unixepoch') AS accepted_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', e.started_at / 1000.0, 'unixepoch') AS started_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', e.ended_at / 1000.0, 'unixepoch') AS ended_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', e.due_at / 1000.0, 'unixepoch') AS due_at,
       e.error_info,
       i.input AS start_input,
       r.context,
       r.path,
       r.stopped_before
  FROM execution e
  LEFT JOIN execution_input i ON i.execution = e.key
  LEFT JOIN execution_result r ON r.execution = e.key;
)sql";

/// Entry n brings a file from version n to version n + 1. Entries are never changed once released.
constexpr std::array migrations{version_1};

} // namespace

int schema_version() noexcept {
  return static_cast<int>(migrations.size());
}

void migrate(connection& database) {
  auto version = static_cast<std::size_t>(database.read_number("PRAGMA user_version"));
  for (; version < migrations.size(); ++version) {
    transaction step(database, transaction::access::write);
    if (version == 0) {
      database.execute("PRAGMA application_id = " + std::to_string(application_id));
    }
    database.execute(migrations[version]);
    database.execute("PRAGMA user_version = " + std::to_string(version + 1));
    step.commit();
  }
}

} // namespace millrace::storage

// SPDX-License-Identifier: Apache-2.0
//
// Numbers in the texts: status 0 initializing, above 2 terminal; kind 0 root, 1 and 2 children,
// 3 a delivery, which has a parent and is a root of its own all the same.
#include "audit_checks.hpp"

#include <array>

namespace millrace::storage {

namespace {

struct fixed_check {
  const char* name;
  const char* sql;
};

// NOT INDEXED: an index that lost its rows, or its uniqueness, must not hide anything.
constexpr std::array fixed_checks{
    fixed_check{"ids", R"sql(
SELECT id, count(*) || ' executions have the id ' || id || '; keep the one that the others refer to'
           || ' and remove the rest, or restore a backup.'
  FROM execution NOT INDEXED GROUP BY id HAVING count(*) > 1)sql"},
    fixed_check{"message_ids", R"sql(
SELECT min(id), count(*) || ' executions have the start message ' || message_id || ', among them '
                || min(id) || '; one start has become several, so remove the copies or restore a'
                || ' backup.'
  FROM execution NOT INDEXED GROUP BY message_id HAVING count(*) > 1)sql"},
    fixed_check{"spent_ids", R"sql(
SELECT id, 'The id of the execution ' || id || ' is spent although it is there; remove it from'
           || ' spent_id.'
  FROM execution NOT INDEXED WHERE id IN (SELECT id FROM spent_id))sql"},
    fixed_check{"starts", R"sql(
SELECT min(id), 'Visit ' || parent_visit || ' of the step ' || parent_step
                || ' started ' || count(*) || ' executions, among them ' || min(id)
                || '; it starts one, so remove the others or restore a backup.'
  FROM execution NOT INDEXED WHERE parent IS NOT NULL
 GROUP BY parent, parent_step, parent_visit HAVING count(*) > 1)sql"},
    fixed_check{"starts", R"sql(
SELECT p.id, 'The execution ' || p.id || ' has made ' || p.started_children || ' starts, but '
             || coalesce(c.there, 0) || ' children are there and ' || p.removed_children
             || ' were removed after their end; restore a backup in which they agree.'
  FROM execution p NOT INDEXED
  LEFT JOIN (SELECT parent, count(*) AS there FROM execution NOT INDEXED
              WHERE parent IS NOT NULL AND kind <> 3 AND id_given IS NULL
              GROUP BY parent) c
    ON c.parent = p.key
 WHERE coalesce(c.there, 0) + p.removed_children <> p.started_children)sql"},
    fixed_check{"lineage", R"sql(
SELECT e.id, 'The parent of the execution ' || e.id || ', number ' || e.parent
             || ', is not there; restore a backup that has it.'
  FROM execution e NOT INDEXED
 WHERE e.parent IS NOT NULL AND NOT EXISTS (SELECT 1 FROM execution p WHERE p.key = e.parent))sql"},
    fixed_check{"lineage", R"sql(
SELECT e.id, 'The root of the execution ' || e.id || ', number ' || e.root
             || ', is not there; restore a backup that has it.'
  FROM execution e NOT INDEXED
 WHERE NOT EXISTS (SELECT 1 FROM execution r WHERE r.key = e.root))sql"},
    fixed_check{"lineage", R"sql(
SELECT id, 'The execution ' || id || ' has no parent, yet its root is number ' || root
           || ', its depth ' || depth || ' and its kind ' || kind || '; set root to ' || key
           || ' and the others to 0, or restore a backup.'
  FROM execution NOT INDEXED
 WHERE parent IS NULL AND (root <> key OR depth <> 0 OR kind <> 0))sql"},
    fixed_check{"lineage", R"sql(
SELECT e.id, 'The execution ' || e.id || ' has the depth ' || e.depth || ', but its parent has '
             || p.depth || '; set it to ' || (p.depth + 1) || ', or restore a backup.'
  FROM execution e NOT INDEXED JOIN execution p ON p.key = e.parent
 WHERE e.kind <> 3 AND e.depth <> p.depth + 1)sql"},
    fixed_check{"lineage", R"sql(
SELECT e.id, 'The execution ' || e.id || ' has the root number ' || e.root || ', but its parent has '
             || p.root || '; set it to that, or restore a backup.'
  FROM execution e NOT INDEXED JOIN execution p ON p.key = e.parent
 WHERE e.kind <> 3 AND e.root <> p.root)sql"},
    fixed_check{"lineage", R"sql(
SELECT id, 'The delivery ' || id || ' has the root number ' || root || ' and the depth ' || depth
           || '; it is a root of its own, so set them to ' || key || ' and 0.'
  FROM execution NOT INDEXED
 WHERE kind = 3 AND (root <> key OR depth <> 0))sql"},
    fixed_check{"lineage", R"sql(
SELECT id, 'The execution ' || id || ' was accepted before its parent, number ' || parent
           || ', could start it; restore a backup.'
  FROM execution NOT INDEXED WHERE parent >= key)sql"},
    fixed_check{"lineage", R"sql(
SELECT id, 'The execution ' || id || ' has a parent, but the kind ' || kind || ', the step '
           || coalesce(parent_step, 'NULL') || ' and the visit ' || coalesce(parent_visit, 'NULL')
           || '; a child is of kind 1 or 2, a delivery of 3, and both name them, so restore a backup.'
  FROM execution NOT INDEXED
 WHERE parent IS NOT NULL
   AND (kind NOT IN (1, 2, 3) OR parent_step IS NULL OR parent_visit IS NULL))sql"},
    fixed_check{"status", R"sql(
SELECT id, 'The execution ' || id || ' has the unknown status ' || status
           || '; restore a backup.'
  FROM execution NOT INDEXED WHERE status NOT BETWEEN 0 AND 6)sql"},
    fixed_check{"input", R"sql(
SELECT id, 'The execution ' || id || ' has no start input; restore a backup that has it.'
  FROM execution NOT INDEXED WHERE key NOT IN (SELECT execution FROM execution_input))sql"},
    fixed_check{"ends", R"sql(
SELECT id, 'The execution ' || id || ' has ended, but has no result; restore a backup that has it.'
  FROM execution NOT INDEXED
 WHERE status > 2 AND key NOT IN (SELECT execution FROM execution_result))sql"},
    // A time of the end before that of the begin is no finding: the clock was set back in between.
    fixed_check{"ends", R"sql(
SELECT id, 'The execution ' || id || ' has ended, but has no time of its end; correct ended_at.'
  FROM execution NOT INDEXED
 WHERE status > 2 AND ended_at IS NULL)sql"},
    fixed_check{"ends", R"sql(
SELECT id, 'The execution ' || id || ' has ended, but is due at ' || due_at
           || '; set due_at to NULL.'
  FROM execution NOT INDEXED WHERE status > 2 AND due_at IS NOT NULL)sql"},
    fixed_check{"ends", R"sql(
SELECT id, 'The execution ' || id || ' is open, but has a result or a time of its end; restore a'
           || ' backup.'
  FROM execution NOT INDEXED
 WHERE status < 3 AND (ended_at IS NOT NULL
                       OR key IN (SELECT execution FROM execution_result)))sql"},
    fixed_check{"begins", R"sql(
SELECT id, 'The execution ' || id || ' is under way, but has no definition or no time of its begin;'
           || ' restore a backup.'
  FROM execution NOT INDEXED
 WHERE status IN (1, 2) AND (definition IS NULL OR started_at IS NULL))sql"},
    fixed_check{"begins", R"sql(
SELECT id, 'The execution ' || id || ' has not begun, but has a definition, a time of its begin or a'
           || ' due time; restore a backup.'
  FROM execution NOT INDEXED
 WHERE status = 0 AND (definition IS NOT NULL OR started_at IS NOT NULL OR due_at IS NOT NULL))sql"},
    fixed_check{"definitions", R"sql(
SELECT id, 'The definition that the execution ' || id || ' runs, number ' || definition
           || ', is not there; restore a backup that has it.'
  FROM execution NOT INDEXED
 WHERE definition IS NOT NULL AND definition NOT IN (SELECT key FROM pinned_definition))sql"},
    fixed_check{"journal", R"sql(
SELECT id, 'The execution ' || id || ' is under way, but has neither a snapshot nor a journal;'
           || ' restore a backup that has them.'
  FROM execution NOT INDEXED
 WHERE status IN (1, 2) AND key NOT IN (SELECT execution FROM snapshot)
   AND NOT EXISTS (SELECT 1 FROM journal WHERE execution = execution.key))sql"},
    fixed_check{"journal", R"sql(
SELECT (SELECT id FROM execution WHERE key = j.execution),
       'The journal of the execution '
       || coalesce((SELECT id FROM execution WHERE key = j.execution), 'number ' || j.execution)
       || ' has ' || count(*) || ' entries from ' || min(j.sequence) || ' to ' || max(j.sequence)
       || ' after ' || coalesce(s.sequence, 0) || '; some are missing, so restore a backup.'
  FROM journal j LEFT JOIN snapshot s ON s.execution = j.execution
 GROUP BY j.execution
HAVING min(j.sequence) <> coalesce(s.sequence, 0) + 1
    OR max(j.sequence) - min(j.sequence) + 1 <> count(*))sql"},
};

// Every table whose rows belong to an execution, and whether only an open one may have some.
struct owned_table {
  const char* name;
  bool is_open_only;
};
constexpr std::array owned_tables{
    owned_table{"execution_input", false},
    owned_table{"execution_result", false},
    owned_table{"step_record", false},
    owned_table{"snapshot", true},
    owned_table{"journal", true},
    owned_table{"wait", true},
    owned_table{"inbox", true},
};

audit_check orphans_of(const std::string& table) {
  return {"orphans", "SELECT NULL, 'The table " + table +
                         " has ' || count(*) || ' rows of the execution number ' || execution || '"
                         ", which is not there; delete them, or restore a backup that has it.'"
                         "  FROM " +
                         table +
                         " WHERE execution NOT IN (SELECT key FROM execution) GROUP BY execution"};
}

audit_check open_only(const std::string& table) {
  return {"open_only",
          "SELECT e.id, 'The execution ' || e.id || '"
          " has not begun or has ended, but has ' || count(*) || ' rows in the table " +
              table + "; delete them.' FROM " + table +
              " t JOIN execution e ON e.key = t.execution"
              " WHERE e.status NOT IN (1, 2) GROUP BY t.execution"};
}

} // namespace

std::vector<audit_check> audit_checks() {
  std::vector<audit_check> checks;
  checks.reserve(fixed_checks.size() + 2 * owned_tables.size());
  for (const fixed_check& each : fixed_checks) {
    checks.push_back({each.name, each.sql});
  }
  for (const owned_table& table : owned_tables) {
    checks.push_back(orphans_of(table.name));
    if (table.is_open_only) {
      checks.push_back(open_only(table.name));
    }
  }
  return checks;
}

} // namespace millrace::storage

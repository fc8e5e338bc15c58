// SPDX-License-Identifier: Apache-2.0
#include "definitions.hpp"

namespace millrace::storage {

namespace {

texts_by_id read_pairs(statement& rows) {
  texts_by_id found;
  while (rows.step()) {
    found.emplace_back(rows.text(0), rows.text(1));
  }
  return found;
}

} // namespace

void write_flow_version(connection& database, const flow_version_record& version) {
  database
      .use("INSERT INTO flow_version (flow_definition_id, version, is_published, definition)"
           " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (flow_definition_id, version) DO UPDATE"
           " SET is_published = excluded.is_published, definition = excluded.definition")
      ->bind(version.flow_definition_id, version.version,
             static_cast<std::int64_t>(version.is_published), version.definition)
      .run();
}

void write_flow_variables(connection& database, std::string_view flow_definition_id,
                          std::string_view variables) {
  database
      .use("INSERT INTO flow_variables (flow_definition_id, variables) VALUES (?1, ?2)"
           " ON CONFLICT (flow_definition_id) DO UPDATE SET variables = excluded.variables")
      ->bind(flow_definition_id, variables)
      .run();
}

void write_record(connection& database, std::string_view kind, std::string_view id,
                  std::string_view record) {
  database
      .use("INSERT INTO record (kind, id, record) VALUES (?1, ?2, ?3)"
           " ON CONFLICT (kind, id) DO UPDATE SET record = excluded.record")
      ->bind(kind, id, record)
      .run();
}

std::int64_t write_pinned_definition(connection& database, std::string_view content_hash,
                                     std::string_view definition) {
  const borrowed_statement row = database.use(
      "INSERT INTO pinned_definition (content_hash, definition) VALUES (?1, ?2) RETURNING key");
  row->bind(content_hash, definition).step();
  const std::int64_t key = row->number(0);
  row->run();
  return key;
}

std::int64_t find_pinned_definition(connection& database, std::string_view content_hash) {
  const borrowed_statement row =
      database.use("SELECT key FROM pinned_definition WHERE content_hash = ?1");
  return row->bind(content_hash).step() ? row->number(0) : 0;
}

std::vector<flow_version_record> read_flow_versions(connection& database) {
  const borrowed_statement rows =
      database.use("SELECT flow_definition_id, version, is_published, definition"
                   " FROM flow_version ORDER BY flow_definition_id, version");
  std::vector<flow_version_record> found;
  while (rows->step()) {
    found.push_back({rows->text(0), rows->number(1), rows->number(2) != 0, rows->text(3)});
  }
  return found;
}

texts_by_id read_flow_variables(connection& database) {
  const borrowed_statement rows = database.use(
      "SELECT flow_definition_id, variables FROM flow_variables ORDER BY flow_definition_id");
  return read_pairs(*rows);
}

texts_by_id read_records(connection& database, std::string_view kind) {
  const borrowed_statement rows =
      database.use("SELECT id, record FROM record WHERE kind = ?1 ORDER BY id");
  return read_pairs(rows->bind(kind));
}

std::optional<std::string> read_pinned_definition(connection& database, std::int64_t key) {
  const borrowed_statement row =
      database.use("SELECT definition FROM pinned_definition WHERE key = ?1");
  if (!row->bind(key).step()) {
    return std::nullopt;
  }
  return row->text(0);
}

} // namespace millrace::storage

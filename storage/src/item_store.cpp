// SPDX-License-Identifier: Apache-2.0
#include <millrace/item_store.hpp>

#include "service_database.hpp"

namespace millrace::storage {
namespace {

constexpr int item_application_id = 0x6d6c6974; // "mlit"

constexpr const char* item_schema = R"sql(
CREATE TABLE IF NOT EXISTS table_description (
  name        TEXT PRIMARY KEY,
  description TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS item (
  id         INTEGER PRIMARY KEY,
  table_name TEXT NOT NULL,
  partition  TEXT NOT NULL,
  sort       TEXT NOT NULL,
  document   TEXT NOT NULL,
  UNIQUE (table_name, partition, sort)
);
-- An item has a place in each index whose attributes it has.
CREATE TABLE IF NOT EXISTS place (
  table_name TEXT    NOT NULL,
  index_name TEXT    NOT NULL,
  partition  TEXT    NOT NULL,
  sort       TEXT    NOT NULL,
  item_id    INTEGER NOT NULL,
  PRIMARY KEY (table_name, index_name, partition, sort, item_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS place_of_item ON place (item_id);
CREATE TABLE IF NOT EXISTS done (
  key     TEXT PRIMARY KEY,
  outcome TEXT    NOT NULL,
  at      INTEGER NOT NULL
) WITHOUT ROWID;
)sql";

class sqlite_item_session final : public item_session {
public:
  explicit sqlite_item_session(connection& db) : db_(db) {}

  std::optional<std::string> read(std::string_view table, const item_key& key) override {
    auto row =
        db_.use("SELECT document FROM item WHERE table_name = ?1 AND partition = ?2 AND sort = ?3");
    row->bind(table, key.partition, key.sort);
    return first_text(*row);
  }

  void write(std::string_view table, const item_key& key, std::string_view document,
             const std::vector<item_place>& places) override {
    db_.use("INSERT INTO item (table_name, partition, sort, document) VALUES (?1, ?2, ?3, ?4) ON "
            "CONFLICT (table_name, partition, sort) DO UPDATE SET document = excluded.document")
        ->bind(table, key.partition, key.sort, document)
        .run();
    auto row =
        db_.use("SELECT id FROM item WHERE table_name = ?1 AND partition = ?2 AND sort = ?3");
    row->bind(table, key.partition, key.sort);
    row->step();
    const std::int64_t id = row->number(0);
    db_.use("DELETE FROM place WHERE item_id = ?1")->bind(id).run();
    for (const item_place& each : places)
      db_.use("INSERT INTO place (table_name, index_name, partition, sort, item_id) VALUES (?1, "
              "?2, ?3, ?4, ?5)")
          ->bind(table, each.index, each.key.partition, each.key.sort, id)
          .run();
  }

  void clear(std::string_view table) override {
    db_.use("DELETE FROM place WHERE table_name = ?1")->bind(table).run();
    db_.use("DELETE FROM item WHERE table_name = ?1")->bind(table).run();
  }

  void visit(std::string_view table, std::string_view index,
             const std::optional<std::string>& partition, bool ascending,
             const std::function<bool(const std::string&)>& visit) override {
    std::string sql = index.empty() ? "SELECT document FROM item AS p WHERE p.table_name = ?1"
                                    : "SELECT document FROM place AS p JOIN item ON item.id = "
                                      "p.item_id WHERE p.table_name = ?1 AND p.index_name = ?3";
    if (partition)
      sql += " AND p.partition = ?2";
    sql += ascending ? " ORDER BY p.partition, p.sort" : " ORDER BY p.partition DESC, p.sort DESC";
    // The order within equal keys of an index is that of the table's own.
    if (!index.empty())
      sql += ascending ? ", item.partition, item.sort" : ", item.partition DESC, item.sort DESC";
    auto rows = db_.use(sql);
    rows->bind_at(1, table);
    if (partition)
      rows->bind_at(2, *partition);
    if (!index.empty())
      rows->bind_at(3, index);
    while (rows->step())
      if (!visit(rows->text(0)))
        return;
  }

  std::optional<std::string> description(std::string_view table) override {
    auto row = db_.use("SELECT description FROM table_description WHERE name = ?1");
    row->bind(table);
    return first_text(*row);
  }

  void describe(std::string_view table, std::string_view description) override {
    db_.use("INSERT OR REPLACE INTO table_description (name, description) VALUES (?1, ?2)")
        ->bind(table, description)
        .run();
  }

  std::optional<std::string> done_before(std::string_view key) override {
    if (key.empty())
      return std::nullopt;
    auto row = db_.use("SELECT outcome FROM done WHERE key = ?1");
    row->bind(key);
    return first_text(*row);
  }

  void set_done(std::string_view key, std::string_view outcome, std::int64_t now) override {
    db_.use("DELETE FROM done WHERE at < ?1")->bind(now - outcome_kept_ms).run();
    if (!key.empty())
      db_.use("INSERT OR REPLACE INTO done (key, outcome, at) VALUES (?1, ?2, ?3)")
          ->bind(key, outcome, now)
          .run();
  }

private:
  static std::optional<std::string> first_text(statement& row) {
    return row.step() ? std::optional<std::string>(row.text(0)) : std::nullopt;
  }

  connection& db_;
};

class sqlite_item_store final : public item_store {
public:
  explicit sqlite_item_store(const std::string& file)
      : database_(file, item_application_id, item_schema) {}

  result<void> run(const std::function<void(item_session&)>& work) override {
    return database_.guarded([&](connection& db) {
      sqlite_item_session session(db);
      work(session);
    });
  }

private:
  service_database database_;
};

} // namespace

result<std::unique_ptr<item_store>> open_item_store(const std::string& file) {
  try {
    return std::unique_ptr<item_store>(std::make_unique<sqlite_item_store>(file));
  } catch (const sqlite_failure& failure) {
    return error{errc::database_unusable,
                 "The database of items " + file + " cannot be used: " + failure.what() + "."};
  }
}

} // namespace millrace::storage

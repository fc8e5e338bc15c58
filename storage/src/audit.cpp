// SPDX-License-Identifier: Apache-2.0
#include <millrace/audit.hpp>

#include "audit_checks.hpp"
#include "database_path.hpp"
#include "schema.hpp"
#include "sqlite_store.hpp"

#include <sqlite3.h>

namespace millrace::storage {

namespace {

// SQLite gives up after so many problems of the file: more say nothing new.
constexpr const char* integrity_sql = "PRAGMA integrity_check(20)";

// Sorting a large table must not need its size in memory.
constexpr const char* sort_in_files_sql = "PRAGMA temp_store = FILE";

constexpr const char* schema_sql =
    "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY rowid";

constexpr const char* counts_sql = R"sql(
SELECT (SELECT count(*) FROM execution),
       (SELECT count(*) FROM execution NOT INDEXED WHERE status < 3),
       (SELECT count(*) FROM journal), (SELECT count(*) FROM wait), (SELECT count(*) FROM inbox),
       (SELECT count(*) FROM step_record), (SELECT count(*) FROM pinned_definition),
       (SELECT count(*) FROM spent_id))sql";

constexpr const char* begun_sql = R"sql(
SELECT key FROM execution NOT INDEXED
 WHERE key > ?1 AND status IN (1, 2) AND definition IS NOT NULL ORDER BY key LIMIT ?2)sql";

void check_integrity(connection& database, const finding_function& report) {
  const borrowed_statement rows = database.use(integrity_sql);
  while (rows->step()) {
    if (const std::string problem = rows->text(0); problem != "ok") {
      report({"integrity",
              {},
              "SQLite finds the file damaged (" + problem +
                  "); restore a backup, or save what is readable with the sqlite3 shell's .recover "
                  "command."});
    }
  }
}

void check_schema(connection& database, const finding_function& report) {
  connection ours(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  migrate(ours);
  const borrowed_statement expected = ours.use(schema_sql);
  while (expected->step()) {
    const borrowed_statement found = database.use("SELECT sql FROM sqlite_schema WHERE name = ?1");
    const std::string name = expected->text(1);
    const bool is_there = found->bind(name).step();
    if (!is_there || found->text(0) != expected->text(2)) {
      report({"schema",
              {},
              "The " + expected->text(0) + " " + name +
                  (is_there ? " is not as this version makes it" : " is missing") +
                  "; make it again with the statement of the same name in an empty database."});
    }
  }
}

void check_all_rows(connection& database, const finding_function& report) {
  for (const audit_check& check : audit_checks()) {
    const borrowed_statement rows = database.use(check.sql);
    while (rows->step()) {
      report({check.name, rows->text(0), rows->text(1)});
    }
  }
}

audit_counts read_audit_counts(connection& database) {
  const borrowed_statement row = database.use(counts_sql);
  row->step();
  return {row->number(0), row->number(1), row->number(2), row->number(3),
          row->number(4), row->number(5), row->number(6), row->number(7)};
}

std::vector<execution_key> find_begun(connection& database, execution_key after,
                                      std::size_t limit) {
  const borrowed_statement rows = database.use(begun_sql);
  rows->bind(after, static_cast<std::int64_t>(limit));
  std::vector<execution_key> keys;
  while (rows->step()) {
    keys.push_back(rows->number(0));
  }
  return keys;
}

std::int64_t find_last_start(connection& database, execution_key parent) {
  const borrowed_statement row =
      database.use("SELECT max(parent_visit) FROM execution WHERE parent = ?1");
  return row->bind(parent).step() ? row->number(0) : 0;
}

class sqlite_audit final : public database_audit {
public:
  sqlite_audit(std::optional<engine_lock> lock, std::unique_ptr<sqlite_store> opened)
      : lock_(std::move(lock)), store_(std::move(opened)) {}

  store& rows() noexcept override { return *store_; }
  result<audit_counts> counts() override {
    return store_->read([](connection& database) { return read_audit_counts(database); });
  }
  result<void> check_file(const finding_function& report) override {
    return run([&](connection& database) {
      check_integrity(database, report);
      check_schema(database, report);
    });
  }
  result<void> check_rows(const finding_function& report) override {
    return run([&](connection& database) {
      database.execute(sort_in_files_sql);
      check_all_rows(database, report);
    });
  }
  result<std::vector<execution_key>> begun(execution_key after, std::size_t limit) override {
    return store_->read([&](connection& database) { return find_begun(database, after, limit); });
  }
  result<std::int64_t> last_start(execution_key parent) override {
    return store_->read([&](connection& database) { return find_last_start(database, parent); });
  }

private:
  template <class Check>
  result<void> run(const Check& check) {
    const auto done = store_->read([&](connection& database) {
      check(database);
      return true;
    });
    if (!done) {
      return done.error();
    }
    return {};
  }

  std::optional<engine_lock> lock_;
  std::unique_ptr<sqlite_store> store_;
};

} // namespace

result<std::unique_ptr<database_audit>> database_audit::open(const std::string& path) {
  const auto place = locate_database(path, true);
  if (!place) {
    return place.error();
  }
  std::optional<engine_lock> lock;
  if (place->is_folder_writable && !place->is_new) {
    auto taken = engine_lock::acquire(place->file, path);
    if (!taken) {
      return taken.error();
    }
    lock.emplace(std::move(*taken));
  } else if (const auto free = engine_lock::look(place->file, path); !free) {
    return free.error();
  }
  auto opened = open_store({path, durability::power_loss, true});
  if (!opened) {
    return opened.error();
  }
  std::unique_ptr<sqlite_store> store(static_cast<sqlite_store*>(opened->release()));
  return std::make_unique<sqlite_audit>(std::move(lock), std::move(store));
}

} // namespace millrace::storage

// SPDX-License-Identifier: Apache-2.0
#include <millrace/trigger_store.hpp>

#include "service_database.hpp"

namespace millrace::storage {
namespace {

constexpr int trigger_application_id = 0x6d6c7472; // "mltr"

constexpr const char* trigger_schema = R"sql(
CREATE TABLE IF NOT EXISTS trigger_point (
  flow_definition_id TEXT    NOT NULL,
  step_instance_id   TEXT    NOT NULL,
  rule               TEXT    NOT NULL,
  since              INTEGER NOT NULL,
  looked_until       INTEGER NOT NULL,
  last_run_at        INTEGER NOT NULL,
  last_execution_id  TEXT    NOT NULL,
  missed             INTEGER NOT NULL,
  last_error         TEXT    NOT NULL,
  PRIMARY KEY (flow_definition_id, step_instance_id)
) WITHOUT ROWID;
)sql";

class sqlite_trigger_store final : public trigger_store {
public:
  explicit sqlite_trigger_store(const std::string& file)
      : database_(file, trigger_application_id, trigger_schema) {}

  result<std::vector<trigger_row>> all() override {
    return database_.guarded([](connection& db) {
      auto rows = db.use("SELECT flow_definition_id, step_instance_id, rule, since, looked_until, "
                         "last_run_at, last_execution_id, missed, last_error FROM trigger_point "
                         "ORDER BY flow_definition_id, step_instance_id");
      std::vector<trigger_row> found;
      while (rows->step())
        found.push_back({rows->text(0), rows->text(1), rows->text(2), rows->number(3),
                         rows->number(4), rows->number(5), rows->text(6), rows->number(7),
                         rows->text(8)});
      return found;
    });
  }

  result<void> put(const trigger_row& row) override {
    return database_.guarded([&row](connection& db) {
      db.use("INSERT OR REPLACE INTO trigger_point VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
          ->bind(row.flow_definition_id, row.step_instance_id, row.rule, row.since,
                 row.looked_until, row.last_run_at, row.last_execution_id, row.missed,
                 row.last_error)
          .run();
    });
  }

  result<void> remove(std::string_view flow_definition_id,
                      std::string_view step_instance_id) override {
    return database_.guarded([&](connection& db) {
      db.use("DELETE FROM trigger_point WHERE flow_definition_id = ?1 AND step_instance_id = ?2")
          ->bind(flow_definition_id, step_instance_id)
          .run();
    });
  }

private:
  service_database database_;
};

} // namespace

result<std::unique_ptr<trigger_store>> open_trigger_store(const std::string& file) {
  try {
    return std::unique_ptr<trigger_store>(std::make_unique<sqlite_trigger_store>(file));
  } catch (const sqlite_failure& failure) {
    return error{errc::database_unusable,
                 "The database of triggers " + file + " cannot be used: " + failure.what() + "."};
  }
}

} // namespace millrace::storage

// SPDX-License-Identifier: Apache-2.0
#include <millrace/audit.hpp>

#include "catch.hpp"
#include "engine_lock.hpp"
#include "store_fixture.hpp"

#include <fstream>

namespace millrace::storage::testing {

namespace {

std::vector<audit_finding> findings_of(database_audit& audit) {
  std::vector<audit_finding> found;
  const auto note = [&found](audit_finding each) { found.push_back(std::move(each)); };
  REQUIRE(audit.check_file(note).has_value());
  REQUIRE(audit.check_rows(note).has_value());
  return found;
}

/// A root that has started two executions, of which one has ended, and waits.
void fill(const std::string& path) {
  const auto target = open(path);
  const std::int64_t definition = target->put_pinned_definition("hash", "{}").value();
  commit_unit root = parking(1, {"key"});
  root.begin->definition = definition;
  root.delta = "{}";
  root.journal_sequence = 1;
  commit_unit first = starting(child_start(2, 1, 1));
  first.started_children = 1;
  commit_unit second = starting(child_start(3, 1, 2));
  second.started_children = 2;
  commit_unit child = running_through(2);
  child.begin->definition = definition;
  commit(*target, {starting(root_start(1)), root, first, second, child});
}

} // namespace

TEST_CASE("rows of a store contradict each other nowhere, also when some were removed") {
  const temporary_folder folder;
  const std::string path = folder.file("a.db");
  fill(path);
  for (const bool is_removed : {false, true}) {
    if (is_removed) {
      CHECK(open(path)->remove_executions(std::vector<execution_key>{2}, 1, 100)->executions == 1);
    }
    const auto audit = database_audit::open(path);
    REQUIRE(audit.has_value());
    CHECK(findings_of(**audit).empty());
    const audit_counts counts = (*audit)->counts().value();
    CHECK(counts.executions == (is_removed ? 2 : 3));
    CHECK(counts.open_executions == 2);
    CHECK(counts.journal_entries == 1);
    CHECK((*audit)->begun(0, 10).value() == std::vector<execution_key>{1});
    CHECK((*audit)->last_start(1).value() == 2);
  }
}

TEST_CASE("no engine can open a database while it is audited") {
  const temporary_folder folder;
  const std::string path = folder.file("a.db");
  fill(path);
  {
    const auto audit = database_audit::open(path);
    REQUIRE(audit.has_value());
    CHECK(open_store({path, durability::none, false}).error().code() == errc::database_unusable);
  }
  CHECK(open_store({path, durability::none, false}).has_value());
}

TEST_CASE("where no lock file can be made, an engine is seen by the one it has made") {
  const temporary_folder folder;
  const std::string path = folder.file("a.db");
  CHECK(engine_lock::look(path, "a.db").has_value());
  {
    const auto target = open(path);
    const auto held = engine_lock::look(path, "a.db");
    REQUIRE(held.has_error());
    CHECK(held.error().message().find("The database a.db is in use by process ") == 0);
  }
  std::ofstream(path + "-engine") << "1 (gone)"; // of a holder that was killed
  CHECK(engine_lock::look(path, "a.db").has_value());
}

TEST_CASE("a database of an older version is not audited, and says what to do") {
  const temporary_folder folder;
  const std::string path = folder.file("a.db");
  fill(path);
  run_with_sqlite(path, "PRAGMA user_version = 0");
  const auto audit = database_audit::open(path);
  REQUIRE(audit.has_error());
  CHECK(audit.error().code() == errc::database_unusable);
  CHECK(audit.error().message().find("Open it once for writing") != std::string::npos);
}

} // namespace millrace::storage::testing

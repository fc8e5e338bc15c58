// SPDX-License-Identifier: Apache-2.0
#include "sqlite_store.hpp"

#include "catch.hpp"
#include "faulty_disk.hpp"
#include "schema.hpp"
#include "store_fixture.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include <sqlite3.h>

namespace millrace::storage::testing {

namespace {

constexpr execution_key batch_size = 6;

/// Starts `batch_size` executions from `first` on, large enough for several pages each, and ends
/// every second one.
std::vector<commit_unit> batch(execution_key first) {
  std::vector<commit_unit> units;
  for (execution_key key = first; key < first + batch_size; ++key) {
    execution_start start = root_start(key);
    start.start_input = std::string(6'000, 'x');
    units.push_back(starting(std::move(start)));
    if (key % 2 == 0) {
      units.push_back(running_through(key));
    }
  }
  return units;
}

/// A store whose writer may keep only a few changed pages in memory, so that a batch writes before
/// its commit, and whose file may have at most `pages_max` pages (0: any number).
std::unique_ptr<store> open_small(const std::string& file, int pages_max) {
  open(file, durability::none).reset();
  opened_database opened;
  opened.shown = file;
  opened.writer = std::make_unique<connection>(file, SQLITE_OPEN_READWRITE);
  opened.writer->execute(
      "PRAGMA synchronous = FULL; PRAGMA cache_size = 10; PRAGMA busy_timeout = 0");
  if (pages_max != 0) {
    opened.writer->execute("PRAGMA max_page_count = " + std::to_string(pages_max));
  }
  opened.open_reader = [file] { return std::make_unique<connection>(file, SQLITE_OPEN_READONLY); };
  return std::make_unique<sqlite_store>(std::move(opened));
}

struct sweep_step {
  bool has_failed = false;
  bool was_poisoned = false;
};

/// One commit on a disk that fails from its nth operation on, then everything that must hold.
sweep_step commit_on_failing_disk(std::size_t nth, int code) {
  const temporary_folder folder;
  const std::string file = folder.file("orders.db");
  sweep_step step;
  {
    faulty_disk disk;
    const auto target = open_small(file, 0);
    commit(*target, batch(1));
    disk.fail_from(nth, code);
    const auto outcome = target->commit(batch(1 + batch_size));
    step.has_failed = disk.has_failed() && outcome.has_error();
    disk.heal();
    if (step.has_failed) {
      CHECK(outcome.error().code() == errc::database_failed);
      CHECK(outcome.error().message().find(file) != std::string::npos);
      CHECK(target->counts().value().executions == batch_size);
      const auto later = target->commit(batch(1 + 2 * batch_size));
      step.was_poisoned = later.has_error();
      if (step.was_poisoned) {
        CHECK(later.error().message() == outcome.error().message());
        CHECK(target->put_record("step", "s", "{}").error().message() == outcome.error().message());
      }
    }
  }
  CHECK(read_with_sqlite(file, "PRAGMA integrity_check") == "ok");
  const auto reopened = open(file, durability::none);
  const std::int64_t executions = reopened->counts().value().executions;
  if (step.was_poisoned) {
    // Unknown means: all of it or nothing.
    CHECK((executions == batch_size || executions == 2 * batch_size));
  } else {
    CHECK(executions == 2 * batch_size); // the second batch, or the third after a clean failure
  }
  CHECK(reopened->counts().value().unfinished == executions / 2);
  CHECK(reopened->commit(batch(1 + 3 * batch_size)).has_value());
  return step;
}

} // namespace

TEST_CASE("a disk that fails at any operation of a commit leaves all of it or nothing") {
  for (const int code : {SQLITE_FULL, SQLITE_IOERR_WRITE}) {
    int clean = 0;
    int unknown = 0;
    std::size_t nth = 1;
    for (;; ++nth) {
      INFO("code " << code << ", operation " << nth);
      const sweep_step step = commit_on_failing_disk(nth, code);
      if (!step.has_failed) {
        break;
      }
      (step.was_poisoned ? unknown : clean) += 1;
    }
    INFO("code " << code << ": " << clean << " clean, " << unknown << " unknown");
    CHECK(clean > 10);
    CHECK(unknown > 2);
  }
}

TEST_CASE("a full disk is said in words, nothing of the commit stays, and the store goes on") {
  const temporary_folder folder;
  const std::string file = folder.file("orders.db");
  constexpr int pages_max = 150;
  {
    const auto target = open_small(file, pages_max);
    execution_key next = 1;
    auto outcome = target->commit(batch(next));
    while (outcome) {
      next += batch_size;
      outcome = target->commit(batch(next));
    }
    CHECK(outcome.error().code() == errc::database_failed);
    CHECK(outcome.error().message().find("The disk is full: the database " + file) == 0);
    CHECK(next > 1);
    CHECK(target->counts().value().executions == next - 1);
    CHECK(target->last_key().value() == next - 1);
    // What still fits is taken: nothing is in doubt.
    CHECK(target->commit(std::vector{running_through(1)}).has_value());
  }
  CHECK(read_with_sqlite(file, "PRAGMA integrity_check") == "ok");
}

TEST_CASE("each kind of failure has its sentence, with the file and what to do") {
  const std::pair<int, const char*> cases[] = {
      {SQLITE_FULL, "Free some space"},
      {SQLITE_IOERR_FSYNC, "Check the disk"},
      {SQLITE_CORRUPT_INDEX, "Restore it from a backup"},
      {SQLITE_NOTADB, "Restore it from a backup"},
      {SQLITE_BUSY, "Another program holds"},
      {SQLITE_READONLY, "permissions"},
      {SQLITE_CANTOPEN, "cannot be opened"},
      {SQLITE_NOMEM, "memory was exhausted"},
      {SQLITE_ERROR, "failed"},
  };
  for (const auto& [code, expected] : cases) {
    const error described = describe_failure(sqlite_failure(code, "reason"), "orders.db");
    INFO(described.message());
    CHECK(described.code() == errc::database_failed);
    CHECK(described.message().find("orders.db") != std::string::npos);
    CHECK(described.message().find(expected) != std::string::npos);
  }
}

TEST_CASE("another program's lock on the database is a clean failure") {
  const temporary_folder folder;
  const std::string file = folder.file("orders.db");
  const auto target = open_small(file, 0);
  {
    connection shell(file, SQLITE_OPEN_READWRITE);
    const transaction held(shell, transaction::access::write);
    const auto refused = target->commit(std::vector{starting(root_start(1))});
    REQUIRE(refused.has_error());
    CHECK(refused.error().message().find("Another program holds") == 0);
  }
  CHECK(target->commit(std::vector{starting(root_start(1))}).has_value());
}

TEST_CASE("the write-ahead log stays small however much is committed") {
  const temporary_folder folder;
  const std::string file = folder.file("orders.db");
  const auto target = open(file, durability::none);
  std::uintmax_t largest = 0;
  std::uintmax_t written = 0;
  for (execution_key key = 1; written < 160'000'000; ++key) {
    execution_start start = root_start(key);
    start.start_input = std::string(4'000'000, 'x');
    commit(*target, {starting(start)});
    written += start.start_input.size();
    largest = std::max(largest, std::filesystem::file_size(file + "-wal"));
  }
  // The threshold of 32 MiB and one commit more.
  CHECK(largest < 40'000'000);
}

TEST_CASE("the write-ahead log stays small while queries overlap all the time") {
  const temporary_folder folder;
  const std::string file = folder.file("orders.db");
  const auto target = open(file, durability::none);
  std::atomic<bool> is_done{false};
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 2; ++reader) {
    readers.emplace_back([&] {
      execution_query query;
      query.limit = 2;
      query.large_columns = true;
      while (!is_done) {
        [[maybe_unused]] const auto rows = target->find_executions(query);
      }
    });
  }
  std::uintmax_t largest = 0;
  for (execution_key key = 1; key <= 50; ++key) {
    execution_start start = root_start(key);
    start.start_input = std::string(4'000'000, 'x');
    commit(*target, {starting(start)});
    largest = std::max(largest, std::filesystem::file_size(file + "-wal"));
  }
  is_done = true;
  for (std::thread& reader : readers) {
    reader.join();
  }
  // 200 MB were written. 96 MiB is where queries are made to pause; a slow machine may miss one.
  CHECK(largest < 160'000'000);
}

} // namespace millrace::storage::testing

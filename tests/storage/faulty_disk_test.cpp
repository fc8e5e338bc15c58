// SPDX-License-Identifier: Apache-2.0
//
// The disk of the tests itself, and the store on disks that fail in ways of their own: reads,
// syncs, a disk that fills up. What fails at any operation of a commit is in failure_test.cpp.
#include "faulty_disk.hpp"

#include "catch.hpp"
#include "store_fixture.hpp"

#include <set>

#include <sqlite3.h>

namespace millrace::storage::testing {

namespace {

constexpr const char* name = "/folder/orders.db";
constexpr std::uint64_t seeds = 200;

std::string sectors(char filling, std::size_t count) {
  std::string bytes;
  bytes.assign(count * disk_recording::sector_bytes, filling);
  return bytes;
}

/// Every content that the file may have at the end of a recording, "absent" for none.
std::set<std::string> contents(const disk_recording& disk, survival kept) {
  std::set<std::string> found;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const auto image = disk.cut_power(disk.size(), kept, seed);
    const auto file = image.find(name);
    found.insert(file == image.end() ? "absent" : file->second);
  }
  return found;
}

/// The executions that are there after another opening, all of which must be whole.
std::int64_t executions_after_reopening(const std::string& file) {
  const auto target = open(file);
  CHECK(read_with_sqlite(file, "PRAGMA integrity_check") == "ok");
  return target->counts().value().executions;
}

/// A start that fills a few pages.
commit_unit large_start(execution_key key) {
  execution_start start = root_start(key);
  start.start_input = std::string(20'000, 'x');
  return starting(std::move(start));
}

} // namespace

TEST_CASE("a power cut takes what was not synced, a process's end takes nothing") {
  disk_recording disk;
  disk.opened(name, true);
  disk.written(name, sectors('a', 2), 0);
  disk.synced(name);
  disk.written(name, sectors('b', 1), disk_recording::sector_bytes);
  const std::string before = sectors('a', 2);
  const std::string after = sectors('a', 1) + sectors('b', 1);
  CHECK(contents(disk, survival::nothing) == std::set{before});
  CHECK(contents(disk, survival::everything) == std::set{after});
  CHECK(contents(disk, survival::in_order) == std::set{before, after});
  CHECK(contents(disk, survival::scattered) == std::set{before, after});
}

TEST_CASE("each sector of a torn write arrives or does not, and no other bytes come of it") {
  disk_recording disk;
  disk.opened(name, true);
  disk.written(name, sectors('a', 2), 0);
  disk.synced(name);
  disk.written(name, sectors('b', 2), 0);
  const std::set<std::string> expected{sectors('a', 2), sectors('a', 1) + sectors('b', 1),
                                       sectors('b', 1) + sectors('a', 1), sectors('b', 2)};
  CHECK(contents(disk, survival::scattered) == expected);
  CHECK(contents(disk, survival::in_order) == expected);
}

TEST_CASE("a sector holds the first so many of its writes") {
  disk_recording disk;
  disk.opened(name, true);
  disk.written(name, "....", 0);
  disk.synced(name);
  disk.written(name, "1", 0);
  disk.written(name, "2", 1);
  disk.written(name, "3", 2);
  CHECK(contents(disk, survival::scattered) ==
        std::set<std::string>{"....", "1...", "12..", "123."});
}

TEST_CASE("a truncation that was not synced may not have happened") {
  disk_recording disk;
  disk.opened(name, true);
  disk.written(name, sectors('a', 2), 0);
  disk.synced(name);
  disk.truncated(name, disk_recording::sector_bytes);
  CHECK(contents(disk, survival::scattered) == std::set{sectors('a', 1), sectors('a', 2)});
  disk.synced(name);
  CHECK(contents(disk, survival::scattered) == std::set{sectors('a', 1)});
}

TEST_CASE("a name comes and goes with the sync of its folder") {
  disk_recording disk;
  disk.opened(name, false);
  disk.written(name, "a", 0);
  disk.synced(name);
  CHECK(contents(disk, survival::nothing) == std::set<std::string>{"absent"});
  disk.opened("/folder/orders.db-wal", true);
  disk.synced("/folder/orders.db-wal"); // the first sync of a log syncs the folder
  CHECK(contents(disk, survival::nothing) == std::set<std::string>{"a"});
  disk.removed(name, false);
  CHECK(contents(disk, survival::scattered) == std::set<std::string>{"a", "absent"});
  disk.removed("/folder/orders.db-wal", true);
  CHECK(contents(disk, survival::scattered) == std::set<std::string>{"absent"});
}

TEST_CASE("an acknowledgement holds from the operation after it on") {
  disk_recording disk;
  disk.opened(name, false);
  disk.acknowledge();
  disk.written(name, "a", 0);
  disk.acknowledge();
  CHECK(disk.size() == 2);
  CHECK(disk.acknowledged_at(0) == 0);
  CHECK(disk.acknowledged_at(1) == 1);
  CHECK(disk.acknowledged_at(2) == 2);
}

TEST_CASE("what a store wrote is in the recording, sync for sync") {
  const temporary_folder folder;
  const std::string file = folder.file("orders.db");
  const auto recording = std::make_shared<disk_recording>();
  {
    faulty_disk disk;
    disk.record(recording);
    const auto target = open(file, durability::power_loss);
    commit(*target, {starting(root_start(1))});
    const auto image = recording->cut_power(recording->size(), survival::nothing, 0);
    write_image(image, folder.path() / "cut");
  }
  CHECK(open(folder.file("cut/orders.db"))->last_key().value() == 1);
}

TEST_CASE("a read that fails once is an error once, and nothing is lost") {
  const temporary_folder folder;
  for (const int code : {SQLITE_IOERR_READ, SQLITE_IOERR_SHORT_READ}) {
    int failures = 0;
    for (std::size_t nth = 1;; ++nth) {
      const std::string file = folder.file(std::to_string(code) + std::to_string(nth) + ".db");
      faulty_disk disk;
      for (execution_key key = 1; key <= 3; ++key) {
        commit(*open(file), {large_start(key)});
      }
      auto target = open(file);
      disk.fail_reads(1, code, nth);
      const auto found = target->find_executions({});
      const auto committed = target->commit(std::vector{large_start(4)});
      INFO("code " << code << ", read " << nth);
      if (!disk.has_failed()) {
        break;
      }
      // Either is an error or right; a page that was not read must not pass for an empty one.
      CHECK((found.has_error() || found->size() == 3));
      failures += found.has_error() || committed.has_error() ? 1 : 0;
      disk.heal();
      if (code == SQLITE_IOERR_READ) {
        CHECK(target->find_executions({}).value().size() == (committed ? 4U : 3U));
      }
      target.reset();
      CHECK(executions_after_reopening(file) == (committed ? 4 : 3));
    }
    INFO("code " << code);
    CHECK(failures > 3);
  }
}

TEST_CASE("a read that fails while a database is opened is an error, and the next opening works") {
  const temporary_folder folder;
  const std::string file = folder.file("orders.db");
  int failures = 0;
  faulty_disk disk;
  commit(*open(file), {large_start(1)});
  for (std::size_t nth = 1;; ++nth) {
    disk.fail_reads(1, SQLITE_IOERR_READ, nth);
    const auto opened = open_store({file, durability::process_crash, false});
    disk.heal();
    if (!disk.has_failed()) {
      break;
    }
    INFO("read " << nth);
    if (opened.has_error()) {
      ++failures;
      CHECK(opened.error().code() == errc::database_failed);
    }
  }
  CHECK(failures > 2);
  CHECK(executions_after_reopening(file) == 1);
}

TEST_CASE("a disk that fills up anywhere loses no acknowledged commit and tears none") {
  const temporary_folder folder;
  constexpr std::size_t step_bytes = 3000; // now in a header, now in a page
  for (std::size_t room = 0; room < 60 * step_bytes; room += step_bytes) {
    const std::string file = folder.file(std::to_string(room) + ".db");
    faulty_disk disk;
    auto target = open(file, durability::power_loss);
    disk.fill_after(room);
    execution_key committed = 0;
    auto outcome = target->commit(std::vector{large_start(1)});
    while (outcome && committed < 20) {
      ++committed;
      outcome = target->commit(std::vector{large_start(committed + 1)});
    }
    INFO("room for " << room << " bytes, " << committed << " commits");
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().message().find("The disk is full") == 0);
    target.reset();
    disk.heal();
    CHECK(executions_after_reopening(file) == committed);
  }
}

TEST_CASE("a failed sync ends all writing, and what was acknowledged before is there") {
  const temporary_folder folder;
  for (std::size_t nth = 1; nth <= 5; ++nth) {
    const std::string file = folder.file(std::to_string(nth) + ".db");
    faulty_disk disk;
    auto target = open(file, durability::power_loss);
    disk.fail_syncs_from(nth);
    execution_key committed = 0;
    while (target->commit(std::vector{large_start(committed + 1)})) {
      ++committed;
    }
    INFO("sync " << nth << ", " << committed << " commits");
    disk.heal();
    CHECK(target->commit(std::vector{large_start(committed + 1)}).has_error());
    target.reset();
    const std::int64_t found = executions_after_reopening(file);
    CHECK((found == committed || found == committed + 1));
  }
}

} // namespace millrace::storage::testing

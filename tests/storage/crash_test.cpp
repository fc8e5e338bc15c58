// SPDX-License-Identifier: Apache-2.0
#include <millrace/store.hpp>

#include "catch.hpp"
#include "child_process.hpp"
#include "store_fixture.hpp"

#include <cstdint>
#include <random>

namespace millrace::storage::testing {

namespace {

constexpr execution_key batch_size = 10;

/// Batch `number`: starts of ten executions; the even ones have ended, the first one waits and has
/// a delta.
std::vector<commit_unit> batch(execution_key number) {
  std::vector<commit_unit> units;
  for (execution_key key = number * batch_size + 1; key <= (number + 1) * batch_size; ++key) {
    units.push_back(starting(root_start(key)));
    if (key % 2 == 0) {
      units.push_back(running_through(key));
    }
  }
  commit_unit parked = parking(number * batch_size + 1, {"event-" + std::to_string(number)}, 1);
  parked.delta = "{}";
  parked.journal_sequence = 1;
  units.push_back(std::move(parked));
  return units;
}

/// Commits batches from `first` on for ever and reports a byte for each that was acknowledged.
void commit_for_ever(const std::string& file, execution_key first,
                     const child_process::parent_link& parent) {
  const auto target = open(file, durability::process_crash);
  for (execution_key number = first;; ++number) {
    commit(*target, batch(number));
    parent.report("+");
  }
}

/// Everything that must hold of a file in which `batches` whole batches are.
void check_whole_batches(store& target, execution_key batches) {
  const store_counts counts = target.counts().value();
  CHECK(counts.executions == batches * batch_size);
  CHECK(counts.unfinished == batches * (batch_size / 2 - 1));
  CHECK(counts.waiting == batches);
  if (batches > 0) {
    const execution_key parked = (batches - 1) * batch_size + 1;
    CHECK(target.waiting_for("event-" + std::to_string(batches - 1)).value() == parked);
    CHECK(target.load_state(parked).value().deltas.size() == 1);
  }
}

} // namespace

TEST_CASE("a killed process loses nothing that was acknowledged and leaves no half batch") {
  const temporary_folder folder;
  const std::string file = folder.file("orders.db");
  constexpr int rounds = 50;
  std::mt19937 random(20240229);
  execution_key batches = 0;
  for (int round = 0; round < rounds; ++round) {
    child_process writer(
        [&](const child_process::parent_link& parent) { commit_for_ever(file, batches, parent); });
    // Killed some instructions after some acknowledgement, that is anywhere in a later commit.
    std::string acknowledged = writer.read(random() % 20);
    volatile std::uint_fast32_t idle = random() % 300'000;
    while (idle > 0) {
      idle = idle - 1;
    }
    writer.kill();
    acknowledged += writer.read_all();

    INFO("round " << round << ", " << batches << " batches before");
    REQUIRE(acknowledged.find_first_not_of('+') == std::string::npos);
    const auto target = open(file);
    const execution_key found = target->last_key().value() / batch_size;
    const auto promised = batches + static_cast<execution_key>(acknowledged.size());
    // One more may have been committed and not acknowledged any more.
    CHECK(found >= promised);
    CHECK(found <= promised + 1);
    check_whole_batches(*target, found);
    batches = found;
  }
  CHECK(read_with_sqlite(file, "PRAGMA integrity_check") == "ok");
  CHECK(batches > rounds);
}

} // namespace millrace::storage::testing

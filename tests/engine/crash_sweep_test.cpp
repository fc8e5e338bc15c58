// SPDX-License-Identifier: Apache-2.0
//
// Every write of a scenario fails once, before or after it took effect; then the database is opened
// again. The family must end as if nothing had happened: every child once, the same path, the same
// context.
#include "crash_scenarios.hpp"

#include "catch.hpp"
#include "failing_store.hpp"
#include "faulty_disk.hpp"
#include "torture.hpp"

using namespace millrace;
using namespace millrace::testing;
using storage::testing::failing_store;
using storage::testing::failure_plan;
using storage::testing::write_failure;

namespace {

// Plays until the planned write fails; false: the scenario ended before.
bool play_until_failure(const crash_scenario& scenario, const std::string& path, std::size_t nth,
                        write_failure kind) {
  auto plan = std::make_shared<failure_plan>();
  plan->fail_at = nth;
  plan->kind = kind;
  small_engine_parts parts;
  parts.rules = scenario.rules;
  parts.has_failed = [plan] { return plan->has_failed.load(); };
  small_engine engine(std::make_unique<failing_store>(open_file(path), plan), std::move(parts));
  (void)play(scenario, engine);
  return plan->has_failed;
}

torture_count sweep(const crash_scenario& scenario, write_failure kind) {
  const scratch_folder folder;
  const storage::testing::faulty_disk without_syncs; // nobody cuts the power
  const family_outcome undisturbed = finish(scenario, folder.file("undisturbed.db"));
  torture_count counted;
  for (std::size_t nth = 1;; nth += sanitizer_stride) {
    const std::string path = folder.file(std::to_string(nth) + ".db");
    const bool has_failed = play_until_failure(scenario, path, nth, kind);
    INFO(scenario.name << ", write " << nth << ", kind " << static_cast<int>(kind));
    CHECK(findings(path) == "[]");
    const family_outcome ended = finish(scenario, path);
    CHECK(ended == undisturbed);
    CHECK(findings(path) == "[]");
    if (!has_failed)
      return counted;
    ++counted.points;
    counted.lost += missing(undisturbed, ended);
    counted.doubled += missing(ended, undisturbed);
  }
}

void sweep_all(write_failure kind, const std::string& what) {
  constexpr std::size_t writes_min = 4 / sanitizer_stride; // definitions, the root, its end
  torture_count sum;
  for (const crash_scenario& scenario : crash_scenarios()) {
    const torture_count counted = sweep(scenario, kind);
    INFO(scenario.name);
    CHECK(counted.points >= writes_min);
    sum.points += counted.points;
    sum.lost += counted.lost;
    sum.doubled += counted.doubled;
  }
  print_counts("crash points", sum, what);
}

} // namespace

TEST_CASE("every scenario survives that any write fails before its effect", "[torture][writes]") {
  sweep_all(write_failure::before_effect, "writes that fail before their effect");
}

TEST_CASE("every scenario survives that any write fails after its effect", "[torture][writes]") {
  sweep_all(write_failure::after_effect, "writes that fail after their effect");
}

TEST_CASE("every scenario survives that any write is refused", "[torture][writes]") {
  sweep_all(write_failure::refused, "writes that are refused");
}

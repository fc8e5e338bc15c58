// SPDX-License-Identifier: Apache-2.0
//
// The power goes, or the process dies, before any operation of the disk: what was acknowledged is
// there as far as the durability level promises, the database is sound, and the family ends as if
// nothing had happened.
#include "power_cut.hpp"

#include "catch.hpp"

using namespace millrace;
using namespace millrace::testing;
using storage::testing::survival;

namespace {

// What was promised is where most can go wrong.
std::size_t seeds_of_the_large_part(durability level) {
  return level == durability::power_loss ? 8 : 3;
}

// Sweeps every scenario and prints the sum; the small part takes other crash points of each.
torture_count sweep_all(durability level, std::vector<survival> kept, const std::string& what) {
  constexpr std::size_t stride_of_the_small_part = 29 * sanitizer_stride;
  torture_count sum;
  for (const crash_scenario& scenario : crash_scenarios()) {
    power_cut_plan plan;
    plan.scenario = &scenario;
    plan.level = level;
    plan.kept = kept;
    plan.stride = is_full_torture() ? 1 : stride_of_the_small_part;
    plan.seeds = is_full_torture() ? seeds_of_the_large_part(level) : 1;
    const power_cut_report report = sweep_power_cuts(plan);
    INFO(scenario.name << ": " << report.describe());
    CHECK(report.counted.points > 0);
    CHECK(report.counted.lost == 0);
    CHECK(report.counted.doubled == 0);
    CHECK(report.unsound == 0);
    sum.points += report.counted.points;
    sum.lost += report.counted.lost;
    sum.doubled += report.counted.doubled;
  }
  print_counts("crash points", sum, what);
  return sum;
}

} // namespace

TEST_CASE("with power_loss a power cut at any operation of the disk loses nothing acknowledged",
          "[torture][power_loss]") {
  const torture_count sum =
      sweep_all(durability::power_loss,
                {survival::everything, survival::nothing, survival::in_order, survival::scattered},
                "power cuts, power_loss");
  CHECK(sum.points > (is_full_torture() ? 8000 : 100 / sanitizer_stride));
}

TEST_CASE("with process_crash the end of the process at any operation of the disk loses nothing",
          "[torture][process_crash]") {
  const torture_count sum =
      sweep_all(durability::process_crash, {survival::everything}, "ends of the process");
  CHECK(sum.points > (is_full_torture() ? 800 : 20 / sanitizer_stride));
}

TEST_CASE("with process_crash a power cut leaves a sound database with the first of the commits",
          "[torture][process_crash]") {
  const torture_count sum = sweep_all(durability::process_crash,
                                      {survival::nothing, survival::in_order, survival::scattered},
                                      "power cuts, process_crash");
  CHECK(sum.points > (is_full_torture() ? 800 : 20 / sanitizer_stride));
}

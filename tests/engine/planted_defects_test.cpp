// SPDX-License-Identifier: Apache-2.0
//
// The sweep over crash points can fail: stores with a defect each, planted here, are found by it.
#include "power_cut.hpp"

#include "defective_stores.hpp"

#include "catch.hpp"

using namespace millrace;
using namespace millrace::testing;
using storage::testing::acknowledgement;
using storage::testing::survival;

namespace {

power_cut_plan plan_of_detached_starts() {
  constexpr std::size_t stride = 3; // operations; a transaction has more
  power_cut_plan plan;
  plan.scenario = &scenario_named("detached starts, the last step one of them");
  plan.stride = stride;
  plan.kept = {survival::everything};
  return plan;
}

template <class Defect>
power_cut_report sweep_with() {
  power_cut_plan plan = plan_of_detached_starts();
  plan.defect = [](std::unique_ptr<storage::store> sound) {
    return std::make_unique<Defect>(std::move(sound));
  };
  return sweep_power_cuts(plan);
}

} // namespace

TEST_CASE("the sweep that finds planted defects finds nothing in a sound store") {
  const power_cut_report report = sweep_power_cuts(plan_of_detached_starts());
  INFO(report.describe());
  CHECK(report.counted.points > 10);
  CHECK(report.counted.lost + report.counted.doubled + report.unsound == 0);
}

TEST_CASE("a start committed apart from its parent's move is found by the sweep: it is lost") {
  const power_cut_report report = sweep_with<parent_moves_first>();
  INFO(report.describe());
  CHECK(report.counted.lost > 0);
}

TEST_CASE(
    "a start committed apart and without its unique key is found by the sweep: it is doubled") {
  const power_cut_report report = sweep_with<child_first_without_its_key>();
  INFO(report.describe());
  CHECK(report.counted.doubled > 0);
}

TEST_CASE("a commit acknowledged before it is made is found by the sweep: it is lost") {
  power_cut_plan plan = plan_of_detached_starts();
  plan.acknowledged = acknowledgement::before_commit;
  const power_cut_report report = sweep_power_cuts(plan);
  INFO(report.describe());
  CHECK(report.counted.lost > 0);
}

TEST_CASE("a commit acknowledged before it is synced is found by the sweep: it is lost") {
  power_cut_plan plan = plan_of_detached_starts();
  plan.kept = {survival::nothing};
  CHECK(sweep_power_cuts(plan).counted.lost == 0);
  plan.level = durability::process_crash;
  plan.is_power_loss_promised = true;
  const power_cut_report report = sweep_power_cuts(plan);
  INFO(report.describe());
  CHECK(report.counted.lost > 0);
}

TEST_CASE("a start that is acknowledged and never written is found by the sweep: it is lost") {
  const power_cut_report report = sweep_with<start_is_dropped>();
  INFO(report.describe());
  CHECK(report.counted.lost > 0);
}

TEST_CASE("a start that is written twice is found by the sweep: it is doubled") {
  const power_cut_report report = sweep_with<start_is_doubled>();
  INFO(report.describe());
  CHECK(report.counted.doubled > 0);
}

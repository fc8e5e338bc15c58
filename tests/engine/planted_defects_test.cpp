// SPDX-License-Identifier: Apache-2.0
//
// The sweep over crash points can fail: stores with a defect each, planted here, are found by it.
#include "power_cut.hpp"

#include "catch.hpp"
#include <millrace/store_decorator.hpp>

#include <span>

using namespace millrace;
using namespace millrace::testing;
using storage::commit_unit;
using storage::execution_start;
using storage::store_decorator;
using storage::unit_outcome;
using storage::testing::acknowledgement;
using storage::testing::survival;

namespace {

using outcomes = result<std::vector<unit_outcome>>;

// Commits the units of a batch one by one, each by `commit_one`, which has the defect.
class defective_store : public store_decorator {
public:
  using store_decorator::store_decorator;

  outcomes commit(std::span<const commit_unit> units) final {
    std::vector<unit_outcome> all;
    for (const commit_unit& unit : units) {
      const bool is_childs_start = unit.execution != 0 && !unit.starts.empty();
      auto done = is_childs_start ? commit_starts(unit) : inner().commit(std::span(&unit, 1));
      if (!done)
        return done;
      all.push_back(std::move(done->front()));
    }
    return all;
  }

protected:
  // `unit` starts children.
  virtual outcomes commit_starts(const commit_unit& unit) = 0;

  outcomes commit_unchanged(const commit_unit& unit) { return inner().commit(std::span(&unit, 1)); }
  static commit_unit only_starts_of(const commit_unit& unit) {
    commit_unit starts;
    starts.execution = unit.execution;
    starts.starts = unit.starts;
    starts.started_children = unit.started_children;
    return starts;
  }
  static commit_unit without_starts(commit_unit unit) {
    unit.starts.clear();
    unit.started_children = 0;
    return unit;
  }
  // The same start under a visit that no other start has, so that no second one is recognised.
  std::shared_ptr<const execution_start> under_another_visit(const execution_start& start) {
    constexpr std::int64_t visits_between = 1000;
    execution_start changed = start;
    changed.parent_visit += visits_between * ++changed_visits_;
    return std::make_shared<const execution_start>(std::move(changed));
  }

private:
  std::int64_t changed_visits_ = 0;
};

class parent_moves_first final : public defective_store {
  using defective_store::defective_store;
  outcomes commit_starts(const commit_unit& unit) override {
    if (auto moved = commit_unchanged(without_starts(unit)); !moved)
      return moved;
    return commit_unchanged(only_starts_of(unit));
  }
};

class child_first_without_its_key final : public defective_store {
  using defective_store::defective_store;
  outcomes commit_starts(const commit_unit& unit) override {
    commit_unit starts = only_starts_of(unit);
    for (auto& start : starts.starts)
      start = under_another_visit(*start);
    auto started = commit_unchanged(starts);
    if (!started)
      return started;
    if (auto moved = commit_unchanged(without_starts(unit)); !moved)
      return moved;
    return started;
  }
};

class start_is_dropped final : public defective_store {
  using defective_store::defective_store;
  outcomes commit_starts(const commit_unit& unit) override {
    auto moved = commit_unchanged(without_starts(unit));
    if (moved)
      moved->front().started.assign(unit.starts.size(), 0);
    return moved;
  }
};

class start_is_doubled final : public defective_store {
  using defective_store::defective_store;
  outcomes commit_starts(const commit_unit& unit) override {
    constexpr storage::execution_key keys_between = 1'000'000;
    commit_unit doubled = unit;
    for (const auto& start : unit.starts) {
      execution_start twin = *under_another_visit(*start);
      twin.key += keys_between;
      for (std::string* id : {&twin.id, &twin.message_id})
        id->back() = id->back() == '0' ? '1' : '0';
      doubled.starts.push_back(std::make_shared<const execution_start>(std::move(twin)));
    }
    auto done = commit_unchanged(doubled);
    if (done)
      done->front().started.resize(unit.starts.size());
    return done;
  }
};

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

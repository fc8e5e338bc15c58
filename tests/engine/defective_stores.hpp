// SPDX-License-Identifier: Apache-2.0
//
// Stores with a defect each, planted so that tests of crashes can show that they find it.
#pragma once

#include <millrace/store_decorator.hpp>

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace::testing {

using storage::commit_unit;
using storage::execution_start;
using storage::store_decorator;
using storage::unit_outcome;
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

// Acknowledges what it was told to write, whether it was written or not.
class acknowledges_before_commit final : public store_decorator {
public:
  using store_decorator::store_decorator;
  outcomes commit(std::span<const commit_unit> units) override {
    auto written = inner().commit(units);
    if (written)
      return written;
    std::vector<unit_outcome> claimed(units.size());
    for (std::size_t i = 0; i < units.size(); ++i) {
      for (const auto& start : units[i].starts)
        claimed[i].started.push_back(start->key);
      claimed[i].delivered.resize(units[i].deliveries.size());
    }
    return claimed;
  }
};

} // namespace millrace::testing

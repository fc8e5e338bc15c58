// SPDX-License-Identifier: Apache-2.0
//
// A scenario is run once on a disk that writes everything down; then the run is stopped before
// every operation of the disk, with what may be left of the unsynced ones, and the family is
// finished from there.
#pragma once

#include "crash_scenarios.hpp"
#include "disk_recording.hpp"
#include "torture.hpp"
#include "witness_store.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace millrace::testing {

/// What the sweep runs, and how much of it.
struct power_cut_plan {
  const crash_scenario* scenario = nullptr;
  durability level = durability::power_loss;
  /// Every so many operations of the disk are a crash point.
  std::size_t stride = 1;
  /// For each kind of survival that is random.
  std::size_t seeds = 1;
  std::vector<storage::testing::survival> kept = {
      storage::testing::survival::everything, storage::testing::survival::nothing,
      storage::testing::survival::in_order, storage::testing::survival::scattered};
  /// A planted defect: wraps the store that is recorded. Empty: none.
  std::function<std::unique_ptr<storage::store>(std::unique_ptr<storage::store>)> defect = {};
  storage::testing::acknowledgement acknowledged = storage::testing::acknowledgement::after_commit;
  /// Holds the store against the promise of power_loss, whatever its level.
  bool is_power_loss_promised = false;
};

/// What a sweep has found.
struct power_cut_report {
  torture_count counted;   ///< lost: acknowledged writes and executions
  std::size_t unsound = 0; ///< audits with findings, half transactions, databases that do not open
  std::vector<std::string> problems; ///< the first few, each with its crash point

  [[nodiscard]] std::string describe() const;
};

/// Crash points that leave the same bytes under the same promise are tried and counted once.
[[nodiscard]] power_cut_report sweep_power_cuts(const power_cut_plan& plan);

} // namespace millrace::testing

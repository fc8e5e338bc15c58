// SPDX-License-Identifier: Apache-2.0
//
// What tests of crashes run: small families that between them use every operation that writes.
#pragma once

#include "small_engine.hpp"

#include <functional>
#include <string>
#include <vector>

namespace millrace::testing {

/// A family and the calls from outside that bring it to its end.
struct crash_scenario {
  std::string name;
  json::value flows;
  /// After define() and recover(). Every call may be repeated after a crash: one whose effect is
  /// there already changes nothing. False: the store failed meanwhile.
  std::function<bool(small_engine&)> run;
  retention rules = {};
};

/// All of them.
[[nodiscard]] const std::vector<crash_scenario>& crash_scenarios();
/// The one of that name. Throws when there is none.
[[nodiscard]] const crash_scenario& scenario_named(const std::string& name);

/// Runs a scenario on `engine`: definitions, what is unfinished, the calls. False: the store
/// failed.
bool play(const crash_scenario& scenario, small_engine& engine);
/// The family after a run to the end on the sound database `path`. Throws when the store fails.
[[nodiscard]] family_outcome finish(const crash_scenario& scenario, const std::string& path);

} // namespace millrace::testing

// SPDX-License-Identifier: Apache-2.0
//
// From what runs did to what somebody should look at.
#pragma once

#include "explore_run.hpp"

#include <map>
#include <string>
#include <vector>

namespace millrace::simulation {

/// A run that is kept: enough to run it again.
struct kept_run {
  std::string flow;
  std::vector<std::size_t> given;
  std::size_t steps = 0; ///< entered
};

/// What all runs together did. Runs are numbers into `kept`.
struct search_result {
  std::vector<kept_run> kept;
  std::map<std::string, std::size_t> first_with; ///< feature: the shortest run
  std::map<failed_step, std::size_t> unhandled;
  std::map<failed_step, std::size_t> stopped;
  std::map<std::pair<std::string, std::string>, std::size_t> stuck;
  std::map<std::pair<std::string, std::string>, std::size_t> endless;
};

/// Judges the flows that were explored. finding::path is a number into `kept`.
[[nodiscard]] std::vector<finding> judge(const exploration_model& model,
                                         const std::vector<std::string>& explored,
                                         const search_result& seen);

} // namespace millrace::simulation

// SPDX-License-Identifier: Apache-2.0
//
// One run of an exploration: a world in which whatever can go one way or another is asked of a list
// of choices.
#pragma once

#include "explore_model.hpp"

#include <millrace/explore.hpp>
#include <millrace/simulation.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace millrace::simulation {

/// Something that could go `ways` ways.
struct choice_point {
  std::size_t ways = 1;
  std::size_t chosen = 0;
  std::string said; ///< what was chosen
};

/// The choices of a run by position, 0 (the usual) behind their end. Who asks for the same thing
/// again gets the same answer.
class choices {
public:
  explicit choices(std::vector<std::size_t> given) : given_(std::move(given)) {}
  /// Chooses one of `said`, which must not be empty.
  std::size_t choose(const std::string& asked, const std::vector<std::string>& said);
  [[nodiscard]] const std::vector<choice_point>& points() const noexcept { return points_; }

private:
  std::vector<std::size_t> given_;
  std::vector<choice_point> points_;
  std::map<std::string, std::size_t> known_;
};

/// A failure of a step.
struct failed_step {
  std::string flow;
  std::string step;
  std::string error_name;
  bool by_limit = false;  ///< the transition limit
  bool by_budget = false; ///< too many children

  friend bool operator<(const failed_step& left, const failed_step& right) {
    return std::tie(left.flow, left.step, left.error_name) <
           std::tie(right.flow, right.step, right.error_name);
  }
};

/// What one run did.
struct run_result {
  std::vector<choice_point> points;
  std::vector<std::string> steps; ///< "flow/step" in the order they were entered
  std::set<std::string> features; ///< what can be new about a run
  std::string signature;          ///< everything that it did, in order
  std::set<failed_step> unhandled;
  std::set<failed_step> stopped;                       ///< by a limit or a budget, handled or not
  std::set<std::pair<std::string, std::string>> stuck; ///< waits, by flow and step
  std::optional<std::pair<std::string, std::string>> endless; ///< where the run was cut
  std::string status;
  json::object test; ///< without its name; empty: none was asked for, or there is none
};

/// Runs `flow`. `counts` hears every event. `with_test`: makes a test and lets it pass once.
/// Errors: the engine's.
[[nodiscard]] result<run_result> run_once(const exploration_model& model,
                                          const std::vector<flow_document>& documents,
                                          const exploration_options& options,
                                          const std::string& flow, std::vector<std::size_t> given,
                                          flows::coverage* counts, bool with_test);

} // namespace millrace::simulation

// SPDX-License-Identifier: Apache-2.0
//
// What an exploration may choose: which steps it stands in for, and which data, given at the start
// or by such steps, decide how flows go. Conditions are followed back to where their data come
// from, through mappings, composed objects, sums and called flows.
#pragma once

#include "explore_values.hpp"

#include <millrace/flow_definitions.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace millrace::simulation {

/// Where data come from: flow id, and the step whose output or event it is; no step: the start.
using data_origin = std::pair<std::string, std::string>;

/// Constant after construction.
class exploration_model {
public:
  using definition_pointer = std::shared_ptr<const flows::flow_definition>;

  exploration_model(const std::vector<compiled_flow>& known, const steps::registry& steps);

  /// By flow id: the published version, or else the highest.
  [[nodiscard]] const std::map<std::string, definition_pointer>& flows() const noexcept {
    return flows_;
  }
  [[nodiscard]] const flows::step* find(const std::string& flow, const std::string& step) const;
  /// Whether the exploration stands in for the step.
  [[nodiscard]] bool is_mocked(const flows::step& step) const;
  /// Steps that are mocked, with their flows.
  [[nodiscard]] const std::vector<data_origin>& mocked() const noexcept { return mocked_; }
  /// Pure steps that can be left without a limit. A loop of such steps is one piece of work that
  /// no bound ends, unless something makes each of them a piece of its own.
  [[nodiscard]] const std::vector<data_origin>& unlimited() const noexcept { return unlimited_; }
  /// Whether no program could run the step without a mock.
  [[nodiscard]] bool needs_mock(const flows::step& step) const;
  /// What is wanted of an origin; shorter paths first, lengths behind other values of
  /// the same place, before what is in the array.
  [[nodiscard]] const std::vector<wanted_values>& wanted(const data_origin& origin) const;

private:
  void want_all_of(const std::string& flow, const flows::step& step);
  void want_reads_of(const std::string& flow, const flows::step& step);
  void trace_all(const std::string& flow, const std::vector<wanted_values>& all);
  void trace(const std::string& flow, const wanted_values& what, int depth);
  [[nodiscard]] bool trace_mapped(const std::string& flow, const wanted_values& what, int depth);
  void trace_item(const std::string& flow, const wanted_values& what, int depth);
  void trace_input(const std::string& flow, const wanted_values& what, int depth);
  void trace_output(const std::string& flow, const flows::step& step, const wanted_values& what,
                    int depth);
  void trace_step_input(const std::string& flow, const flows::step& step, const wanted_values& what,
                        int depth);
  void trace_aggregate(const std::string& flow, const flows::step& step, const wanted_values& what,
                       int depth);
  void want(const data_origin& origin, const wanted_values& what);

  const steps::registry& steps_;
  std::map<std::string, definition_pointer> flows_;
  std::vector<data_origin> mocked_;
  std::vector<data_origin> unlimited_;
  std::map<data_origin, std::vector<wanted_values>> wanted_;
};

} // namespace millrace::simulation

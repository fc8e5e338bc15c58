// SPDX-License-Identifier: Apache-2.0
//
// Exploration: flows are driven in simulation through outcomes that nobody wrote a test for. What
// touches the world is mocked with success and with each class of failure, data are chosen so that
// conditions come out both ways, and what is found on the way (dead ends, loops without an exit,
// children without bound) is told with a short trace and, where that is possible, a ready test.
#pragma once

#include <millrace/coverage.hpp>
#include <millrace/engine.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::simulation {

/// What a finding is about.
enum class finding_kind : std::uint8_t {
  unreachable_step,   ///< no transition, default, fallback or branch leads there
  dead_end,           ///< none of the step's transitions held and it has no default: the path ends
  endless_loop,       ///< every run that went round long enough was ended by the transition limit,
                      ///< or by none at all: no run left the loop otherwise
  endless_wait,       ///< neither the event nor the time-out went on
  unbounded_children, ///< starts without end: until a bound of the exploration stopped them
  not_reached,        ///< a step that edges lead to but that no run entered
  never_true,         ///< a condition that held in no run
  never_false,        ///< a condition that held in every run
  unhandled_failure,  ///< a failure for which the flow has no fallback ended the execution
};

/// How much a finding weighs.
enum class finding_severity : std::uint8_t {
  defect, ///< follows from the flow alone
  doubt,  ///< no run did otherwise; data that were not tried might
  notice, ///< depends on what the world answers; may be meant so
};

/// "unreachable_step" and so on.
[[nodiscard]] const char* to_string(finding_kind kind) noexcept;
[[nodiscard]] const char* to_string(finding_severity severity) noexcept;

/// How to explore.
struct exploration_options {
  std::string flow;                  ///< the only flow to start; empty: each one
  std::size_t max_runs = 2'000;      ///< of all flows together, shared evenly
  std::size_t max_depth = 8;         ///< choices of one run that are not the usual ones
  std::size_t stale_runs_max = 300;  ///< runs of a flow without anything new, then it is done
  std::chrono::milliseconds time{0}; ///< real time, after which results differ; 0: no bound
  std::uint64_t work_max = 20'000;   ///< pieces of work of one run, see world_options
  std::int64_t executions_max = 32;  ///< of one run
  std::uint64_t seed = 1;
  /// Handlers of an embedding program. External ones are not called: they are mocked.
  steps::registry steps = steps::registry::with_system_modules();
};

/// A run worth telling: the shortest found that did something.
struct explored_path {
  std::string name;                 ///< a claim, unique in an exploration
  std::vector<std::string> steps;   ///< "flow/step", in the order they were entered
  std::vector<std::string> choices; ///< what was chosen other than usual, as sentences
  std::string status;               ///< of the root
  /// A test of a *.test.json file which passes as the flow is now. Empty where there can be none:
  /// the run never comes to rest, or its mocks cannot tell its executions apart.
  json::object test;
};

/// Something about a flow that somebody should look at.
struct finding {
  finding_kind kind = finding_kind::unreachable_step;
  finding_severity severity = finding_severity::defect;
  std::string flow_definition_id;
  std::string step_instance_id;
  std::string pointer;    ///< JSON pointer into the flow definition
  std::string message;    ///< a clause
  std::int64_t path = -1; ///< into exploration::paths, the shortest that shows it; -1: none does
};

/// What an exploration came to.
struct exploration {
  std::vector<finding> findings; ///< by severity, then by flow and step
  std::vector<explored_path> paths;
  flows::coverage_report coverage; ///< of all runs together
  std::size_t runs = 0;
  bool is_complete = false; ///< every combination within max_depth was run
  std::uint64_t seed = 0;

  /// Whether there is a defect or a doubt.
  [[nodiscard]] bool has_findings() const noexcept;
  /// For people.
  [[nodiscard]] std::string to_text() const;
  [[nodiscard]] json::object to_json() const;
  /// A *.test.json document with the test of every path that has one. `flow_files`: its "flows".
  [[nodiscard]] json::object to_tests(const std::vector<std::string>& flow_files) const;
};

/// Explores the flows of `documents`, of each flow the published version or else the highest.
/// Breadth first: among the runs that were made, the traces of findings are shortest. The same
/// documents and options without a bound on time give the same. Errors: invalid_definition,
/// not_found for options.flow, the engine's. Thread-safe.
[[nodiscard]] result<exploration> explore(const std::vector<flow_document>& documents,
                                          const exploration_options& options);

} // namespace millrace::simulation

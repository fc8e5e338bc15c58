// SPDX-License-Identifier: Apache-2.0
//
// What of flows was run: counts, gathered from lifecycle events, kept as JSON, added up over runs,
// and held against definitions to say what is still missing.
#pragma once

#include <millrace/definition.hpp>
#include <millrace/flow_graph.hpp>
#include <millrace/lifecycle_event.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::flows {

/// How often things happened to one step. Counts stop at 2^53.
struct step_coverage {
  struct transition_counts {
    std::uint64_t taken = 0;
    std::uint64_t held = 0;     ///< its condition was looked at and held
    std::uint64_t not_held = 0; ///< its condition was looked at and did not hold
  };
  std::uint64_t begun = 0;   ///< executions that began here
  std::uint64_t entered = 0; ///< the ones that began here included
  std::uint64_t retried = 0;
  std::uint64_t default_taken = 0;
  std::uint64_t fallback_taken = 0;
  std::uint64_t ended = 0; ///< paths that ended here for want of a next step
  std::vector<transition_counts> transitions;
  std::map<std::string, std::uint64_t, std::less<>> branches; ///< branch runs by branchId
  std::map<std::string, std::uint64_t, std::less<>> children; ///< flows started or called, by id
};

/// What a point of a report is about.
enum class coverage_kind : std::uint8_t {
  steps,       ///< entered
  transitions, ///< taken; those with a condition
  conditions,  ///< one point for holding, one for not holding
  defaults,    ///< the default transition was taken
  fallbacks,   ///< the fallback was taken
  retries,     ///< an attempt was retried, where the step says how
  branches,    ///< a branch was run
  children,    ///< a flow was started or called
};
inline constexpr std::size_t coverage_kind_count = 8;

/// "steps", "transitions" and so on.
[[nodiscard]] const char* to_string(coverage_kind kind) noexcept;

/// How many points there are and how many of them were seen.
struct coverage_tally {
  std::size_t points = 0;
  std::size_t seen = 0;

  /// 0 to 100; 100 where there is nothing to see.
  [[nodiscard]] double percent() const noexcept;
};

/// Something that no run has done.
struct coverage_miss {
  coverage_kind kind = coverage_kind::steps;
  std::string step_instance_id;
  std::string pointer; ///< JSON pointer into the flow definition
  std::string message; ///< a clause: "never false: $.total >= 100"
};

/// The coverage of one flow version.
struct flow_coverage_report {
  std::string flow_definition_id;
  std::int64_t version = 0;
  std::uint64_t executions = 0;
  std::array<coverage_tally, coverage_kind_count> tallies; ///< by coverage_kind
  std::vector<coverage_miss> missed;                       ///< by step id
  /// Steps and transitions that were run but are not in the definition: the counts are those of
  /// another text, or the start overrode steps.
  std::vector<std::string> unknown;

  [[nodiscard]] coverage_tally total() const noexcept;
};

/// The coverage of flows.
struct coverage_report {
  std::vector<flow_coverage_report> flows; ///< in the order of the definitions
  std::vector<std::string> other_flows;    ///< "id v1": run, but no definition was given

  /// Of all flows together: every point counts the same.
  [[nodiscard]] coverage_tally total() const noexcept;
  /// For people: a table for each flow, what was missed with its place, the total. Percentages are
  /// rounded down.
  [[nodiscard]] std::string to_text() const;
};

/// Gathers coverage. Not thread-safe: an observer is called from several threads at once, so it
/// needs a lock around hear().
class coverage {
public:
  /// By flow id and version, then by step instance id.
  using flow_key = std::pair<std::string, std::int64_t>;
  using step_counts = std::map<std::string, step_coverage, std::less<>>;

  /// Counts what `event` tells. Cost: a look-up of the flow and of the step.
  void hear(const lifecycle_event& event);
  /// Adds the counts of another run.
  void merge(const coverage& other);
  /// Holds the counts against what there is to run in `definitions`.
  [[nodiscard]] coverage_report
  report(const std::vector<std::shared_ptr<const flow_definition>>& definitions) const;

  [[nodiscard]] const std::map<flow_key, step_counts>& flows() const noexcept { return flows_; }
  /// The counts of one step; null: nothing was heard of it.
  [[nodiscard]] const step_coverage* find(std::string_view flow_definition_id, std::int64_t version,
                                          std::string_view step_instance_id) const;

  /// The counts as JSON, stable from version to version: {"millraceCoverage": 1, "flows":
  /// [{"flowDefinitionId", "version", "steps": {id: {"begun", "entered", "retried", "default",
  /// "fallback", "ended", "transitions": [{"taken", "held", "notHeld"}], "branches": {branchId:
  /// count}, "children": {flowId: count}}}}]}. Counts of 0 and empty members are left out.
  [[nodiscard]] json::object to_json() const;
  /// Reads what to_json gave; members it does not know are ignored. Errors: invalid_input with a
  /// JSON pointer, what must stand there and what does.
  [[nodiscard]] static result<coverage> from_json(const json::value& document);

private:
  step_coverage& step_of(const lifecycle_event& event);

  std::map<flow_key, step_counts> flows_;
};

/// The marks of a graph by what was run of its flow version.
[[nodiscard]] graph_marks mark_coverage(const flow_graph& graph, const coverage& counts);

} // namespace millrace::flows

// SPDX-License-Identifier: Apache-2.0
//
// Exploring: what is planted is found, at the step where it is, and nothing else is told.
#include <millrace/explore.hpp>

#include "catch.hpp"
#include "flow_fixture.hpp"

#include <algorithm>

using namespace millrace;
using namespace millrace::testing;
namespace sim = millrace::simulation;

namespace {

constexpr std::size_t runs_max = 400; // enough for every flow here, and quick

std::string flow_of(const std::string& steps, const std::string& id = "f") {
  return "{'id': '" + id +
         "', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'a', "
         "'steps': {" +
         steps + "}}";
}

// A step that no program here can run.
std::string asking(const std::string& id, const std::string& more) {
  return "'" + id + "': {'stepInstanceId': '" + id +
         "', 'stepType': 'CUSTOM_LOGIC', "
         "'moduleIdentifier': 'shop/" +
         id + "'" + more + "}";
}

std::string ending(const std::string& id) {
  return "'" + id + "': {'stepInstanceId': '" + id + "', 'stepType': 'END_FLOW'}";
}

std::string way(const std::string& condition, const std::string& next) {
  return ", 'transitions': [{'condition': \"" + condition + "\", 'nextStepInstanceId': '" + next +
         "'}]";
}

sim::exploration explored(const std::string& flows) {
  std::string text = "[" + flows + "]";
  // Conditions hold texts in single quotes.
  std::replace(text.begin(), text.end(), '`', '\'');
  sim::exploration_options options;
  options.max_runs = runs_max;
  options.work_max = 5'000;
  auto found = sim::explore({{json_of(text), "flows"}}, options);
  INFO((found ? std::string() : found.error().message()));
  REQUIRE(found.has_value());
  return std::move(*found);
}

const sim::finding* find(const sim::exploration& found, sim::finding_kind kind) {
  const auto one = std::find_if(found.findings.begin(), found.findings.end(),
                                [kind](const sim::finding& each) { return each.kind == kind; });
  return one == found.findings.end() ? nullptr : &*one;
}

// The one defect of that kind is at `step`, and no defect or doubt of another kind is told.
const sim::finding& only_defect(const sim::exploration& found, sim::finding_kind kind,
                                const std::string& step) {
  INFO(found.to_text());
  const sim::finding* one = find(found, kind);
  REQUIRE(one != nullptr);
  CHECK(one->step_instance_id == step);
  CHECK(one->severity == sim::finding_severity::defect);
  CHECK(std::count_if(found.findings.begin(), found.findings.end(), [](const auto& each) {
          return each.severity != sim::finding_severity::notice;
        }) == 1);
  return *one;
}

std::vector<std::string> trace_of(const sim::exploration& found, const sim::finding& one) {
  REQUIRE(one.path >= 0);
  return found.paths.at(static_cast<std::size_t>(one.path)).steps;
}

} // namespace

TEST_CASE("exploring tells nothing of a sound flow but failures without a fallback") {
  const auto found = explored(flow_of(
      asking("a", way("$.steps_output.a.total > 5", "b") + ", 'defaultNextStepInstanceId': 'c'") +
      ", " + ending("b") + ", " + ending("c")));
  INFO(found.to_text());
  CHECK_FALSE(found.has_findings());
  CHECK(find(found, sim::finding_kind::unhandled_failure) != nullptr);
  CHECK(found.is_complete);
}

TEST_CASE("a step that nothing leads to is found") {
  const auto found = explored(flow_of(asking("a", ", 'defaultNextStepInstanceId': 'b'") + ", " +
                                      ending("b") + ", " + ending("c")));
  CHECK(only_defect(found, sim::finding_kind::unreachable_step, "c").path == -1);
}

TEST_CASE("a dead end is found with the shortest way there") {
  const auto found = explored(flow_of(asking("a", ", 'defaultNextStepInstanceId': 'b'") + ", " +
                                      asking("b", way("$.steps_output.b.kind == true", "c")) +
                                      ", " + ending("c")));
  const auto& one = only_defect(found, sim::finding_kind::dead_end, "b");
  CHECK(trace_of(found, one) == std::vector<std::string>{"f/a", "f/b"});
  CHECK_FALSE(found.paths.at(static_cast<std::size_t>(one.path)).test.empty());
}

TEST_CASE("a loop that only the transition limit ends is found") {
  const auto found = explored(flow_of(asking("a", ", 'defaultNextStepInstanceId': 'b'") + ", " +
                                      asking("b", ", 'defaultNextStepInstanceId': 'a'")));
  static_cast<void>(only_defect(found, sim::finding_kind::endless_loop, "a"));
}

TEST_CASE("a loop of pure steps that nothing limits is found and does not hang the search") {
  const auto found = explored(flow_of("'a': {'stepInstanceId': 'a', 'stepType': 'NO_OP', "
                                      "'defaultNextStepInstanceId': 'a', "
                                      "'defaultNextMaxTransitions': 0}"));
  const auto& one = only_defect(found, sim::finding_kind::endless_loop, "a");
  CHECK(found.paths.at(static_cast<std::size_t>(one.path)).test.empty());
}

TEST_CASE("a loop that data end is a notice") {
  const auto found = explored(flow_of(asking("a", way("$.steps_output.a.more == true", "a") +
                                                      ", 'defaultNextStepInstanceId': 'b'") +
                                      ", " + ending("b")));
  INFO(found.to_text());
  const sim::finding* one = find(found, sim::finding_kind::endless_loop);
  REQUIRE(one != nullptr);
  CHECK(one->severity == sim::finding_severity::notice);
  CHECK_FALSE(found.has_findings());
}

TEST_CASE("children without bound are found") {
  const auto found = explored(
      flow_of("'a': {'stepInstanceId': 'a', 'stepType': 'START_FLOW_EXECUTION', "
              "'moduleIdentifier': 'system/start-flow-execution', 'flowDefinitionId': 'f', "
              "'inputMappings': {'initialContextData.x': '$.x'}, "
              "'defaultNextStepInstanceId': 'b'}, " +
              ending("b")));
  const auto& one = only_defect(found, sim::finding_kind::unbounded_children, "a");
  CHECK(found.paths.at(static_cast<std::size_t>(one.path)).test.empty());
}

TEST_CASE("a condition that cannot come out true is a doubt") {
  const auto found = explored(
      flow_of(asking("a", ", 'outputMappings': {}" + way("$.flow_variables.never == true", "b") +
                              ", 'defaultNextStepInstanceId': 'c'") +
              ", " + ending("b") + ", " + ending("c")));
  INFO(found.to_text());
  const sim::finding* one = find(found, sim::finding_kind::never_true);
  REQUIRE(one != nullptr);
  CHECK(one->step_instance_id == "a");
  CHECK(one->severity == sim::finding_severity::doubt);
}

TEST_CASE("exploring twice gives the same") {
  const std::string flow = flow_of(
      asking("a", way("$.steps_output.a.total >= 10", "a") + ", 'defaultNextStepInstanceId': 'b'") +
      ", " + ending("b"));
  CHECK(stringify(explored(flow).to_json()) == stringify(explored(flow).to_json()));
}

TEST_CASE("the transitions of the sample flows are all explored, and none is unsound") {
  const auto documents = read_flow_documents(MILLRACE_SOURCE_DIR "/flows/examples");
  REQUIRE(documents.has_value());
  sim::exploration_options options;
  options.max_runs = runs_max;
  const auto found = sim::explore(*documents, options);
  REQUIRE(found.has_value());
  INFO(found->to_text());
  CHECK_FALSE(found->has_findings());
  for (const auto& flow : found->coverage.flows)
    CHECK(flow.tallies[static_cast<std::size_t>(flows::coverage_kind::transitions)].percent() >=
          95);
}

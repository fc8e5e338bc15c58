// SPDX-License-Identifier: Apache-2.0
#include <millrace/coverage.hpp>

#include "catch.hpp"

#include <fstream>
#include <iterator>

using namespace millrace;
using namespace millrace::flows;

namespace {

using event_type = lifecycle_event::type;

constexpr std::string_view flow_text =
    R"({"id": "f", "version": 2, "startStepInstanceId": "a", "steps": {
  "a": {"stepInstanceId": "a", "displayName": "A", "stepType": "NO_OP",
    "onError": {"retries": {"count": 1, "intervalSeconds": 1}, "fallbackStepInstanceId": "b/c"},
    "transitions": [{"condition": "$.x > 1", "nextStepInstanceId": "b/c"}],
    "defaultNextStepInstanceId": "fork"},
  "b/c": {"stepInstanceId": "b/c", "displayName": "B", "stepType": "NO_OP"},
  "fork": {"stepInstanceId": "fork", "displayName": "Fork", "stepType": "PARALLEL_FORK_MANAGER", "itemsPath": "$.items",
    "parallelBranches": [{"branchId": "one", "stepInstanceId": "go"},
                         {"branchId": "two", "stepInstanceId": "go"}]},
  "go": {"stepInstanceId": "go", "displayName": "Go", "stepType": "START_FLOW_EXECUTION", "flowDefinitionId": "child",
    "moduleIdentifier": "system/start-flow-execution"}}})";

std::shared_ptr<const flow_definition> definition() {
  definition_rules rules;
  auto compiled = compile_definition(parse_json(flow_text, "test")->as_object(), rules);
  INFO(describe(compiled.problems));
  REQUIRE(compiled.ok());
  return compiled.definition;
}

lifecycle_event event(event_type what, const std::string& step, flow_way way = flow_way::none) {
  lifecycle_event made;
  made.what = what;
  made.flow_definition_id = "f";
  made.flow_definition_version = 2;
  made.step_instance_id = step;
  made.way = way;
  return made;
}

coverage first_run() {
  coverage counts;
  counts.hear(event(event_type::step_entered, "a", flow_way::start));
  lifecycle_event left = event(event_type::step_left, "a", flow_way::transition);
  left.transition_index = 0;
  left.conditions = {true};
  counts.hear(left);
  counts.hear(event(event_type::step_entered, "b/c"));
  counts.hear(event(event_type::step_left, "b/c", flow_way::end));
  return counts;
}

coverage second_run() {
  coverage counts;
  counts.hear(event(event_type::step_entered, "a", flow_way::start));
  counts.hear(event(event_type::step_retrying, "a"));
  lifecycle_event left = event(event_type::step_left, "a", flow_way::default_next);
  left.conditions = {false};
  counts.hear(left);
  counts.hear(event(event_type::step_entered, "fork"));
  lifecycle_event branch = event(event_type::branch_started, "fork");
  branch.branch_id = "two";
  counts.hear(branch);
  counts.hear(event(event_type::step_entered, "go", flow_way::branch));
  lifecycle_event started = event(event_type::execution_accepted, "");
  started.flow_definition_id = "child";
  started.flow_definition_version = 0;
  started.detail = {{"parentFlowDefinitionId", "f"},
                    {"parentFlowDefinitionVersion", 2},
                    {"parentStepInstanceId", "go"}};
  counts.hear(started);
  return counts;
}

} // namespace

TEST_CASE("coverage names what no run has done, with its place in the definition") {
  const coverage_report report = first_run().report({definition()});
  REQUIRE(report.flows.size() == 1);
  std::string missed;
  for (const coverage_miss& each : report.flows[0].missed)
    missed += each.pointer + ": " + each.message + "\n";
  CHECK(missed == "/steps/a/transitions/0/condition: never false: $.x > 1\n"
                  "/steps/a/defaultNextStepInstanceId: default transition never taken\n"
                  "/steps/a/onError/fallbackStepInstanceId: fallback never taken\n"
                  "/steps/a/onError: never retried\n"
                  "/steps/fork: step never entered\n"
                  "/steps/fork/parallelBranches/0: branch never run: one\n"
                  "/steps/fork/parallelBranches/1: branch never run: two\n"
                  "/steps/go: step never entered\n"
                  "/steps/go: no flow ever started: child\n");
  CHECK(report.flows[0].executions == 1);
  CHECK(report.total().seen == 4);
  CHECK(report.total().points == 13);
}

TEST_CASE("runs add up, in any order") {
  coverage both = first_run();
  both.merge(second_run());
  coverage other = second_run();
  other.merge(first_run());
  CHECK(both.to_json() == other.to_json());
  const coverage_report report = both.report({definition()});
  std::string missed;
  for (const coverage_miss& each : report.flows[0].missed)
    missed += each.pointer + "\n";
  CHECK(missed == "/steps/a/onError/fallbackStepInstanceId\n/steps/fork/parallelBranches/0\n");
  CHECK(report.total().percent() > 84.6);
  CHECK(report.total().percent() < 84.7);
  const std::string text = report.to_text();
  CHECK(text.find("f v2: 84.6 % (11 of 13), 2 executions\n") == 0);
  CHECK(text.find("  conditions           2 of 2   100.0 %\n") != std::string::npos);
  CHECK(text.find("  missed /steps/fork/parallelBranches/0: branch never run: one\n") !=
        std::string::npos);
  both.merge(both);
  CHECK(both.find("f", 2, "a")->entered == 4);
}

TEST_CASE("nothing that is missing is rounded away") {
  coverage_tally tally{100'000, 99'999};
  CHECK(tally.percent() < 100.0);
  coverage_report report;
  report.flows.push_back({"f", 1, 0, {tally}, {}, {}});
  CHECK(report.to_text().find("99.9 %") != std::string::npos);
  CHECK(coverage_tally().percent() == 100.0);
}

TEST_CASE("what was run and is not in the definition is said") {
  coverage counts = first_run();
  counts.hear(event(event_type::step_entered, "gone"));
  lifecycle_event other = event(event_type::step_entered, "a");
  other.flow_definition_version = 1;
  counts.hear(other);
  const coverage_report report = counts.report({definition()});
  CHECK(report.flows[0].unknown == std::vector<std::string>{"/steps/gone"});
  CHECK(report.other_flows == std::vector<std::string>{"f v1"});
  CHECK(report.to_text().find("run, but not in this definition: /steps/gone\n") !=
        std::string::npos);
}

TEST_CASE("coverage comes back from its JSON as it went") {
  coverage counts = first_run();
  counts.merge(second_run());
  const json::object document = counts.to_json();
  CHECK(stringify(document.at("flows").at(0).at("steps").at("a")) ==
        R"({"begun":2,"entered":2,"retried":1,"default":1,)"
        R"("transitions":[{"taken":1,"held":1,"notHeld":1}]})");
  const auto back = coverage::from_json(document);
  REQUIRE(back.has_value());
  CHECK(back->to_json() == document);
}

TEST_CASE("the coverage file in the documents is one") {
  std::ifstream file(MILLRACE_SOURCE_DIR "/docs/graph-and-coverage.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::size_t begin = text.find("```json\n") + 8;
  REQUIRE(begin > 8);
  const auto document = parse_json(text.substr(begin, text.find("```", begin) - begin), "document");
  REQUIRE(document.has_value());
  const auto counts = coverage::from_json(*document);
  REQUIRE(counts.has_value());
  CHECK(counts->to_json() == document->as_object());
}

TEST_CASE("a file that is no coverage is refused at the place that is wrong") {
  struct bad {
    const char* text;
    const char* says;
  };
  for (const bad& each : {
           bad{"[]", "at the top must stand an object, not an empty array."},
           bad{"{}", "at /millraceCoverage must stand 1"},
           bad{R"({"millraceCoverage": 2, "flows": []})", "at /millraceCoverage must stand 1"},
           bad{R"({"millraceCoverage": 1})", "at /flows must stand an array"},
           bad{R"({"millraceCoverage": 1, "flows": [{"version": 1}]})",
               "at /flows/0/flowDefinitionId must stand the id of a flow."},
           bad{R"({"millraceCoverage": 1, "flows": [{"flowDefinitionId": "a", "version": "1"}]})",
               "at /flows/0/version must stand the number of a version."},
           bad{R"({"millraceCoverage": 1, "flows": [{"flowDefinitionId": "a", "version": 1,
               "steps": {"x/y": {"entered": -1}}}]})",
               "at /flows/0/steps/x~1y/entered must stand a whole number from 0 to 2^53, not "},
           bad{R"({"millraceCoverage": 1, "flows": [{"flowDefinitionId": "a", "version": 1,
               "steps": {"x": {"transitions": [{"held": 1.5}]}}}]})",
               "at /flows/0/steps/x/transitions/0/held must stand a whole number"},
           bad{R"({"millraceCoverage": 1, "flows": [{"flowDefinitionId": "a", "version": 1,
               "steps": {"x": {"branches": {"b": null}}}}]})",
               "at /flows/0/steps/x/branches/b must stand"},
       }) {
    INFO(each.text);
    const auto read = coverage::from_json(*parse_json(each.text, "test"));
    REQUIRE(read.has_error());
    CHECK(read.error().code() == errc::invalid_input);
    CHECK(read.error().message().find(each.says) == 0);
  }
}

TEST_CASE("coverage marks a graph: what was run, how often, and what never") {
  coverage counts = first_run();
  counts.merge(second_run());
  const flow_graph graph = make_flow_graph(*definition());
  const graph_marks marks = mark_coverage(graph, counts);
  std::string text;
  for (std::size_t i = 0; i < graph.edges.size(); ++i)
    text +=
        std::string(to_string(graph.edges[i].kind)) + " " + std::to_string(*marks.edges[i]) + "\n";
  CHECK(text == "start 2\ntransition 1\ndefault 1\nfallback 0\nbranch 0\nbranch 1\nchild 1\n");
  CHECK(marks.nodes.back()->count == 1);
  const std::string mermaid = to_mermaid(graph, &marks);
  CHECK(mermaid.find("fallback (never)") != std::string::npos);
  CHECK(mermaid.find("entered 2 times") != std::string::npos);
}

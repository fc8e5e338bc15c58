// SPDX-License-Identifier: Apache-2.0
//
// What an observer hears is enough to tell which ways were gone.
#include <millrace/flow_definitions.hpp>

#include "catch.hpp"
#include "flow_fixture.hpp"

#include <mutex>

using namespace millrace;
using namespace millrace::testing;

namespace {

// A loop that ends by its limit, a fork in a fork, a retry, a fallback and a detached start.
constexpr const char* flows_text = R"([
  {'id': 'main', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'outer', 'steps': {
    'outer': {'stepInstanceId': 'outer', 'stepType': 'PARALLEL_FORK_MANAGER', 'itemsPath': '$.items',
      'parallelBranches': [{'branchId': 'deep', 'stepInstanceId': 'inner'},
                           {'branchId': 'never', 'stepInstanceId': 'go', 'condition': '$.no'}],
      'aggregationConfig': {'strategy': 'NONE'}, 'defaultNextStepInstanceId': 'loop'},
    'inner': {'stepInstanceId': 'inner', 'stepType': 'PARALLEL_FORK_MANAGER', 'itemsPath': '$.items',
      'parallelBranches': [{'branchId': 'leaf', 'stepInstanceId': 'go'}],
      'aggregationConfig': {'strategy': 'NONE'}},
    'go': {'stepInstanceId': 'go', 'stepType': 'START_FLOW_EXECUTION', 'moduleIdentifier': 'system/start-flow-execution',
      'flowDefinitionId': 'child'},
    'loop': {'stepInstanceId': 'loop', 'stepType': 'NO_OP',
      'transitions': [{'condition': '$.no', 'nextStepInstanceId': 'go'},
                      {'condition': '$.items', 'nextStepInstanceId': 'loop', 'maxTransitions': 2}],
      'onError': {'fallbackStepInstanceId': 'flaky'}},
    'flaky': {'stepInstanceId': 'flaky', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'test/flaky',
      'onError': {'retries': {'count': 2, 'intervalSeconds': 1}, 'fallbackStepInstanceId': 'last'}},
    'last': {'stepInstanceId': 'last', 'stepType': 'END_FLOW'}}},
  {'id': 'child', 'version': 3, 'isPublished': true, 'startStepInstanceId': 'only', 'steps': {
    'only': {'stepInstanceId': 'only', 'stepType': 'NO_OP'}}}])";

} // namespace

TEST_CASE("coverage heard from an engine knows every way that was gone") {
  std::mutex mutex;
  flows::coverage counts;
  engine_options options = virtual_time();
  options.observer = [&](const lifecycle_event& event) {
    const std::lock_guard lock(mutex);
    counts.hear(event);
  };
  const auto fails = [](const step_request&) -> step_result {
    return step_error("TransientStepError", "not today");
  };
  REQUIRE(options.steps.add_module("test/flaky", {fails, step_effect::pure}).has_value());
  engine running = engine_with(flows_text, std::move(options));
  start_request start;
  start.flow_definition_id = "main";
  start.initial_context_data = {{"items", json::array{1, 2}}};
  const auto id = running.start(start);
  REQUIRE(id.has_value());
  REQUIRE(running.wait(*id, patience).value().status == execution_status::completed);
  REQUIRE(running.wait_until_quiet(patience).has_value());

  const std::lock_guard lock(mutex);
  const auto step = [&](const char* name) {
    const flows::step_coverage* found = counts.find("main", 1, name);
    REQUIRE(found != nullptr);
    return *found;
  };
  CHECK(step("outer").begun == 1);
  CHECK(step("outer").branches == std::map<std::string, std::uint64_t, std::less<>>{{"deep", 2}});
  CHECK(step("inner").branches == std::map<std::string, std::uint64_t, std::less<>>{{"leaf", 4}});
  CHECK(step("go").entered == 4);
  CHECK(step("go").begun == 0);
  CHECK(step("go").children == std::map<std::string, std::uint64_t, std::less<>>{{"child", 4}});
  CHECK(step("loop").entered == 3);
  REQUIRE(step("loop").transitions.size() == 2);
  CHECK(step("loop").transitions[0].not_held == 3);
  CHECK(step("loop").transitions[1].held == 3); // the third time its limit was reached
  CHECK(step("loop").transitions[1].taken == 2);
  CHECK(step("loop").fallback_taken == 1);
  CHECK(step("flaky").retried == 2);
  CHECK(step("flaky").fallback_taken == 1);
  REQUIRE(counts.find("child", 3, "only") != nullptr);
  CHECK(counts.find("child", 3, "only")->begun == 4);
  CHECK(counts.find("child", 3, "only")->ended == 4);

  const auto compiled = compile_flows({{json_of(flows_text), "flows"}});
  REQUIRE(compiled.has_value());
  std::string missed;
  const auto report = counts.report({compiled->at(0).definition, compiled->at(1).definition});
  for (const auto& flow : report.flows)
    for (const auto& each : flow.missed)
      missed += each.pointer + ": " + each.message + "\n";
  CHECK(missed == "/steps/loop/transitions/0: transition never taken: to go\n"
                  "/steps/loop/transitions/0/condition: never true: $.no\n"
                  "/steps/loop/transitions/1/condition: never false: $.items\n"
                  "/steps/outer/parallelBranches/1: branch never run: never\n");
}

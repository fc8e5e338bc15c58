// SPDX-License-Identifier: Apache-2.0
//
// START_SUB_FLOW: calls that wait, starts that do not, and what both make of their inputs.
#include <millrace/engine.hpp>

#include "catch.hpp"
#include "flow_fixture.hpp"

using namespace millrace;
using namespace millrace::testing;

namespace {

// The step `s` with `members` calls `child`, which doubles nothing but its input's name.
std::string flows_with(const std::string& members) {
  return R"([{'id': 'main', 'version': 1, 'isPublished': true, 'startStepInstanceId': 's', 'steps': {
      's': {'stepInstanceId': 's', 'stepType': 'START_SUB_FLOW', )" +
         members + R"(},
      'f': {'stepInstanceId': 'f', 'stepType': 'DATA_TRANSFORMATION',
            'moduleIdentifier': 'system/compose-object-from-input', 'literals': {'went': 'fallback'},
            'outputMappings': {'$.went': '$.went'}}}},
    {'id': 'child', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'c', 'steps': {
      'c': {'stepInstanceId': 'c', 'stepType': 'DATA_TRANSFORMATION',
            'moduleIdentifier': 'system/compose-object-from-input',
            'literals': {'said': 'hello {{name}}'}, 'outputMappings': {'$.said': '$.said'}}}},
    {'id': 'child', 'version': 2, 'isPublished': false, 'startStepInstanceId': 'c', 'steps': {
      'c': {'stepInstanceId': 'c', 'stepType': 'DATA_TRANSFORMATION',
            'moduleIdentifier': 'system/compose-object-from-input',
            'literals': {'said': 'second'}, 'outputMappings': {'$.said': '$.said'}}}}])";
}

execution_record run(engine& running) {
  const auto id = running.start(
      json::object{{"flowDefinitionId", "main"}, {"initialContextData", {{"who", "Ann"}}}});
  return running.wait(id.value(), patience).value();
}

} // namespace

TEST_CASE(
    "a sub-flow is waited for unless the step says otherwise, and its context is the output") {
  engine running = engine_with(flows_with(R"('subFlowDefinitionId': 'child',
      'inputMappingsToSubFlow': {'initialContextData.name': '$.who'},
      'outputMappings': {'$.answer': '$.said'})"));
  const auto ended = run(running);
  CHECK(ended.status == execution_status::completed);
  CHECK(ended.context.at("answer") == "hello Ann");
  const auto child = only(running, "child");
  CHECK(child.kind == execution_kind::sync_subflow);
  CHECK(child.parent_flow_execution_id == ended.flow_execution_id);
  CHECK(child.parent_step_instance_id == "s");
  CHECK(child.depth == 1);
}

TEST_CASE("without output mappings the child's whole context is the step's output") {
  engine running = engine_with(flows_with(R"('subFlowDefinitionId': '{{missing}}child',
      'inputMappingsToSubFlow': {'initialContextData': '$.'})"));
  const auto ended = run(running);
  CHECK(ended.context.at("steps_output").at("s").at("said") == "hello ");
}

TEST_CASE("a target that is no member of the start input is one of the child's context") {
  engine running = engine_with(flows_with(R"('subFlowDefinitionId': 'child',
      'inputMappingsToSubFlow': {'name': '$.who'}, 'outputMappings': {'$.answer': '$.said'})"));
  CHECK(run(running).context.at("answer") == "hello Ann");
}

TEST_CASE("a version may be chosen") {
  engine running = engine_with(flows_with(R"('subFlowDefinitionId': 'child',
      'subFlowVersion': '2', 'outputMappings': {'$.answer': '$.said'})"));
  CHECK(run(running).context.at("answer") == "second");
}

TEST_CASE("an asynchronous sub-flow is a detached start") {
  engine running = engine_with(flows_with(R"('subFlowDefinitionId': 'child',
      'subFlowExecutionMode': 'ASYNC', 'inputMappingsToSubFlow': {'initialContextData.name': '$.who'})"));
  const auto ended = run(running);
  CHECK(ended.status == execution_status::completed);
  REQUIRE(running.wait_until_quiet(patience).has_value());
  const auto child = only(running, "child");
  CHECK(child.kind == execution_kind::async_subflow);
  CHECK(ended.context.at("steps_output").at("s").at("startedFlowExecutionId").as_string() ==
        child.flow_execution_id);
  CHECK(running.find(child.flow_execution_id)->context.at("said") == "hello Ann");
}

TEST_CASE("the failure of a sub-flow is that of its step, which may have a fallback") {
  engine failing = engine_with(flows_with("'subFlowDefinitionId': 'nobody'"));
  const auto ended = run(failing);
  CHECK(ended.status == execution_status::failed);
  REQUIRE(ended.error.has_value());
  CHECK(ended.error->error_message.find("nobody") != std::string::npos);
  engine caught = engine_with(
      flows_with(R"('subFlowDefinitionId': 'nobody', 'onError': {'fallbackStepInstanceId': 'f'})"));
  CHECK(run(caught).context.at("went") == "fallback");
}

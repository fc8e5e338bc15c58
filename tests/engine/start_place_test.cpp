// SPDX-License-Identifier: Apache-2.0
//
// Executions that begin in the middle of their flow: at another step, or on another context too.
#include <millrace/engine.hpp>

#include "catch.hpp"
#include "flow_fixture.hpp"
#include "small_engine.hpp"

using namespace millrace;
using namespace millrace::testing;

namespace {

// Each step adds itself to the context; `c` waits for an event first.
constexpr const char* three_steps = R"([
  {'id': 'main', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'a', 'steps': {
    'a': {'stepInstanceId': 'a', 'stepType': 'DATA_TRANSFORMATION',
          'moduleIdentifier': 'system/compose-object-from-input', 'literals': {'was': 'here'},
          'outputMappings': {'$.a': '$.was'}, 'defaultNextStepInstanceId': 'b'},
    'b': {'stepInstanceId': 'b', 'stepType': 'DATA_TRANSFORMATION',
          'moduleIdentifier': 'system/compose-object-from-input',
          'literals': {'saw': '{{x}}', 'overrides': '$.executionOverrides'},
          'outputMappings': {'$.b': '$.'}, 'defaultNextStepInstanceId': 'c'},
    'c': {'stepInstanceId': 'c', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT',
          'correlationKeyTemplate': 'go', 'outputMappings': {'$.c': '$.by'}}}}])";

json::object start_at(const json::object& overrides) {
  return {{"flowDefinitionId", "main"},
          {"initialContextData", {{"x", 1}}},
          {"executionOverrides", overrides}};
}

json::object state(const char* step, json::object context) {
  return {{"startFromState",
           {{"currentStepInstanceId", step}, {"currentContextData", std::move(context)}}}};
}

} // namespace

TEST_CASE("an execution begins at the step that its overrides name, on its initial context") {
  engine running = engine_with(three_steps);
  const auto id = running.start(start_at({{"startStepInstanceId", "b"}}));
  REQUIRE(running.wait_until_quiet(patience).has_value());
  const auto record = running.find(id.value()).value();
  CHECK(record.path == std::vector<std::string>{"b", "c"});
  CHECK_FALSE(record.context.contains("a"));
  CHECK(record.context.at("b") ==
        json_of("{'saw': '1', 'overrides': {'startStepInstanceId': 'b'}}"));
  CHECK(record.context.at("flow_variables").at("flowExecutionId") == json::string(*id));
}

TEST_CASE("an execution that begins on a state sees nothing else") {
  engine running = engine_with(three_steps);
  const auto id = running.start(start_at(state("b", object_of("{'x': 7, 'flow_variables': 5}"))));
  REQUIRE(running.wait_until_quiet(patience).has_value());
  const auto record = running.find(id.value()).value();
  CHECK(record.path == std::vector<std::string>{"b", "c"});
  json::object expected = object_of("{'x': 7, 'flow_variables': 5}");
  expected["b"] = record.context.at("b");
  CHECK(record.context == expected);
  CHECK(record.context.at("b").at("saw") == "7");
  CHECK_FALSE(record.context.at("b").as_object().contains("overrides"));
}

TEST_CASE("a step that the flow does not have fails the execution that is to begin there") {
  engine running = engine_with(three_steps);
  const json::object overrides =
      GENERATE(object_of("{'startStepInstanceId': 'x'}"), state("x", {}));
  const auto id = running.start(start_at(overrides));
  const auto ended = running.wait(id.value(), patience);
  REQUIRE(ended.has_value());
  CHECK(ended->status == execution_status::failed);
  CHECK(ended->error->error_name == "ConfigurationError");
  CHECK(ended->path == std::vector<std::string>{"x"});
}

TEST_CASE("an execution that was accepted on a state begins there after the process died") {
  const scratch_folder folder;
  const std::string path = folder.file("a.db");
  json::object context = object_of("{'x': 7}");
  context["large"] = json::string(std::size_t{3} << 20U, 'l');
  {
    // Accepted, and nothing more: the process ends before the execution is taken up.
    small_engine before(open_file(path));
    REQUIRE(before.define(json_of(three_steps)).has_value());
    storage::commit_unit unit;
    auto start = std::make_shared<storage::execution_start>();
    start->key = start->root = 1;
    start->id = crash_root_id;
    start->message_id = "0190f000-0000-7000-8000-0000000000ab";
    start->flow_definition_id = "main";
    start->flow_version = "1";
    start->start_input = stringify(start_at(state("b", context)));
    unit.starts.push_back(start);
    REQUIRE(before.rows().commit({&unit, 1}).has_value());
    const auto waiting = before.family();
    REQUIRE(waiting.size() == 1);
    CHECK(waiting.front().status == execution_status::initializing);
    CHECK(waiting.front().context == context);
  }
  for (int life = 0; life < 2; ++life) { // the second finds it parked
    small_engine after(open_file(path));
    after.running().recover();
    REQUIRE(after.running().wait_quiet(patience).has_value());
    const auto parked = after.family();
    REQUIRE(parked.size() == 1);
    CHECK(parked.front().path == std::vector<std::string>{"b", "c"});
    CHECK(parked.front().context.at("large") == context.at("large"));
    CHECK(parked.front().context.at("b").at("saw") == "7");
    CHECK_FALSE(parked.front().context.contains("steps_output"));
  }
}

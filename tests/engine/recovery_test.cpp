// SPDX-License-Identifier: Apache-2.0
//
// Executions that leave memory and come back: what they were in the middle of, and who calls them
// meanwhile.
#include <millrace/engine.hpp>

#include "catch.hpp"
#include "flow_fixture.hpp"

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

using namespace millrace;
using namespace millrace::testing;

namespace {

// Two forks, one after the other, whose branches wait for events.
constexpr const char* two_forks =
    R"([{'id': 'main', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'f1', 'steps': {
  'f1': {'stepInstanceId': 'f1', 'stepType': 'PARALLEL_FORK_MANAGER', 'itemsPath': '$.one',
         'parallelBranches': [{'branchId': 'b', 'stepInstanceId': 'w1'}],
         'outputMappings': {'$.r1': '$.aggregatedData'}, 'defaultNextStepInstanceId': 'f2'},
  'w1': {'stepInstanceId': 'w1', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT', 'correlationKeyTemplate': 'a-{{currentItem}}',
         'outputMappings': {'$.output': '$.v'}},
  'f2': {'stepInstanceId': 'f2', 'stepType': 'PARALLEL_FORK_MANAGER', 'itemsPath': '$.two',
         'parallelBranches': [{'branchId': 'b', 'stepInstanceId': 'w2'}],
         'outputMappings': {'$.r2': '$.aggregatedData'}},
  'w2': {'stepInstanceId': 'w2', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT', 'correlationKeyTemplate': 'b-{{currentItem}}',
         'outputMappings': {'$.output': '$.v'}}}}])";

engine_options with_module(step_handler run, engine_options options) {
  const auto added = options.steps.add_module("test/work", {std::move(run), step_effect::external});
  if (!added)
    throw std::runtime_error(added.error().message());
  return options;
}

} // namespace

TEST_CASE("forks that follow one another survive every park in between") {
  engine running = engine_with(two_forks);
  start_request start;
  start.flow_definition_id = "main";
  start.initial_context_data = {{"one", {1, 2}}, {"two", {3, 4, 5}}};
  const std::string id = running.start(start).value();
  for (const char* key : {"a-1", "a-2", "b-3", "b-4", "b-5"}) {
    REQUIRE(running.wait_until_quiet(patience).has_value());
    REQUIRE(running.resume(key, json::object{{"v", key}}).has_value());
  }
  const auto ended = running.wait(id, patience);
  REQUIRE(ended.has_value());
  CHECK(ended->status == execution_status::completed);
  CHECK(stringify(ended->context.at("r1")) == R"(["a-1","a-2"])");
  CHECK(stringify(ended->context.at("r2")) == R"(["b-3","b-4","b-5"])");
}

TEST_CASE("cancelling races with the end and is always answered") {
  engine running = engine_with(
      R"([{'id': 'main', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'n', 'steps': {
    'n': {'stepInstanceId': 'n', 'stepType': 'NO_OP'}}}])");
  for (int i = 0; i < 300; ++i) {
    const std::string id = running.start({.flow_definition_id = "main"}).value();
    const auto cancelled = running.cancel(id);
    const auto ended = running.wait(id, patience);
    REQUIRE(ended.has_value());
    CHECK(ended->status == (cancelled ? execution_status::cancelled : execution_status::completed));
    if (!cancelled)
      CHECK(cancelled.error().code() == errc::conflict);
  }
}

TEST_CASE("an execution that is cancelled before its turn never runs a step") {
  std::atomic<int> runs{0};
  std::atomic<bool> go{false};
  engine_options options = with_module(
      [&](const step_request& request) -> step_result {
        ++runs;
        while (request.input.contains("hold") && !go)
          std::this_thread::yield();
        return json::value(json::object());
      },
      virtual_time());
  options.max_active_executions = 1;
  engine running = engine_with(
      R"([{'id': 'main', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'a', 'steps': {
    'a': {'stepInstanceId': 'a', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'test/work',
          'inputMappings': {'hold': '$.hold'}}}}])",
      std::move(options));
  start_request first;
  first.flow_definition_id = "main";
  first.initial_context_data = {{"hold", true}};
  REQUIRE(running.start(first).has_value());
  const std::string second = running.start({.flow_definition_id = "main"}).value();
  REQUIRE(running.cancel(second).has_value());
  go = true;
  REQUIRE(running.wait_until_quiet(patience).has_value());
  const auto ended = running.find(second);
  CHECK(ended->status == execution_status::cancelled);
  CHECK(ended->path.empty());
  CHECK(runs == 1);
}

TEST_CASE("a delay ends on time while another branch is busy") {
  std::atomic<bool> delay_is_over{false};
  engine_options options = with_module(
      [&](const step_request& request) -> step_result {
        if (request.step_instance_id == "after") {
          delay_is_over = true;
          return json::value(json::object());
        }
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (!delay_is_over && std::chrono::steady_clock::now() < deadline)
          std::this_thread::yield();
        return json::value(json::object{{"saw_it", delay_is_over.load()}});
      },
      engine_options());
  options.clock = nullptr; // the system's: virtual time moves only when nothing is busy
  auto running = engine::open(std::move(options));
  REQUIRE(running.has_value());
  REQUIRE(
      running
          ->define(json_of(
              R"([{'id': 'main', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'f', 'steps': {
    'f': {'stepInstanceId': 'f', 'stepType': 'PARALLEL_FORK_MANAGER', 'itemsPath': '$.items',
          'parallelBranches': [{'branchId': 'busy', 'stepInstanceId': 'busy'}, {'branchId': 'late', 'stepInstanceId': 'late'}]},
    'busy': {'stepInstanceId': 'busy', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'test/work',
             'outputMappings': {'$.output': '$.saw_it'}},
    'late': {'stepInstanceId': 'late', 'stepType': 'NO_OP', 'delay': {'milliseconds': 20}, 'defaultNextStepInstanceId': 'after'},
    'after': {'stepInstanceId': 'after', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'test/work'}}}])"))
          .has_value());
  start_request start;
  start.flow_definition_id = "main";
  start.initial_context_data = {{"items", {1}}};
  const auto ended = running->wait(running->start(start).value(), patience);
  REQUIRE(ended.has_value());
  CHECK(ended->context.at("steps_output").at("f").at("aggregatedData").at(0) == true);
}

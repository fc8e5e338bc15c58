// SPDX-License-Identifier: Apache-2.0
//
// What "detached" means: parent and child share a start and nothing else.
#include <millrace/engine.hpp>

#include "catch.hpp"
#include "flow_fixture.hpp"

#include <mutex>

using namespace millrace;
using namespace millrace::testing;

namespace {

// The child waits for the event "go", so that a test can let it live past anything.
constexpr const char* waiting_child = R"(
  {'id': 'child', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'w', 'steps': {
    'w': {'stepInstanceId': 'w', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT', 'correlationKeyTemplate': 'go',
          'outputMappings': {'$.heard': '$.word'}}}})";

std::string with_child(std::string_view parent_steps) {
  return std::string("[{'id': 'parent', 'version': 1, 'isPublished': true, 'startStepInstanceId': "
                     "'start', 'steps': {") +
         "'start': {'stepInstanceId': 'start', 'stepType': 'START_FLOW_EXECUTION', "
         "'moduleIdentifier': "
         "'system/start-flow-execution', 'literals': {'flowDefinitionId': 'child'}" +
         std::string(parent_steps) + "}}," + waiting_child + "]";
}

constexpr const char* then_fail = R"(,
    'defaultNextStepInstanceId': 'bad'},
    'bad': {'stepInstanceId': 'bad', 'stepType': 'DATA_TRANSFORMATION',
            'moduleIdentifier': 'system/generate-array', 'literals': {'count': -1}})";
constexpr const char* then_wait = R"(,
    'defaultNextStepInstanceId': 'hold'},
    'hold': {'stepInstanceId': 'hold', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT',
             'correlationKeyTemplate': 'parent may go'})";
constexpr const char* then_end = "}";

engine run_parent(std::string_view parent_steps) {
  engine running = engine_with(with_child(parent_steps));
  REQUIRE(running.start({.flow_definition_id = "parent"}).has_value());
  REQUIRE(running.wait_until_quiet(patience).has_value());
  REQUIRE(only(running, "child").status == execution_status::waiting);
  return running;
}

void child_completes(engine& running) {
  REQUIRE(running.resume("go", json_of("{'word': 'now'}")).has_value());
  REQUIRE(running.wait_until_quiet(patience).has_value());
  const execution_record child = only(running, "child");
  CHECK(child.status == execution_status::completed);
  CHECK(child.context.at("heard") == "now");
}

} // namespace

TEST_CASE("a start under an id that exists starts nothing and is announced to nobody") {
  std::mutex mutex;
  int announced = 0;
  engine_options options = virtual_time();
  options.observer = [&](const lifecycle_event& event) {
    const std::lock_guard lock(mutex);
    if (event.what == lifecycle_event::type::execution_accepted)
      ++announced;
  };
  engine running = engine_with(std::string(R"([
    {'id': 'parent', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'once', 'steps': {
      'once': {'stepInstanceId': 'once', 'stepType': 'START_FLOW_EXECUTION',
               'moduleIdentifier': 'system/start-flow-execution',
               'literals': {'flowDefinitionId': 'child',
                            'flowExecutionId': '0190f000-0000-7000-8000-000000000001'},
               'defaultNextStepInstanceId': 'again'},
      'again': {'stepInstanceId': 'again', 'stepType': 'START_FLOW_EXECUTION',
                'moduleIdentifier': 'system/start-flow-execution',
                'literals': {'flowDefinitionId': 'child',
                             'flowExecutionId': '0190f000-0000-7000-8000-000000000001'}}}},)") +
                                   waiting_child + "]",
                               std::move(options));
  const std::string parent = running.start({.flow_definition_id = "parent"}).value();
  REQUIRE(running.wait(parent, patience).has_value());
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(only(running, "parent").status == execution_status::completed);
  CHECK(only(running, "child").flow_execution_id == "0190f000-0000-7000-8000-000000000001");
  const std::lock_guard lock(mutex);
  CHECK(announced == 1);
}

TEST_CASE("a child goes on when its parent has failed") {
  engine running = run_parent(then_fail);
  CHECK(only(running, "parent").status == execution_status::failed);
  child_completes(running);
}

TEST_CASE("a child goes on when its parent has been cancelled") {
  engine running = run_parent(then_wait);
  const execution_record parent = only(running, "parent");
  CHECK(parent.status == execution_status::waiting);
  REQUIRE(running.cancel(parent.flow_execution_id).has_value());
  CHECK(only(running, "parent").status == execution_status::cancelled);
  child_completes(running);
}

TEST_CASE("a child goes on when its start was the parent's last step") {
  engine running = run_parent(then_end);
  const execution_record parent = only(running, "parent");
  CHECK(parent.status == execution_status::completed);
  CHECK(parent.path == std::vector<std::string>{"start"});
  child_completes(running);
}

TEST_CASE("a parent goes on when its child has been cancelled") {
  engine running = run_parent(then_wait);
  REQUIRE(running.cancel(only(running, "child").flow_execution_id).has_value());
  CHECK(only(running, "child").status == execution_status::cancelled);
  REQUIRE(running.resume("parent may go", json::object()).has_value());
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(only(running, "parent").status == execution_status::completed);
}

TEST_CASE("a parent goes on when its child cannot start") {
  engine running = engine_with(R"([{'id': 'parent', 'version': 1, 'isPublished': true,
    'startStepInstanceId': 'start', 'steps': {
      'start': {'stepInstanceId': 'start', 'stepType': 'START_FLOW_EXECUTION',
                'moduleIdentifier': 'system/start-flow-execution',
                'literals': {'flowDefinitionId': 'nobody'}, 'defaultNextStepInstanceId': 'end'},
      'end': {'stepInstanceId': 'end', 'stepType': 'END_FLOW'}}}])");
  REQUIRE(running.start({.flow_definition_id = "parent"}).has_value());
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(only(running, "parent").status == execution_status::completed);
  const execution_record child = only(running, "nobody");
  CHECK(child.status == execution_status::failed);
  REQUIRE(child.error.has_value());
  CHECK(child.error->error_name == "PermanentStepError");
  CHECK(child.error->error_message == "Flow Metadata not found for id: nobody");
}

TEST_CASE("a child knows where it came from") {
  engine running = run_parent(then_end);
  const execution_record parent = only(running, "parent");
  const execution_record child = only(running, "child");
  CHECK(child.kind == execution_kind::async_subflow);
  CHECK(child.depth == 1);
  CHECK(child.parent_flow_execution_id == parent.flow_execution_id);
  CHECK(child.parent_step_instance_id == "start");
  CHECK(child.root_flow_execution_id == parent.flow_execution_id);
  CHECK(child.trigger_source == "ParentFlow:" + parent.flow_execution_id + ":start -> Unknown");
  const json::object& output = parent.context.at("steps_output").at("start").as_object();
  CHECK(output.at("startedFlowExecutionId") == json::string(child.flow_execution_id));
  CHECK(output.at("sqsMessageId") == json::string(child.start_message_id));
}

TEST_CASE("an id that is started twice is one child") {
  engine running = engine_with(R"([
    {'id': 'parent', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'one', 'steps': {
      'one': {'stepInstanceId': 'one', 'stepType': 'START_FLOW_EXECUTION',
              'moduleIdentifier': 'system/start-flow-execution',
              'literals': {'flowDefinitionId': 'child', 'flowExecutionId': '0190f000-0000-7000-8000-000000000001'},
              'defaultNextStepInstanceId': 'two'},
      'two': {'stepInstanceId': 'two', 'stepType': 'START_FLOW_EXECUTION',
              'moduleIdentifier': 'system/start-flow-execution',
              'literals': {'flowDefinitionId': 'child', 'flowExecutionId': '0190f000-0000-7000-8000-000000000001'}}}},
    {'id': 'child', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'n', 'steps': {
      'n': {'stepInstanceId': 'n', 'stepType': 'NO_OP'}}}])");
  REQUIRE(running.start({.flow_definition_id = "parent"}).has_value());
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(only(running, "child").status == execution_status::completed);
  CHECK(only(running, "parent").status == execution_status::completed);
}

TEST_CASE("the version of a child is resolved when it begins, not when it is started") {
  // One execution at a time: the child has to wait until the parent's handler, which publishes a
  // newer version, has returned.
  engine* known = nullptr;
  engine_options options = virtual_time();
  options.max_active_executions = 1;
  const char* second =
      R"([{'id': 'child', 'version': 2, 'isPublished': true, 'startStepInstanceId': 'n',
    'steps': {'n': {'stepInstanceId': 'n', 'stepType': 'NO_OP'}}}])";
  REQUIRE(options.steps
              .add_module("test/publish", {[&](const step_request&) -> step_result {
                                             if (!known->define(json_of(second)))
                                               return step_error::permanent("refused");
                                             return json::value(json::object());
                                           },
                                           step_effect::external})
              .has_value());
  engine running = engine_with(R"([
    {'id': 'parent', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'go', 'steps': {
      'go': {'stepInstanceId': 'go', 'stepType': 'START_FLOW_EXECUTION',
             'moduleIdentifier': 'system/start-flow-execution', 'literals': {'flowDefinitionId': 'child'},
             'defaultNextStepInstanceId': 'publish'},
      'publish': {'stepInstanceId': 'publish', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'test/publish'}}},
    {'id': 'child', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'n', 'steps': {
      'n': {'stepInstanceId': 'n', 'stepType': 'NO_OP'}}}])",
                               std::move(options));
  known = &running;
  REQUIRE(running.start({.flow_definition_id = "parent"}).has_value());
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(only(running, "parent").status == execution_status::completed);
  CHECK(only(running, "child").flow_definition_version == 2);
}

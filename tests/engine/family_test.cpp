// SPDX-License-Identifier: Apache-2.0
//
// Families as a whole: bounds on how far one start may spread, and ending all of it together.
#include <millrace/engine.hpp>

#include "catch.hpp"
#include "flow_fixture.hpp"

#include <algorithm>

using namespace millrace;
using namespace millrace::testing;

namespace {

// Starts one child per item, each in a branch of its own, and says in `starts` how each went.
constexpr const char* spreading = R"(
  {'id': 'spread', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'each', 'steps': {
    'each': {'stepInstanceId': 'each', 'stepType': 'PARALLEL_FORK_MANAGER', 'itemsPath': '$.items',
             'parallelBranches': [{'branchId': 'one', 'stepInstanceId': 'start'}],
             'aggregationConfig': {'strategy': 'COLLECT_ARRAY', 'failOnBranchError': false,
                                   'maxConcurrency': 1},
             'outputMappings': {'$.starts': '$.aggregatedData'}},
    'start': {'stepInstanceId': 'start', 'stepType': 'START_FLOW_EXECUTION',
              'moduleIdentifier': 'system/start-flow-execution',
              'literals': {'flowDefinitionId': 'child'},
              'onError': {'continueOnFailure': true},
              'outputMappings': {'$.output': '$'}}}})";
// Each starts the next, without end.
constexpr const char* endless = R"(
  {'id': 'relay', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'next', 'steps': {
    'next': {'stepInstanceId': 'next', 'stepType': 'START_FLOW_EXECUTION',
             'moduleIdentifier': 'system/start-flow-execution',
             'literals': {'flowDefinitionId': 'relay'}}}})";
constexpr const char* waiting = R"(
  {'id': 'child', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'w', 'steps': {
    'w': {'stepInstanceId': 'w', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT', 'correlationKeyTemplate': 'go'}}})";

std::string list_of(std::initializer_list<std::string> flows) {
  std::string all;
  for (const std::string& flow : flows)
    all += (all.empty() ? '[' : ',') + flow;
  return all + ']';
}

start_request spread_over(int items) {
  start_request start;
  start.flow_definition_id = "spread";
  json::array list;
  for (int i = 0; i < items; ++i)
    list.emplace_back(i);
  start.initial_context_data["items"] = std::move(list);
  return start;
}

std::size_t members(const engine& running, const std::string& root) {
  return running.family(root).value().size();
}

std::vector<std::string> refusals(const execution_record& ended) {
  std::vector<std::string> messages;
  for (const json::value& start : ended.context.at("starts").as_array())
    if (const json::value* message = start.as_object().if_contains("errorMessage"))
      messages.emplace_back(message->as_string());
  return messages;
}

} // namespace

TEST_CASE(
    "an execution may start as many children as the bound says, and the step says why not more") {
  engine_options options = virtual_time();
  options.budgets.max_children_per_execution = 3;
  engine running = engine_with(list_of({spreading, waiting}), std::move(options));
  const std::string id = running.start(spread_over(5)).value();
  const auto ended = running.wait(id, patience);
  REQUIRE(ended.has_value());
  CHECK(ended->status == execution_status::completed);
  CHECK(members(running, id) == 4);
  const std::string why =
      "This start would exceed max_children_per_execution, 3 children of one execution.";
  CHECK(refusals(*ended) == std::vector<std::string>{why, why});
}

TEST_CASE("a family may grow as large as the bound says, whoever starts its members") {
  engine_options options = virtual_time();
  options.budgets.max_family_size = 20;
  engine running = engine_with(list_of({endless}), std::move(options));
  const std::string id = running.start({.flow_definition_id = "relay"}).value();
  REQUIRE(running.wait_until_quiet(patience).has_value());
  const auto family = running.family(id).value();
  CHECK(family.size() == 20);
  CHECK(family.back().status == execution_status::failed);
  CHECK(running.find(family.back().flow_execution_id)->error->error_name == "FamilyBudgetExceeded");
  CHECK(std::count_if(family.begin(), family.end(), [](const execution_record& each) {
          return each.status == execution_status::completed;
        }) == 19);
}

TEST_CASE("a family may grow as deep as the bound says") {
  engine_options options = virtual_time();
  options.budgets.max_depth = 4;
  engine running = engine_with(list_of({endless}), std::move(options));
  const std::string id = running.start({.flow_definition_id = "relay"}).value();
  REQUIRE(running.wait_until_quiet(patience).has_value());
  const auto family = running.family(id).value();
  CHECK(family.size() == 5);
  CHECK(family.back().depth == 4);
  CHECK(running.find(family.back().flow_execution_id)->error->error_message ==
        "This start would exceed max_depth, 4 levels below the root.");
}

namespace {

// Two children before a restart, one more after it, which `budgets` forbid with the words `why`.
void refuses_after_restart(const family_budgets& budgets, const std::string& why) {
  const scratch_folder folder;
  const auto opened = [&folder, &budgets] {
    engine_options options = virtual_time();
    options.database = folder.file("bounds.db");
    options.budgets = budgets;
    return options;
  };
  const std::string flow = R"(
    {'id': 'main', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'a', 'steps': {
      'a': {'stepInstanceId': 'a', 'stepType': 'START_FLOW_EXECUTION',
            'moduleIdentifier': 'system/start-flow-execution', 'literals': {'flowDefinitionId': 'child'},
            'defaultNextStepInstanceId': 'b'},
      'b': {'stepInstanceId': 'b', 'stepType': 'START_FLOW_EXECUTION',
            'moduleIdentifier': 'system/start-flow-execution', 'literals': {'flowDefinitionId': 'child'},
            'defaultNextStepInstanceId': 'w'},
      'w': {'stepInstanceId': 'w', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT', 'correlationKeyTemplate': 'on',
            'defaultNextStepInstanceId': 'c'},
      'c': {'stepInstanceId': 'c', 'stepType': 'START_FLOW_EXECUTION',
            'moduleIdentifier': 'system/start-flow-execution', 'literals': {'flowDefinitionId': 'child'}}}})";
  std::string id;
  {
    engine running = engine_with(list_of({flow, waiting}), opened());
    id = running.start({.flow_definition_id = "main"}).value();
    REQUIRE(running.wait_until_quiet(patience).has_value());
  }
  engine running = engine_with(list_of({flow, waiting}), opened());
  REQUIRE(running.resume("on", json::object()).has_value());
  const auto ended = running.wait(id, patience);
  REQUIRE(ended.has_value());
  CHECK(ended->status == execution_status::failed);
  CHECK(ended->error->error_message == why);
  CHECK(members(running, id) == 3);
}

} // namespace

TEST_CASE("the bounds hold across a restart") {
  refuses_after_restart({.max_children_per_execution = 3, .max_family_size = 3},
                        "This start would exceed max_family_size, 3 executions below one root.");
  refuses_after_restart(
      {.max_children_per_execution = 2},
      "This start would exceed max_children_per_execution, 2 children of one execution.");
}

TEST_CASE("a family is cancelled as a whole, and what has ended stays as it ended") {
  engine running = engine_with(list_of({spreading, waiting}));
  const std::string id = running.start(spread_over(40)).value();
  const std::string other = running.start(spread_over(2)).value();
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(running.cancel_family(id, "enough").value() == 40);
  for (const execution_record& each : running.family(id).value())
    CHECK(each.status == (each.flow_execution_id == id ? execution_status::completed
                                                       : execution_status::cancelled));
  for (const execution_record& each : running.family(other).value())
    CHECK(each.status == (each.flow_execution_id == other ? execution_status::completed
                                                          : execution_status::waiting));
  CHECK(running.cancel_family(id).value() == 0);
}

TEST_CASE(
    "a chain of executions that start one another without end does not outrun its cancellation") {
  engine running = engine_with(list_of({endless}));
  const std::string id = running.start({.flow_definition_id = "relay"}).value();
  while (members(running, id) < 50) {
  }
  REQUIRE(running.cancel_family(id).has_value());
  REQUIRE(running.wait_until_quiet(patience).has_value());
  const auto family = running.family(id).value();
  CHECK(family.back().status == execution_status::cancelled);
}

TEST_CASE("only a root stands for its family") {
  engine running = engine_with(list_of({spreading, waiting}));
  const std::string id = running.start(spread_over(1)).value();
  REQUIRE(running.wait_until_quiet(patience).has_value());
  const std::string child = only(running, "child").flow_execution_id;
  const auto refused = running.cancel_family(child);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code() == errc::conflict);
  CHECK(refused.error().message() ==
        "The execution " + child + " is no root; its family is that of " + id + ".");
  CHECK(running.cancel_family("0190f000-0000-7000-8000-00000000dead").error().code() ==
        errc::not_found);
}

// SPDX-License-Identifier: Apache-2.0
//
// Simulated worlds: the same seed the same run, time that costs none, mocks, events, faults.
#include <millrace/simulation.hpp>

#include "catch.hpp"
#include "flow_fixture.hpp"

#include <chrono>
#include <set>

using namespace millrace;
using namespace millrace::testing;
using namespace std::chrono_literals;
namespace sim = millrace::simulation;

namespace {

// A parent that starts four children; each calls "pay" once and then waits for a delay.
const char* const family = R"([
  {'id': 'parent', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'each', 'steps': {
    'each': {'stepInstanceId': 'each', 'stepType': 'PARALLEL_FORK_MANAGER', 'itemsPath': '$.items',
             'parallelBranches': [{'branchId': 'b', 'stepInstanceId': 'start'}],
             'aggregationConfig': {'strategy': 'COLLECT_ARRAY'}},
    'start': {'stepInstanceId': 'start', 'stepType': 'START_FLOW_EXECUTION',
              'moduleIdentifier': 'system/start-flow-execution',
              'inputMappings': {'initialContextData.item': '$.currentItem'},
              'literals': {'flowDefinitionId': 'child'}}}},
  {'id': 'child', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'pay', 'steps': {
    'pay': {'stepInstanceId': 'pay', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'shop/pay',
            'inputMappings': {'item': '$.item'}, 'defaultNextStepInstanceId': 'later'},
    'later': {'stepInstanceId': 'later', 'stepType': 'NO_OP', 'delay': {'milliseconds': 60000}}}}])";

// Waits for an approval; without one within 30 days it is timed out.
const char* const approval = R"([
  {'id': 'approval', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'wait', 'steps': {
    'wait': {'stepInstanceId': 'wait', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT',
             'correlationKeyTemplate': 'order-{{id}}', 'maxWaitTimeSeconds': 2592000}}}])";

sim::mock of_step(std::string step, std::vector<sim::mock_answer> answers) {
  sim::mock made;
  made.step_instance_id = std::move(step);
  made.answers = std::move(answers);
  return made;
}

std::vector<flow_document> documents(const char* text) {
  return {{json_of(text), "flows"}};
}

sim::world open_world(sim::world_options options, const char* flows) {
  auto world = sim::world::open(std::move(options));
  INFO((world ? std::string() : world.error().message()));
  REQUIRE(world.has_value());
  const auto defined = world->define(documents(flows));
  INFO((defined ? std::string() : defined.error().message()));
  REQUIRE(defined.has_value());
  return std::move(*world);
}

json::object start_of(const char* flow, const char* context) {
  return {{"flowDefinitionId", flow}, {"initialContextData", json_of(context)}};
}

// One run of the family under a seed.
std::string trace_of(std::uint64_t seed) {
  sim::world_options options;
  options.seed = seed;
  options.mocks = {of_step("pay", {sim::only(1, sim::fails("TransientStepError", "busy")),
                                   sim::after(3s, sim::returns({{"paid", true}}))})};
  sim::world world = open_world(std::move(options), family);
  REQUIRE(world.start(start_of("parent", "{'items': [1, 2, 3, 4]}")).has_value());
  const auto done = world.run();
  INFO((done ? std::string() : done.error().message()));
  REQUIRE(done.has_value());
  return world.trace();
}

} // namespace

TEST_CASE("the same seed gives the same trace, byte for byte, a hundred times") {
  const std::string first = trace_of(7);
  CHECK(first.find("child#5 ended COMPLETED") != std::string::npos);
  for (int i = 0; i < 99; ++i)
    REQUIRE(trace_of(7) == first);
}

TEST_CASE("two seeds let siblings take turns in different orders") {
  std::set<std::string> orders;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const std::string trace = trace_of(seed);
    std::string order;
    std::size_t at = 0;
    while ((at = trace.find(" entered pay", at)) != std::string::npos) {
      order += trace.substr(at - 1, 1);
      ++at;
    }
    REQUIRE(order.size() == 4);
    orders.insert(order);
  }
  CHECK(orders.size() > 1);
}

TEST_CASE("a mocked step fails as told, takes its time, and then answers") {
  sim::world_options options;
  options.mocks = {of_step("pay", {sim::only(2, sim::fails("TransientStepError", "busy")),
                                   sim::after(1h, sim::returns({{"paid", true}}))})};
  sim::world world = open_world(std::move(options), family);
  const auto root = world.start(start_of("child", "{'item': 1}"));
  REQUIRE(root.has_value());
  REQUIRE(world.run().has_value());
  const auto outcome = world.outcome();
  REQUIRE(outcome.has_value());
  const sim::execution_outcome* child = outcome->find(*root);
  REQUIRE(child != nullptr);
  CHECK(child->record.status == execution_status::completed);
  CHECK(child->retried.at("pay") == 2);
  CHECK(child->delays.size() == 3);
  CHECK(child->duration >= 1h + 1min);
  CHECK(child->duration < 1h + 2min);
}

TEST_CASE("mocks of one step answer by what the step is given") {
  sim::world_options options;
  for (const int item : {1, 2}) {
    sim::mock each = of_step("pay", {sim::returns({{"paid", item * 10}})});
    each.when = {{"$.item", item}};
    options.mocks.push_back(std::move(each));
  }
  sim::world world = open_world(std::move(options), family);
  REQUIRE(world.start(start_of("parent", "{'items': [2, 1, 3]}")).has_value());
  REQUIRE(world.run().has_value());
  const auto outcome = world.outcome();
  REQUIRE(outcome->executions.size() == 4);
  std::map<std::int64_t, std::string> seen;
  for (const sim::execution_outcome& each : outcome->executions)
    if (each.record.flow_definition_id == "child")
      seen[each.record.context.at("item").as_int64()] =
          each.record.error
              ? each.record.error->error_name
              : stringify(each.record.context.at("steps_output").at("pay").at("paid"));
  CHECK(seen == std::map<std::int64_t, std::string>{{1, "10"}, {2, "20"}, {3, "NoMockFits"}});
}

TEST_CASE("an event comes when something waits for it, or at its time") {
  for (const bool timed : {false, true}) {
    sim::world world = open_world({}, approval);
    const auto root = world.start(start_of("approval", "{'id': 7}"));
    sim::event event{"order-7", {{"ok", true}}, {}};
    if (timed)
      event.at = 48h;
    world.deliver(event);
    REQUIRE(world.run().has_value());
    const auto outcome = world.outcome();
    CHECK(outcome->events == std::vector<sim::delivery>{sim::delivery::delivered});
    CHECK(outcome->find(*root)->record.status == execution_status::completed);
    CHECK(outcome->elapsed == (timed ? 48h : 0h));
  }
}

TEST_CASE(
    "an event for which nobody waits at its time is unclaimed, one without time stays pending") {
  sim::world world = open_world({}, approval);
  REQUIRE(world.start(start_of("approval", "{'id': 7}")).has_value());
  world.deliver({"order-8", {}, 1h});
  world.deliver({"order-9", {}, {}});
  REQUIRE(world.run().has_value());
  CHECK(world.outcome()->events ==
        std::vector<sim::delivery>{sim::delivery::unclaimed, sim::delivery::pending});
}

TEST_CASE("a wait times out when its time has been run through, and not before") {
  sim::world world = open_world({}, approval);
  const auto root = world.start(start_of("approval", "{'id': 7}"));
  REQUIRE(world.run_for(30 * 24h - 1ms).has_value());
  CHECK(world.outcome()->find(*root)->record.status == execution_status::waiting);
  REQUIRE(world.run_for(1ms).has_value());
  CHECK(world.outcome()->find(*root)->record.status == execution_status::timed_out);
  CHECK(world.outcome()->elapsed == 30 * 24h);
}

TEST_CASE("thirty days of waiting, a hundred polls and five retries pass in one run") {
  sim::world_options options;
  const auto open = sim::only(100, sim::returns({{"done", 0}}));
  options.mocks = {
      of_step("poll", {open, sim::returns({{"done", 1}})}),
      of_step("book", {sim::only(5, sim::fails("ContentBasedRetryableError", "not yet")),
                       sim::returns({})})};
  sim::world world = open_world(std::move(options), R"([
    {'id': 'month', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'month', 'steps': {
      'month': {'stepInstanceId': 'month', 'stepType': 'NO_OP', 'delay': {'milliseconds': 2592000000},
                'defaultNextStepInstanceId': 'poll'},
      'poll': {'stepInstanceId': 'poll', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'x/poll',
               'delay': {'milliseconds': 60000}, 'outputMappings': {'$.done': '$.done'},
               'transitions': [{'condition': '$.done < 1', 'nextStepInstanceId': 'poll', 'maxTransitions': 200}],
               'defaultNextStepInstanceId': 'book'},
      'book': {'stepInstanceId': 'book', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'x/book',
               'onError': {'retryOnContentError': {'count': 5, 'intervalSeconds': 10}}}}}])");
  const auto root = world.start(start_of("month", "{}"));
  REQUIRE(world.run().has_value());
  const auto outcome = world.outcome();
  const sim::execution_outcome* month = outcome->find(*root);
  INFO(world.trace());
  CHECK(month->record.status == execution_status::completed);
  CHECK(month->entered.at("poll") == 101);
  CHECK(month->retried.at("book") == 5);
  CHECK(outcome->elapsed > 30 * 24h + 100min);
}

TEST_CASE("a flow that loops for ever is given up") {
  sim::world_options options;
  options.work_max = 50;
  options.mocks = {of_step("again", {sim::returns({})})};
  sim::world world = open_world(std::move(options), R"([
    {'id': 'loop', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'again', 'steps': {
      'again': {'stepInstanceId': 'again', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'x/y',
                'defaultNextStepInstanceId': 'again', 'delay': {'milliseconds': 1000}}}}])");
  REQUIRE(world.start(start_of("loop", "{}")).has_value());
  const auto done = world.run();
  REQUIRE(done.has_error());
  CHECK(done.error().code() == errc::limit_exceeded);
}

TEST_CASE("a mock for nothing is refused with the name that was meant") {
  struct {
    sim::mock mock;
    const char* message;
  } const cases[] = {
      {of_step("payy", {sim::returns({})}),
       "There is nothing for the mock of the step 'payy': is 'pay' meant?"},
      {of_step("each", {sim::returns({})}), "Remove the mock of the step 'each': steps of the type "
                                            "PARALLEL_FORK_MANAGER cannot be mocked."},
  };
  for (const auto& each : cases) {
    sim::world_options options;
    options.mocks = {each.mock};
    sim::world world = open_world(std::move(options), family);
    const auto checked = world.check_mocks();
    REQUIRE(checked.has_error());
    CHECK(checked.error().message() == each.message);
  }
}

TEST_CASE("a world that cannot be is refused") {
  sim::world_options rate;
  rate.faults.late_timer = 1.5;
  CHECK(sim::world::open(rate).error().message() ==
        "The rate of a fault is a probability, from 0 to 1.");
  sim::world_options empty;
  empty.mocks = {of_step("pay", {})};
  CHECK(sim::world::open(empty).error().message() ==
        "In the mock of the step 'pay': it has no answer; give it one.");
  sim::world_options both;
  both.mocks = {of_step("pay", {sim::returns({})})};
  both.mocks.front().module_identifier = "shop/pay";
  CHECK(sim::world::open(both).error().message() == "A mock names either a step or a module.");
}

TEST_CASE("a delay that is over before its commit is still goes on") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    sim::world_options options;
    options.seed = seed;
    options.faults.slow_commit = 1;
    sim::world world = open_world(std::move(options), R"([
      {'id': 'brief', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'later', 'steps': {
        'later': {'stepInstanceId': 'later', 'stepType': 'NO_OP', 'delay': {'milliseconds': 100}}}}])");
    const auto root = world.start(start_of("brief", "{}"));
    REQUIRE(root.has_value());
    REQUIRE(world.run().has_value());
    INFO("seed " << seed << '\n' << world.trace());
    CHECK(world.outcome()->find(*root)->record.status == execution_status::completed);
  }
}

TEST_CASE("with every fault at once the family comes to its end all the same") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    sim::world_options options;
    options.seed = seed;
    options.mocks = {of_step("pay", {sim::returns({{"paid", true}})})};
    options.faults.slow_commit = 0.3;
    options.faults.failed_commit = 0.05;
    options.faults.failing_handler = 0.1;
    options.faults.late_timer = 0.3;
    options.is_observed = seed % 2 == 0;
    sim::world world = open_world(std::move(options), family);
    REQUIRE(world.start(start_of("parent", "{'items': [1, 2, 3, 4]}")).has_value());
    const auto done = world.run();
    INFO("seed " << seed << ": " << (done ? std::string() : done.error().message()));
    REQUIRE(done.has_value());
    const auto outcome = world.outcome();
    REQUIRE(outcome->executions.size() == 5);
    for (const sim::execution_outcome& each : outcome->executions)
      CHECK(is_terminal(each.record.status));
  }
}

TEST_CASE(
    "a start that cannot be handed over is tried again, and fails its step when it stays so") {
  const auto run_with = [](double rate) {
    sim::world_options options;
    options.mocks = {of_step("pay", {sim::returns({{"paid", true}})})};
    options.faults.failing_start = rate;
    sim::world world = open_world(std::move(options), family);
    REQUIRE(world.start(start_of("parent", "{'items': [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]}"))
                .has_value());
    REQUIRE(world.run().has_value());
    return world.outcome().value();
  };
  const auto often = run_with(0.3);
  CHECK(often.executions.size() == 13);
  CHECK(often.executions[0].record.status == execution_status::completed);
  CHECK(often.executions[0].retried.at("start") > 0);
  const auto always = run_with(1);
  REQUIRE(always.executions.size() == 1);
  CHECK(always.executions[0].record.status == execution_status::failed);
  CHECK(always.executions[0].retried.at("start") >= 4);
}

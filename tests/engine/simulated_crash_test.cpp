// SPDX-License-Identifier: Apache-2.0
//
// Whole families, killed at every commit in simulation: they come to what they come to undisturbed,
// and a store with a planted defect is found out.
#include <millrace/crash_sweep.hpp>
#include <millrace/flow_test.hpp>

#include "catch.hpp"
#include "conformance.hpp"
#include "defective_stores.hpp"
#include "flow_fixture.hpp"
#include "torture.hpp"
#include "world_hooks.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

using namespace millrace;
using namespace millrace::testing;
using namespace std::chrono_literals;
namespace sim = millrace::simulation;

namespace {

// Detached starts from a fork and as the last step, a retry, a delay, a wait, a call.
const char* const flows = R"([
  {'id': 'main', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'each', 'steps': {
    'each': {'stepInstanceId': 'each', 'stepType': 'PARALLEL_FORK_MANAGER', 'itemsPath': '$.items',
             'parallelBranches': [{'branchId': 'b', 'stepInstanceId': 'start'}],
             'aggregationConfig': {'strategy': 'COLLECT_ARRAY'}, 'defaultNextStepInstanceId': 'wait'},
    'start': {'stepInstanceId': 'start', 'stepType': 'START_FLOW_EXECUTION',
              'moduleIdentifier': 'system/start-flow-execution',
              'inputMappings': {'initialContextData.item': '$.currentItem'},
              'literals': {'flowDefinitionId': 'child'}},
    'wait': {'stepInstanceId': 'wait', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT',
             'correlationKeyTemplate': 'go', 'maxWaitTimeSeconds': 3600,
             'defaultNextStepInstanceId': 'last'},
    'last': {'stepInstanceId': 'last', 'stepType': 'START_FLOW_EXECUTION',
             'moduleIdentifier': 'system/start-flow-execution',
             'literals': {'flowDefinitionId': 'child', 'initialContextData': {'item': 9}}}}},
  {'id': 'child', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'pay', 'steps': {
    'pay': {'stepInstanceId': 'pay', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'shop/pay',
            'inputMappings': {'item': '$.item'}, 'defaultNextStepInstanceId': 'later'},
    'later': {'stepInstanceId': 'later', 'stepType': 'NO_OP', 'delay': {'milliseconds': 60000}}}}])";

sim::crash_sweep_options paying() {
  sim::crash_sweep_options options;
  sim::mock pay;
  pay.step_instance_id = "pay";
  pay.answers = {sim::only(1, sim::fails("TransientStepError", "busy")),
                 sim::after(2s, sim::returns({{"paid", true}}))};
  options.world.mocks.push_back(std::move(pay));
  return options;
}

result<void> play_family_as(sim::world& world, const char* root) {
  if (auto defined = world.define({{json_of(flows), "flows"}}); !defined)
    return defined.error();
  json::object start{{"flowDefinitionId", "main"},
                     {"initialContextData", json_of("{'items': [1, 2, 3]}")}};
  if (*root != 0)
    start["flowExecutionId"] = root;
  if (auto started = world.start(start); !started)
    return started.error();
  world.deliver({"go", {{"by", "somebody"}}, {}});
  return world.run();
}

result<void> play_family(sim::world& world) {
  return play_family_as(world, "");
}

// Counts and prints what a sweep found.
void check_sound(const sim::crash_report& report, const std::string& where) {
  torture_count counted;
  counted.points = static_cast<std::size_t>(report.points);
  for (const sim::crash_difference& each : report.differences) {
    counted.lost += each.lost.size();
    counted.doubled += each.surplus.size();
  }
  print_counts("crash points", counted, where);
  INFO(report.describe());
  CHECK(report.differences.empty());
}

// The root has an id, so that what the defective store takes apart is its children's starts alone.
template <class Defect>
sim::crash_report sweep_with() {
  sim::crash_sweep_options options = paying();
  auto hooks = std::make_shared<sim::world_hooks>();
  hooks->around_store = [](std::unique_ptr<storage::store> sound) {
    return std::make_unique<Defect>(std::move(sound));
  };
  options.world.hooks = hooks;
  auto report = sim::sweep_crashes(options, [](sim::world& world) {
    return play_family_as(world, "0190f000-0000-7000-8000-0000000000aa");
  });
  REQUIRE(report.has_value());
  return std::move(*report);
}

struct findings_of_sweep {
  std::size_t lost = 0;
  std::size_t surplus = 0;
};

template <class Defect>
findings_of_sweep findings_with() {
  findings_of_sweep all;
  const sim::crash_report report = sweep_with<Defect>();
  UNSCOPED_INFO(report.describe());
  for (const sim::crash_difference& each : report.differences) {
    all.lost += each.lost.size() > each.surplus.size() ? 1U : 0U;
    all.surplus += each.surplus.size() > each.lost.size() ? 1U : 0U;
  }
  return all;
}

// A conformance case as a scenario: its flows, its start, its events as soon as they are waited
// for.
sim::scenario scenario_of(const conformance_case& each) {
  return [&each](sim::world& world) -> result<void> {
    json::object bundle{{"formatVersion", "1.0"}, {"flows", each.given.at("flows")}};
    for (const char* section : {"stepDefinitions", "agents"})
      if (const json::value* records = each.given.if_contains(section))
        bundle[section] = *records;
    if (auto defined = world.define({{bundle, "flows"}}, {.accept_invalid = true}); !defined)
      return defined.error();
    if (auto started = world.start(each.given.at("start").as_object()); !started)
      return started.error();
    if (const json::value* events = each.given.if_contains("resume"))
      for (const json::value& event : events->as_array()) {
        const json::value* payload = event.as_object().if_contains("payload");
        world.deliver({std::string(event.at("correlationValue").as_string()),
                       payload ? *payload : json::value(json::object()),
                       {}});
      }
    return world.run();
  };
}

// The documents whose flows a test runs. The others beside it would be defined in every run, and
// take most of its time.
std::vector<flow_document> documents_run_by(const sim::flow_test& test,
                                            const std::vector<flow_document>& all) {
  const auto run = sim::run_flow_test(test, all, {});
  REQUIRE(run.has_value());
  std::vector<flow_document> needed;
  for (const flow_document& each : all) {
    const std::string text = stringify(each.document);
    const auto is_in_it = [&](const sim::execution_outcome& one) {
      return text.find("\"id\":\"" + one.record.flow_definition_id + '"') != std::string::npos;
    };
    if (std::any_of(run->outcome.executions.begin(), run->outcome.executions.end(), is_in_it))
      needed.push_back(each);
  }
  const auto again = sim::run_flow_test(test, needed, {});
  REQUIRE(again.has_value());
  CHECK(sim::final_state(again->outcome) == sim::final_state(run->outcome));
  return needed;
}

} // namespace

TEST_CASE("a family that is killed at every commit comes to the same end", "[torture][simulated]") {
  const auto report = sim::sweep_crashes(paying(), play_family);
  REQUIRE(report.has_value());
  CHECK(report->points > 60);
  CHECK(report->repeated.count("pay") == 1); // what touches the world is at-least-once
  check_sound(*report, "a family, every commit");
}

TEST_CASE("a family that is killed at every commit under faults comes to the same end",
          "[torture][simulated]") {
  sim::crash_sweep_options options = paying();
  options.world.faults.slow_commit = 0.2;
  options.world.faults.failed_commit = 0.02;
  options.world.faults.late_timer = 0.2;
  options.stride = is_full_torture() ? 1 : 3 * sanitizer_stride;
  const std::uint64_t seeds = is_full_torture() ? 20 : 1;
  sim::crash_report all;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    options.world.seed = seed * 1000;
    auto report = sim::sweep_crashes(options, play_family);
    REQUIRE(report.has_value());
    all.points += report->points;
    for (auto& each : report->differences)
      all.differences.push_back(std::move(each));
  }
  check_sound(all, "a family under faults, " + std::to_string(seeds) + " seeds");
}

TEST_CASE("every whole-flow conformance case survives being killed at every commit",
          "[torture][simulated]") {
  const std::size_t stride = is_full_torture() ? 1 : 5 * sanitizer_stride;
  const auto cases = load_cases("flow.json");
  sim::crash_report all;
  std::size_t number = 0;
  for (const conformance_case& each : cases) {
    if (number++ % stride != 0)
      continue;
    const auto report = sim::sweep_crashes({}, scenario_of(each));
    INFO(each.name);
    if (!report) { // the start is refused: there is nothing to kill
      CHECK(report.error().code() == errc::invalid_input);
      continue;
    }
    INFO(report->describe());
    CHECK(report->differences.empty());
    all.points += report->points;
  }
  CHECK(all.points > 100);
  check_sound(all, "conformance cases");
}

TEST_CASE("the sample tests come to the same end at every commit, under faults and many seeds",
          "[torture][simulated]") {
  const std::uint64_t seeds = is_full_torture() ? 20 : 1;
  const std::size_t stride = is_full_torture() ? 1 : 3 * sanitizer_stride;
  sim::crash_report all;
  std::size_t number = 0;
  for (const std::string& file :
       sim::find_flow_tests({MILLRACE_SOURCE_DIR "/flows/examples"}).value()) {
    const auto reading = sim::read_flow_tests(file, steps::registry::with_system_modules());
    REQUIRE(reading.problems.empty());
    for (const sim::flow_test& test : reading.tests.tests) {
      if (number++ % stride != 0)
        continue;
      INFO(file << ": " << test.name);
      const auto documents = documents_run_by(test, reading.tests.flows);
      for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        sim::flow_test_options how;
        how.seed = seed * 1000;
        how.faults.slow_commit = 0.2;
        how.faults.failed_commit = 0.02;
        const auto swept = sim::sweep_flow_test(test, documents, how);
        INFO("seed " << how.seed);
        REQUIRE(swept.has_value());
        INFO(swept->describe());
        CHECK(swept->differences.empty());
        all.points += swept->points;
      }
    }
  }
  check_sound(all, "sample tests under faults, " + std::to_string(seeds) + " seeds");
}

TEST_CASE("killing every commit finds nothing in a sound store") {
  const findings_of_sweep found = findings_with<store_decorator>();
  CHECK(found.lost + found.surplus == 0);
}

TEST_CASE("a start apart from its parent's move is found by killing every commit") {
  CHECK(findings_with<parent_moves_first>().lost > 0);
}

TEST_CASE("a child spawned before its parent's move, without the unique key, is found doubled") {
  CHECK(findings_with<child_first_without_its_key>().surplus > 0);
}

TEST_CASE("a start that is acknowledged before its commit is found lost") {
  CHECK(findings_with<acknowledges_before_commit>().lost > 0);
}

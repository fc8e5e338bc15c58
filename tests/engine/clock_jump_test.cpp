// SPDX-License-Identifier: Apache-2.0
//
// Clocks are set, and jump by hours or years: nothing is lost by it, nothing runs twice, what is
// overdue goes on, and after a jump back the rest still ends.
#include "crash_scenarios.hpp"

#include "catch.hpp"
#include "failing_store.hpp"

#include <atomic>
#include <iterator>

using namespace millrace;
using namespace millrace::testing;
using storage::testing::failing_store;
using storage::testing::failure_plan;

namespace {

constexpr std::int64_t hour = std::int64_t{3600} * 1000;
constexpr std::int64_t year = 365 * 24 * hour;

// Five rounds of a step that jumps, a start, a delay; each child has a delay and a retry of its
// own.
crash_scenario delays_and_retries() {
  return {"delays and retries", json_of(R"([
    {'id': 'main', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'jump', 'steps': {
      'jump': {'stepInstanceId': 'jump', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'test/jump',
               'defaultNextStepInstanceId': 'go'},
      'go': {'stepInstanceId': 'go', 'stepType': 'START_FLOW_EXECUTION', 'moduleIdentifier': 'system/start-flow-execution',
             'literals': {'flowDefinitionId': 'child'}, 'inputMappings': {'initialContextData.n': '$.n'},
             'delay': {'milliseconds': 3600000}, 'defaultNextStepInstanceId': 'count'},
      'count': {'stepInstanceId': 'count', 'stepType': 'DATA_TRANSFORMATION', 'moduleIdentifier': 'system/array-aggregator',
                'literals': {'array': ['$.n', 1], 'operation': 'sum'}, 'outputMappings': {'$.n': '$.result'},
                'transitions': [{'condition': '$.n < 5', 'nextStepInstanceId': 'jump'}]}}},
    {'id': 'child', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'a', 'steps': {
      'a': {'stepInstanceId': 'a', 'stepType': 'NO_OP', 'delay': {'milliseconds': 1800000}, 'defaultNextStepInstanceId': 'b'},
      'b': {'stepInstanceId': 'b', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'test/flaky',
            'inputMappings': {'n': '$.n'}}}}])"),
          [](small_engine& engine) {
            start_request start;
            start.flow_definition_id = "main";
            start.flow_execution_id = crash_root_id;
            start.initial_context_data = {{"n", 0}};
            return engine.running().start(start).has_value() &&
                   engine.running().wait_quiet(patience).has_value();
          }};
}

// Parts whose module "test/jump" moves their clock by the next of `jumps`.
small_engine_parts jumping(std::vector<std::int64_t> jumps, std::int64_t first_jump = 0) {
  const auto time = std::make_shared<frozen_time>();
  time->jump(first_jump);
  const auto done = std::make_shared<std::atomic<std::size_t>>(0);
  small_engine_parts parts;
  parts.time = time;
  parts.modules.emplace_back(
      "test/jump", [time, done, jumps = std::move(jumps)](const step_request&) -> step_result {
        const std::size_t number = (*done)++;
        time->jump(number < jumps.size() ? jumps[number] : 0);
        return json::value(json::object());
      });
  return parts;
}

family_outcome run_to_end(const crash_scenario& scenario, const std::string& path,
                          small_engine_parts parts) {
  small_engine engine(open_file(path), std::move(parts));
  REQUIRE(play(scenario, engine));
  return outcome_of(engine.family());
}

// Waits for an event for 1,000 s of the clock.
constexpr const char* waiting_flow = R"([
  {'id': 'main', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'w', 'steps': {
    'w': {'stepInstanceId': 'w', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT', 'correlationKeyTemplate': 'on',
          'maxWaitTimeSeconds': SECONDS, 'outputMappings': {'$.word': '$.word'}}}}])";

json::value waiting_flow_of(const std::string& seconds) {
  std::string text = waiting_flow;
  text.replace(text.find("SECONDS"), 7, seconds);
  return json_of(text);
}

execution_record waiting_root(small_engine& engine) {
  start_request start;
  start.flow_definition_id = "main";
  start.flow_execution_id = crash_root_id;
  REQUIRE(engine.running().start(start).has_value());
  REQUIRE(engine.running().wait_quiet(patience).has_value());
  return engine.family().front();
}

} // namespace

TEST_CASE("a clock that jumps while flows run changes nothing but times") {
  const scratch_folder folder;
  const crash_scenario scenario = delays_and_retries();
  const family_outcome undisturbed =
      run_to_end(scenario, folder.file("undisturbed.db"), jumping({}));
  REQUIRE(undisturbed.size() == 6);
  const std::vector<std::int64_t> courses[] = {{3 * hour, -5 * hour, 10 * year, -9 * year, -hour},
                                               {-year, -year, -year, -year, -year},
                                               {year, year, year, year, year},
                                               {-20 * year, 40 * year, -20 * year, 1, -1}};
  for (std::size_t i = 0; i < std::size(courses); ++i) {
    const std::string path = folder.file(std::to_string(i) + ".db");
    INFO("course " << i);
    CHECK(run_to_end(scenario, path, jumping(courses[i])) == undisturbed);
    CHECK(findings(path) == "[]");
  }
}

TEST_CASE("an engine that is opened again in another year goes on where it was") {
  const scratch_folder folder;
  const crash_scenario scenario = delays_and_retries();
  const family_outcome undisturbed =
      run_to_end(scenario, folder.file("undisturbed.db"), jumping({}));
  bool has_failed = true;
  constexpr std::size_t stride = 7;
  for (std::size_t nth = 5; has_failed; nth += stride) {
    for (const std::int64_t jump : {-5 * year, 5 * year}) {
      const std::string path =
          folder.file(std::to_string(nth) + '.' + std::to_string(jump) + ".db");
      INFO("write " << nth << ", jump " << jump);
      const auto plan = std::make_shared<failure_plan>();
      plan->fail_at = nth;
      {
        small_engine engine(std::make_unique<failing_store>(open_file(path), plan), jumping({}));
        (void)play(scenario, engine);
      }
      has_failed = plan->has_failed;
      CHECK(run_to_end(scenario, path, jumping({}, jump)) == undisturbed);
      CHECK(findings(path) == "[]");
    }
  }
}

TEST_CASE("an event reaches who waits for it after the clock was set back by a year") {
  const auto time = std::make_shared<frozen_time>();
  small_engine engine(open_file({}), {{}, time});
  REQUIRE(engine.define(waiting_flow_of("1000")).has_value());
  REQUIRE(waiting_root(engine).status == execution_status::waiting);
  time->jump(-year);
  REQUIRE(engine.running().resume("on", json::object{{"word", "late"}}).has_value());
  REQUIRE(engine.running().wait_quiet(patience).has_value());
  const execution_record ended = engine.family().front();
  CHECK(ended.status == execution_status::completed);
  CHECK(ended.context.at("word") == "late");
  CHECK(engine.running().resume("on", json::object()).error().code() == errc::not_found);
}

TEST_CASE("a deadline that a jump has passed is noticed without any news") {
  const auto time = std::make_shared<frozen_time>();
  small_engine engine(open_file({}), {{}, time});
  REQUIRE(engine.define(waiting_flow_of("1")).has_value());
  REQUIRE(waiting_root(engine).status == execution_status::waiting);
  time->jump(hour);
  CHECK(eventually([&] { return engine.family().front().status == execution_status::timed_out; }));
}

TEST_CASE("a deadline that passed while the database was closed ends the wait at the next open") {
  const scratch_folder folder;
  const std::string path = folder.file("x.db");
  {
    small_engine engine(open_file(path));
    REQUIRE(engine.define(waiting_flow_of("1000")).has_value());
    REQUIRE(waiting_root(engine).status == execution_status::waiting);
  }
  const auto time = std::make_shared<frozen_time>();
  time->jump(year);
  small_engine engine(open_file(path), {{}, time});
  engine.running().recover();
  REQUIRE(engine.running().wait_quiet(patience).has_value());
  CHECK(engine.family().front().status == execution_status::timed_out);
}

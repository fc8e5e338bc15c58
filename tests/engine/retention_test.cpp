// SPDX-License-Identifier: Apache-2.0
//
// What has ended goes by age or by count; what is open, and what it needs, stays.
#include <millrace/engine.hpp>
#include <millrace/store.hpp>

#include "catch.hpp"
#include "flow_fixture.hpp"

#include <atomic>

using namespace millrace;
using namespace millrace::testing;
using namespace std::chrono_literals;

namespace {

constexpr const char* known_flows = R"([
  {'id': 'short', 'version': 1, 'isPublished': true, 'startStepInstanceId': 's', 'steps': {
    's': {'stepInstanceId': 's', 'stepType': 'NO_OP'}}},
  {'id': 'parked', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'w', 'steps': {
    'w': {'stepInstanceId': 'w', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT', 'correlationKeyTemplate': '{{key}}'}}},
  {'id': 'caller', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'c', 'steps': {
    'c': {'stepInstanceId': 'c', 'stepType': 'START_FLOW_EXECUTION', 'moduleIdentifier': 'system/start-flow-execution',
          'literals': {'flowDefinitionId': 'short'}, 'customConfig': {'sync': true},
          'defaultNextStepInstanceId': 'w'},
    'w': {'stepInstanceId': 'w', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT', 'correlationKeyTemplate': 'called'}}},
  {'id': 'parent', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'each', 'steps': {
    'each': {'stepInstanceId': 'each', 'stepType': 'PARALLEL_FORK_MANAGER', 'itemsPath': '$.items',
             'parallelBranches': [{'branchId': 'one', 'stepInstanceId': 'go'}],
             'defaultNextStepInstanceId': 'w'},
    'go': {'stepInstanceId': 'go', 'stepType': 'START_FLOW_EXECUTION', 'moduleIdentifier': 'system/start-flow-execution',
           'literals': {'flowDefinitionId': 'short'}},
    'w': {'stepInstanceId': 'w', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT', 'correlationKeyTemplate': 'more',
          'defaultNextStepInstanceId': 'last'},
    'last': {'stepInstanceId': 'last', 'stepType': 'START_FLOW_EXECUTION', 'moduleIdentifier': 'system/start-flow-execution',
           'literals': {'flowDefinitionId': 'short'}}}}
])";

constexpr const char* given_id = "0190f000-0000-7000-8000-0000000000bb";

// A clock that goes only when it is told to.
class hand_clock : public millrace::clock {
public:
  std::chrono::system_clock::time_point now() override { return start_ + passed_.load(); }
  bool skip_to(std::chrono::system_clock::time_point /*due*/) override { return false; }
  void pass(std::chrono::milliseconds time) { passed_ = passed_.load() + time; }

private:
  const std::chrono::system_clock::time_point start_{std::chrono::hours(500'000)};
  std::atomic<std::chrono::milliseconds> passed_{0ms};
};

engine_options keeping(retention rules, std::shared_ptr<millrace::clock> clock = nullptr) {
  engine_options options = virtual_time();
  if (clock)
    options.clock = std::move(clock);
  rules.rest = 1ms;
  options.retention = rules;
  return options;
}

std::size_t count(const engine& running, std::optional<execution_status> status = std::nullopt) {
  execution_filter filter;
  filter.status = status;
  filter.limit = 100'000;
  return running.list(filter).value().size();
}

std::string run(engine& running, std::string_view flow, json::object context = {}) {
  start_request start;
  start.flow_definition_id = flow;
  start.initial_context_data = std::move(context);
  return running.start(start).value();
}

bool is_there(const engine& running, const std::string& id) {
  return running.find(id).has_value();
}

} // namespace

TEST_CASE("what has ended is kept for ever unless retention is asked for") {
  engine running = engine_with(known_flows);
  for (int i = 0; i < 20; ++i)
    run(running, "short");
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(count(running) == 20);
}

TEST_CASE("an execution goes when its time is over, and not before") {
  const auto clock = std::make_shared<hand_clock>();
  engine running = engine_with(known_flows, keeping({.finished_for = 10s}, clock));
  const std::string early = run(running, "short");
  REQUIRE(running.wait(early, patience).has_value());
  clock->pass(9s);
  const std::string late = run(running, "short");
  REQUIRE(running.wait(late, patience).has_value());
  const std::string newest = run(running, "parked", {{"key", "k"}});
  clock->pass(1s);
  CHECK(eventually([&] { return !is_there(running, early); }));
  CHECK(is_there(running, late));
  clock->pass(9s);
  CHECK(eventually([&] { return !is_there(running, late); }));
  CHECK(is_there(running, newest));
  CHECK(running.wait_until_quiet(patience).has_value());
}

TEST_CASE("of many finished executions the latest are kept") {
  engine running = engine_with(known_flows, keeping({.finished_max = 30}));
  std::vector<std::string> ids;
  for (int i = 0; i < 700; ++i)
    ids.push_back(run(running, "short"));
  REQUIRE(running.wait_until_quiet(patience).has_value());
  REQUIRE(eventually([&] { return count(running) == 30; }));
  for (std::size_t i = 0; i < ids.size(); ++i)
    CHECK(is_there(running, ids[i]) == (i >= 670));
}

TEST_CASE("nothing unfinished is removed, and it goes on as if nothing had been") {
  engine running = engine_with(known_flows, keeping({.finished_max = 1}));
  std::vector<std::string> parked;
  for (int i = 0; i < 50; ++i) {
    parked.push_back(run(running, "parked", {{"key", "k" + std::to_string(i)}}));
    run(running, "short");
  }
  REQUIRE(eventually([&] { return count(running) == 51; }));
  CHECK(count(running, execution_status::waiting) == 50);
  for (std::size_t i = 0; i < 49; ++i)
    CHECK(running.resume("k" + std::to_string(i), json::object()).value() == parked[i]);
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(eventually([&] { return count(running) == 2; }));
  CHECK(running.find(parked.back())->status == execution_status::waiting);
}

TEST_CASE("a family of which only a part is left can still be listed, go on and be cancelled") {
  const scratch_folder folder;
  engine_options options = keeping({.finished_max = 1});
  options.database = folder.file("family.db");
  options.budgets.max_children_per_execution = 40;
  std::string id;
  {
    engine running = engine_with(known_flows, options);
    json::array items;
    for (int i = 0; i < 40; ++i)
      items.emplace_back(i);
    id = run(running, "parent", {{"items", std::move(items)}});
    REQUIRE(running.wait_until_quiet(patience).has_value());
    REQUIRE(eventually([&] { return running.family(id).value().size() == 2; }));
    CHECK(running.family(id)->front().flow_execution_id == id);
  }
  engine running = engine_with(known_flows, options);
  // What was removed counts for the bound: this start is one too many.
  REQUIRE(running.resume("more", json::object()).has_value());
  const auto ended = running.wait(id, patience);
  REQUIRE(ended.has_value());
  CHECK(ended->error->error_name == "FamilyBudgetExceeded");
  const std::string other = run(running, "parent", {{"items", json::array{1, 2, 3}}});
  REQUIRE(running.wait_until_quiet(patience).has_value());
  REQUIRE(eventually([&] { return !is_there(running, id); }));
  CHECK(running.cancel_family(other).value() == 1);
  CHECK(running.wait_until_quiet(patience).has_value());
}

TEST_CASE("a called flow answers its caller before it goes") {
  engine running = engine_with(known_flows, keeping({.finished_max = 1}));
  std::vector<std::string> callers;
  for (int i = 0; i < 100; ++i)
    callers.push_back(run(running, "caller"));
  REQUIRE(running.wait_until_quiet(patience).has_value());
  for (const std::string& caller : callers) {
    const auto waiting = running.find(caller);
    REQUIRE(waiting.has_value());
    CHECK(waiting->waiting_for == std::vector<std::string>{"called"});
  }
  CHECK(eventually([&] { return count(running) == 101; }));
}

TEST_CASE("a given id starts nothing a second time, also when its execution is gone and forgotten "
          "only when its time is over") {
  const scratch_folder folder;
  const auto clock = std::make_shared<hand_clock>();
  engine_options options = keeping({.finished_for = 1s, .ids_for = 60s}, clock);
  options.database = folder.file("ids.db");
  start_request named;
  named.flow_definition_id = "short";
  named.flow_execution_id = given_id;
  {
    engine running = engine_with(known_flows, options);
    REQUIRE(running.start(named).value() == given_id);
    REQUIRE(running.wait(given_id, patience).has_value());
    run(running, "parked", {{"key", "newest"}});
    clock->pass(1s);
    REQUIRE(eventually([&] { return !is_there(running, given_id); }));
    CHECK(running.start(named).value() == given_id);
    REQUIRE(running.wait_until_quiet(patience).has_value());
    CHECK_FALSE(is_there(running, given_id));
  }
  engine running = engine_with(known_flows, options);
  CHECK(running.start(named).value() == given_id);
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK_FALSE(is_there(running, given_id));
  clock->pass(60s);
  CHECK(eventually(
      [&] { return running.start(named).value() == given_id && is_there(running, given_id); }));
}

TEST_CASE("a virtual clock does not move for retention, and the engine is quiet beside it") {
  engine_options options = keeping({.finished_for = 1h});
  const auto clock = options.clock;
  engine running = engine_with(known_flows, std::move(options));
  const auto before = clock->now();
  run(running, "short");
  for (int i = 0; i < 20; ++i)
    REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(clock->now() == before);
  CHECK(count(running) == 1);
}

TEST_CASE("a definition that nobody runs any more is removed, and no other") {
  const scratch_folder folder;
  engine_options options = keeping({.finished_max = 1});
  options.database = folder.file("pinned.db");
  const auto version = [](const std::string& word) {
    return json_of("{'id': 'w', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'w', "
                   "'steps': {'w': {'stepInstanceId': 'w', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT', "
                   "'correlationKeyTemplate': '" +
                   word +
                   "', 'defaultNextStepInstanceId': 'e'}, 'e': {'stepInstanceId': 'e', "
                   "'stepType': 'END_FLOW'}}}");
  };
  const auto pinned = [&] {
    const auto store = storage::open_store({options.database, durability::none, true}).value();
    return store->pinned_definitions().value().size();
  };
  constexpr std::size_t others = 5; // the flows that are known beside it, that of deliveries too
  {
    engine running = engine_with(known_flows, options);
    for (const char* word : {"first", "second", "third"}) {
      REQUIRE(running.define(version(word)).has_value());
      run(running, "w");
      REQUIRE(running.wait_until_quiet(patience).has_value());
    }
    CHECK(pinned() == others + 3);
    REQUIRE(running.resume("first", json::object()).has_value());
    REQUIRE(running.wait_until_quiet(patience).has_value());
    run(running, "short");
    // One is gone with its execution, one is run, one is known.
    CHECK(eventually([&] { return pinned() == others + 2; }));
    for (const char* word : {"second", "third"})
      CHECK(running.resume(word, json::object()).has_value());
    REQUIRE(running.wait_until_quiet(patience).has_value());
    run(running, "short");
    CHECK(eventually([&] { return pinned() == others + 1; }));
    run(running, "w"); // of what is known nothing was removed
    REQUIRE(running.wait_until_quiet(patience).has_value());
  }
  engine running = engine_with(known_flows, options);
  CHECK(running.resume("third", json::object()).has_value());
  CHECK(running.wait_until_quiet(patience).has_value());
}

TEST_CASE("the file stops growing: 20,000 short executions leave less than two megabytes") {
  constexpr int rounds = 20;
  constexpr int starts_a_round = 1'000;
  constexpr std::uintmax_t bytes_max = 2'000'000;
  const scratch_folder folder;
  engine_options options = keeping({.finished_max = 500});
  options.database = folder.file("bounded.db");
  options.durability = durability::process_crash;
  {
    engine running = engine_with(known_flows, options);
    for (int round = 0; round < rounds; ++round) {
      json::array items;
      for (int i = 1; i < starts_a_round; ++i)
        items.emplace_back(i);
      run(running, "parent", {{"items", std::move(items)}});
      REQUIRE(running.wait_until_quiet(patience).has_value());
      REQUIRE(running.resume("more", json::object()).has_value());
      REQUIRE(eventually([&] { return count(running) <= 501; }));
    }
    CHECK(count(running) >= 500);
  }
  CHECK(std::filesystem::file_size(folder.file("bounded.db")) < bytes_max);
}

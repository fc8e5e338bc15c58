// SPDX-License-Identifier: Apache-2.0
//
// Executions that leave memory and come back: what they were in the middle of, and who calls them
// meanwhile.
#include <millrace/engine.hpp>

#include "catch.hpp"
#include "flow_fixture.hpp"
#include "small_engine.hpp"
#include <millrace/store_decorator.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

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

// Waits, starts a child, calls another, and waits once more.
constexpr const char* in_and_out_of_memory = R"([
  {'id': 'main', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'w', 'steps': {
    'w': {'stepInstanceId': 'w', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT', 'correlationKeyTemplate': 'go',
          'defaultNextStepInstanceId': 'start'},
    'start': {'stepInstanceId': 'start', 'stepType': 'START_FLOW_EXECUTION',
              'moduleIdentifier': 'system/start-flow-execution',
              'literals': {'flowDefinitionId': 'child'}, 'delay': {'milliseconds': 500},
              'defaultNextStepInstanceId': 'call'},
    'call': {'stepInstanceId': 'call', 'stepType': 'START_FLOW_EXECUTION',
             'moduleIdentifier': 'system/start-flow-execution',
             'literals': {'flowDefinitionId': 'child'}, 'customConfig': {'sync': true}}}},
  {'id': 'child', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'n', 'steps': {
    'n': {'stepInstanceId': 'n', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'test/echo'}}}])";

// A store whose reads for the runtime fail `times` times from the `first` on, counted from 1.
class stumbling_store final : public storage::store_decorator {
public:
  stumbling_store(std::unique_ptr<storage::store> inner, int first, int times)
      : store_decorator(std::move(inner)), first_(first), times_(times) {}

  [[nodiscard]] bool has_stumbled() const { return reads_ >= first_; }

  result<storage::execution_row> find_execution(std::string_view id) override {
    return inner().find_execution(id); // callers' threads: they are told
  }
  result<storage::execution_row> find_execution(storage::execution_key key) override {
    return read([&] { return inner().find_execution(key); });
  }
  result<storage::stored_state> load_state(storage::execution_key key) override {
    return read([&] { return inner().load_state(key); });
  }
  result<std::vector<storage::wait_entry>> waits(storage::execution_key key) override {
    return read([&] { return inner().waits(key); });
  }
  result<std::vector<storage::execution_key>> unfinished(storage::execution_key after,
                                                         std::size_t limit) override {
    return read([&] { return inner().unfinished(after, limit); });
  }
  result<std::vector<storage::execution_key>> due(std::int64_t now, std::size_t limit) override {
    return read([&] { return inner().due(now, limit); });
  }
  result<std::vector<storage::execution_key>> with_inbox(std::size_t limit) override {
    return read([&] { return inner().with_inbox(limit); });
  }
  result<std::int64_t> next_due(std::int64_t after) override {
    return read([&] { return inner().next_due(after); });
  }
  result<std::int64_t> next_wake() override {
    return read([&] { return inner().next_wake(); });
  }

private:
  template <class Read>
  auto read(const Read& read) -> decltype(read()) {
    const int number = ++reads_;
    if (number >= first_ && number < first_ + times_)
      return error{errc::database_failed, "This read fails in this test."};
    return read();
  }

  const int first_;
  const int times_;
  std::atomic<int> reads_{0};
};

// Parks the flow, then lets it go on over a store that stumbles; how it ended, and whether the
// store did stumble.
std::pair<result<void>, bool> stumble(const std::string& path, int first, int times) {
  {
    small_engine before(open_file(path));
    REQUIRE(before.define(json_of(in_and_out_of_memory)).has_value());
    start_request start;
    start.flow_definition_id = "main";
    start.flow_execution_id = crash_root_id;
    REQUIRE(before.running().start(start).has_value());
    REQUIRE(before.running().wait_quiet(patience).has_value());
  }
  auto store = std::make_unique<stumbling_store>(open_file(path), first, times);
  stumbling_store& stumbling = *store;
  small_engine after(std::move(store));
  REQUIRE(after.usable());
  after.running().recover();
  // The answer needs a read as well: an error says nothing about the event.
  (void)after.running().resume("go", json::object());
  auto ended = after.running().wait_quiet(patience);
  if (!ended)
    return {ended, true};
  for (const execution_record& each : after.family()) {
    INFO(each.flow_definition_id);
    CHECK(each.status == execution_status::completed);
  }
  CHECK(after.family().size() == 3);
  return {{}, stumbling.has_stumbled()};
}

} // namespace

TEST_CASE("a read that fails and then succeeds harms nothing, whichever it is") {
  const scratch_folder folder;
  int first = 1;
  bool has_stumbled = true;
  for (; has_stumbled; ++first) {
    INFO("read " << first);
    const auto [ended, stumbled] = stumble(folder.file(std::to_string(first) + ".db"), first, 1);
    CHECK(ended.has_value());
    has_stumbled = stumbled;
  }
  CHECK(first > 12);
}

TEST_CASE("reads that go on failing end in one clear error, and harm nothing either") {
  const scratch_folder folder;
  const std::string path = folder.file("a.db");
  const auto [ended, stumbled] = stumble(path, 4, 1'000'000);
  REQUIRE(ended.has_error());
  CHECK(ended.error().message() == "This read fails in this test.");
  small_engine after(open_file(path));
  after.running().recover();
  REQUIRE(after.running().wait_quiet(patience).has_value());
  (void)after.running().resume("go", json::object()); // if it had not been heard
  REQUIRE(after.running().wait_quiet(patience).has_value());
  CHECK(after.family().size() == 3);
}

TEST_CASE("a family with much to come does not keep others out") {
  engine_options options;
  options.max_active_executions = 4;
  options = with_module(
      [](const step_request&) -> step_result {
        std::this_thread::sleep_for(std::chrono::milliseconds(1)); // so that they do not just pass
        return json::object();
      },
      std::move(options));
  engine running = engine_with(R"([
    {'id': 'many', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'f', 'steps': {
      'f': {'stepInstanceId': 'f', 'stepType': 'PARALLEL_FORK_MANAGER', 'itemsPath': '$.items',
            'parallelBranches': [{'branchId': 'b', 'stepInstanceId': 'start'}]},
      'start': {'stepInstanceId': 'start', 'stepType': 'START_FLOW_EXECUTION',
                'moduleIdentifier': 'system/start-flow-execution', 'literals': {'flowDefinitionId': 'child'}}}},
    {'id': 'child', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'n', 'steps': {
      'n': {'stepInstanceId': 'n', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'test/work'}}}])",
                               std::move(options));
  const auto family_of = [&](std::size_t size) {
    start_request start;
    start.flow_definition_id = "many";
    start.initial_context_data["items"] = json::array(size, 0);
    return running.start(start).value();
  };
  const std::string large = family_of(3000);
  REQUIRE(running.wait(large, patience).has_value()); // all are started
  const std::string small = family_of(5);
  REQUIRE(running.wait(small, patience).has_value());
  const auto is_over = [&](const std::string& root) {
    const auto family = running.family(root).value();
    return std::all_of(family.begin(), family.end(), [](const execution_record& each) {
      return each.status == execution_status::completed;
    });
  };
  REQUIRE(eventually([&] { return is_over(small); }));
  CHECK_FALSE(is_over(large));
}

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

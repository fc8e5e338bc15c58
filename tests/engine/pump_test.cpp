// SPDX-License-Identifier: Apache-2.0
//
// An engine without threads: the caller's thread does everything, and nothing happens behind it.
#include <millrace/engine.hpp>

#include "catch.hpp"
#include "flow_fixture.hpp"

#include <filesystem>
#include <set>
#include <thread>

using namespace millrace;
using namespace millrace::testing;

namespace {

std::size_t threads_of_this_process() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

json::value flow(std::string_view id, std::string_view first, std::string_view steps) {
  std::string text = R"({"id": ")" + std::string(id) +
                     R"(", "version": 1, "isPublished": true, "startStepInstanceId": ")" +
                     std::string(first) + R"(", "steps": {)" + std::string(steps) + "}}";
  return json::parse(text);
}

// Starts three children, each of which calls the module "test/call" once.
engine open_family(engine_options options) {
  options.threads = 0;
  auto opened = engine::open(std::move(options));
  REQUIRE(opened.has_value());
  const json::value parent = flow("parent", "each", R"(
    "each": {"stepInstanceId": "each", "stepType": "PARALLEL_FORK_MANAGER", "itemsPath": "$.items",
             "parallelBranches": [{"branchId": "b", "stepInstanceId": "start"}]},
    "start": {"stepInstanceId": "start", "stepType": "START_FLOW_EXECUTION",
              "moduleIdentifier": "system/start-flow-execution",
              "literals": {"flowDefinitionId": "child"}})");
  const json::value child = flow("child", "call", R"(
    "call": {"stepInstanceId": "call", "stepType": "CUSTOM_LOGIC",
             "moduleIdentifier": "test/call"})");
  REQUIRE(opened->define(parent).has_value());
  REQUIRE(opened->define(child).has_value());
  return std::move(*opened);
}

engine_options calling(step_handler handler) {
  engine_options options;
  REQUIRE(options.steps.add_module("test/call", {std::move(handler)}).has_value());
  return options;
}

start_request three_children() {
  start_request request;
  request.flow_definition_id = "parent";
  request.initial_context_data = json::parse(R"({"items": [1, 2, 3]})").as_object();
  return request;
}

step_result nothing(const step_request& /*request*/) {
  return json::value(json::object());
}

} // namespace

TEST_CASE("an engine without threads has none") {
  const std::size_t before = threads_of_this_process();
  engine running = open_family(calling(nothing));
  REQUIRE(running.start(three_children()).has_value());
  REQUIRE(running.run_until_idle().has_value());
  CHECK(threads_of_this_process() == before);
}

TEST_CASE("without threads handlers and the observer run on the caller's thread") {
  std::set<std::thread::id> seen;
  engine_options options = calling([&seen](const step_request& request) {
    seen.insert(std::this_thread::get_id());
    return nothing(request);
  });
  options.observer = [&seen](const lifecycle_event&) { seen.insert(std::this_thread::get_id()); };
  engine running = open_family(std::move(options));
  REQUIRE(running.start(three_children()).has_value());
  REQUIRE(running.run_until_idle().has_value());
  CHECK(seen == std::set<std::thread::id>{std::this_thread::get_id()});
}

TEST_CASE("nothing goes on between two calls of an engine without threads") {
  int calls = 0;
  engine running = open_family(calling([&calls](const step_request& request) {
    ++calls;
    return nothing(request);
  }));
  REQUIRE(running.start(three_children()).has_value());
  const int after_start = calls;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(calls == after_start);
  const auto left = running.run_until_idle();
  REQUIRE(left.has_value());
  CHECK(left->is_idle);
  CHECK_FALSE(left->next_due.has_value());
  CHECK(calls == 3);
  CHECK(running.list()->size() == 4);
}

TEST_CASE("a budget of no time does nothing, and says that something is left") {
  engine running = open_family(calling(nothing));
  REQUIRE(running.start(three_children()).has_value());
  const auto left = running.run_for(std::chrono::milliseconds(0));
  REQUIRE(left.has_value());
  CHECK_FALSE(left->is_idle);
}

TEST_CASE("waiting on an engine without threads runs it") {
  engine running = open_family(calling(nothing));
  const auto root = running.start(three_children());
  REQUIRE(root.has_value());
  const auto ended = running.wait(*root);
  REQUIRE(ended.has_value());
  CHECK(ended->status == execution_status::completed);
  REQUIRE(running.wait_until_quiet().has_value());
  for (const execution_record& each : *running.list())
    CHECK(each.status == execution_status::completed);
}

TEST_CASE("a handler of an engine without threads may start executions but not wait for them") {
  engine* self = nullptr;
  std::vector<errc> refusals;
  engine running = open_family(calling([&](const step_request& request) {
    start_request more;
    more.flow_definition_id = "nobody";
    const auto started = self->start(std::move(more));
    REQUIRE(started.has_value());
    for (const auto& refused : {self->wait(*started).error(), self->wait_until_quiet().error(),
                                self->run_until_idle().error()})
      refusals.push_back(refused.code());
    return nothing(request);
  }));
  self = &running;
  REQUIRE(running.start(three_children()).has_value());
  REQUIRE(running.wait_until_quiet().has_value());
  CHECK(refusals == std::vector<errc>(9, errc::conflict));
  CHECK(running.list()->size() == 7);
}

TEST_CASE("the observer of an engine without threads is refused what it cannot have") {
  engine* self = nullptr;
  std::set<errc> refusals;
  engine_options options = calling(nothing);
  options.observer = [&](const lifecycle_event&) {
    if (!self)
      return;
    refusals.insert(self->start(three_children()).error().code());
    refusals.insert(self->cancel("x").error().code());
    refusals.insert(self->resume("x", {}).error().code());
  };
  engine running = open_family(std::move(options));
  self = &running;
  REQUIRE(running.start(three_children()).has_value());
  REQUIRE(running.wait_until_quiet().has_value());
  CHECK(refusals == std::set<errc>{errc::conflict});
}

TEST_CASE("an engine with threads does not let itself be pumped") {
  auto running = engine::open({});
  REQUIRE(running.has_value());
  const auto left = running->run_until_idle();
  REQUIRE(left.has_error());
  CHECK(left.error().code() == errc::conflict);
}

TEST_CASE(
    "an engine without threads that is stopped in the middle goes on when it is opened again") {
  const scratch_folder folder;
  engine_options options = calling(nothing);
  options.database = folder.file("pumped.db");
  const engine_options again = options;
  {
    engine running = open_family(std::move(options));
    REQUIRE(running.start(three_children()).has_value());
    running.stop();
    CHECK(running.run_until_idle().error().code() == errc::stopped);
  }
  engine running = open_family(again);
  REQUIRE(running.wait_until_quiet().has_value());
  REQUIRE(running.list()->size() == 4);
  for (const execution_record& each : *running.list())
    CHECK(each.status == execution_status::completed);
}

TEST_CASE("a delay on the system's clock is left to the caller to wait for") {
  engine_options options;
  options.threads = 0;
  auto running = engine::open(std::move(options));
  REQUIRE(running.has_value());
  REQUIRE(running
              ->define(flow("slow", "later", R"(
    "later": {"stepInstanceId": "later", "stepType": "NO_OP", "delay": {"milliseconds": 3600000}})"))
              .has_value());
  start_request request;
  request.flow_definition_id = "slow";
  REQUIRE(running->start(request).has_value());
  const auto left = running->run_until_idle();
  REQUIRE(left.has_value());
  CHECK(left->is_idle);
  REQUIRE(left->next_due.has_value());
  CHECK(*left->next_due > std::chrono::system_clock::now());
}

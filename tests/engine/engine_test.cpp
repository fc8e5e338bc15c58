// SPDX-License-Identifier: Apache-2.0
//
// The public API, call by call.
#include <millrace/engine.hpp>

#include "catch.hpp"
#include "flow_fixture.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include <unistd.h>

using namespace millrace;
using namespace millrace::testing;

namespace {

constexpr const char* waiting_flow = R"([
  {'id': 'main', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'a', 'steps': {
    'a': {'stepInstanceId': 'a', 'stepType': 'NO_OP', 'defaultNextStepInstanceId': 'w'},
    'w': {'stepInstanceId': 'w', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT', 'correlationKeyTemplate': 'order:{{id}}',
          'outputMappings': {'$.approved': '$.by'}, 'defaultNextStepInstanceId': 'b'},
    'b': {'stepInstanceId': 'b', 'stepType': 'DATA_TRANSFORMATION', 'moduleIdentifier': 'system/compose-object-from-input',
          'inputMappings': {'by': '$.approved'}}}}])";

std::string custom_flow(std::string_view more = "") {
  return "[{'id': 'main', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'a', 'steps': {"
         "'a': {'stepInstanceId': 'a', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': "
         "'test/work', "
         "'inputMappings': {'x': '$.x'}" +
         std::string(more) + "}}}]";
}

engine_options with_module(step_handler run) {
  engine_options options = virtual_time();
  const auto added = options.steps.add_module("test/work", {std::move(run), step_effect::external});
  if (!added)
    throw std::runtime_error(added.error().message());
  return options;
}

execution_record run_main(engine& running, json::object context = {}) {
  start_request start;
  start.flow_definition_id = "main";
  start.initial_context_data = std::move(context);
  const auto id = running.start(start);
  REQUIRE(id.has_value());
  auto ended = running.wait(*id, patience);
  REQUIRE(ended.has_value());
  return std::move(*ended);
}

} // namespace

TEST_CASE("a registered handler gets the step's input and gives its output") {
  std::string module; // checked here: assertions of the test framework are for one thread
  std::string step;
  engine running =
      engine_with(custom_flow(), with_module([&](const step_request& request) -> step_result {
                    module = request.module_identifier;
                    step = request.step_instance_id;
                    return json::value(json::object{{"got", request.input.at("x")}});
                  }));
  const execution_record ended = run_main(running, {{"x", 5}});
  CHECK(module == "test/work");
  CHECK(step == "a");
  CHECK(ended.status == execution_status::completed);
  CHECK(ended.context.at("steps_output").at("a").at("got") == 5);
}

TEST_CASE("a handler that throws fails its step with what it said") {
  engine running = engine_with(custom_flow(), with_module([](const step_request&) -> step_result {
                                 throw std::runtime_error("no paper left");
                               }));
  const execution_record ended = run_main(running);
  CHECK(ended.status == execution_status::failed);
  REQUIRE(ended.error.has_value());
  CHECK(ended.error->error_name == "Error");
  CHECK(ended.error->error_message == "no paper left");
}

TEST_CASE("a transient failure is tried five times under one idempotency key") {
  std::mutex mutex;
  std::set<std::string> keys;
  std::vector<int> attempts;
  engine running =
      engine_with(custom_flow(), with_module([&](const step_request& request) -> step_result {
                    const std::lock_guard lock(mutex);
                    keys.emplace(request.idempotency_key);
                    attempts.push_back(request.attempt);
                    return step_error::transient("busy");
                  }));
  const execution_record ended = run_main(running);
  CHECK(ended.status == execution_status::failed);
  CHECK(ended.error->error_name == "TransientStepError");
  CHECK(attempts == std::vector<int>{1, 2, 3, 4, 5});
  CHECK(keys.size() == 1);
}

TEST_CASE("onError.retries decides how often a transient failure is tried again") {
  int calls = 0;
  engine running =
      engine_with(custom_flow(", 'onError': {'retries': {'count': 2, 'intervalSeconds': 60}}"),
                  with_module([&](const step_request&) -> step_result {
                    return ++calls < 3 ? step_result(step_error::transient("busy"))
                                       : step_result(json::value(json::object{{"ok", true}}));
                  }));
  const execution_record ended = run_main(running);
  CHECK(ended.status == execution_status::completed);
  CHECK(calls == 3);
  CHECK(ended.ended_at - ended.started_at >= 60'000 + 120'000); // on the virtual clock
}

TEST_CASE("an event resumes the execution that waits for it, and only with the right key") {
  engine running = engine_with(waiting_flow);
  start_request start;
  start.flow_definition_id = "main";
  start.initial_context_data = {{"id", 7}};
  const auto id = running.start(start);
  REQUIRE(id.has_value());
  REQUIRE(running.wait_until_quiet(patience).has_value());
  const auto waiting = running.find(*id);
  REQUIRE(waiting.has_value());
  CHECK(waiting->status == execution_status::waiting);
  CHECK(waiting->waiting_for == std::vector<std::string>{"order:7"});
  CHECK(waiting->path == std::vector<std::string>{"a", "w"});

  const auto nobody = running.resume("order:8", json::object());
  REQUIRE(nobody.has_error());
  CHECK(nobody.error().code() == errc::not_found);
  CHECK(nobody.error().message() == "No execution waits under the correlation key 'order:8'.");

  const auto resumed = running.resume("order:7", json_of("{'by': 'Ada'}"));
  REQUIRE(resumed.has_value());
  CHECK(*resumed == *id);
  const auto ended = running.wait(*id, patience);
  REQUIRE(ended.has_value());
  CHECK(ended->context.at("steps_output").at("b").at("by") == "Ada");
  CHECK(running.resume("order:7", json::object()).has_error()); // consumed
}

TEST_CASE("a wait that nobody answers in time ends the execution as TIMED_OUT") {
  // The other branch's delay lets the virtual clock pass the deadline.
  engine running = engine_with(
      R"([{'id': 'main', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'f', 'steps': {
    'f': {'stepInstanceId': 'f', 'stepType': 'PARALLEL_FORK_MANAGER', 'itemsPath': '$.items',
          'parallelBranches': [{'branchId': 'w', 'stepInstanceId': 'w'}, {'branchId': 'd', 'stepInstanceId': 'd'}],
          'aggregationConfig': {'failOnBranchError': false}},
    'w': {'stepInstanceId': 'w', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT', 'correlationKeyTemplate': 'never', 'maxWaitTimeSeconds': 3},
    'd': {'stepInstanceId': 'd', 'stepType': 'NO_OP', 'delay': {'milliseconds': 5000}}}}])");
  const execution_record ended = run_main(running, {{"items", {1}}});
  CHECK(ended.status == execution_status::completed);
  const json::array& results =
      ended.context.at("steps_output").at("f").at("aggregatedData").as_array();
  CHECK(results.at(0).at("error").at("errorName") == "TimeoutError");
}

TEST_CASE("what is parked goes on after the database was closed and opened again") {
  const scratch_folder folder;
  engine_options options;
  options.database = folder.file("parked.db");
  std::string id;
  {
    engine running = engine_with(waiting_flow, options);
    start_request start;
    start.flow_definition_id = "main";
    start.initial_context_data = {{"id", 1}};
    id = running.start(start).value();
    REQUIRE(running.wait_until_quiet(patience).has_value());
  }
  auto reopened = engine::open(options); // knows the flow from the database
  REQUIRE(reopened.has_value());
  REQUIRE(reopened->resume("order:1", json_of("{'by': 'Grace'}")).has_value());
  const auto ended = reopened->wait(id, patience);
  REQUIRE(ended.has_value());
  CHECK(ended->status == execution_status::completed);
  CHECK(ended->path == std::vector<std::string>{"a", "w", "b"});
  CHECK(ended->context.at("approved") == "Grace");
}

TEST_CASE("an execution keeps the definition it began with when the flow is defined anew") {
  engine running = engine_with(waiting_flow);
  start_request start;
  start.flow_definition_id = "main";
  start.initial_context_data = {{"id", 1}};
  const std::string id = running.start(start).value();
  REQUIRE(running.wait_until_quiet(patience).has_value());
  REQUIRE(running
              .define(json_of(
                  R"([{'id': 'main', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'z',
    'steps': {'z': {'stepInstanceId': 'z', 'stepType': 'NO_OP'}}}])"))
              .has_value());
  REQUIRE(running.resume("order:1", json_of("{'by': 'x'}")).has_value());
  CHECK(running.wait(id, patience)->path == std::vector<std::string>{"a", "w", "b"});
  CHECK(run_main(running).path == std::vector<std::string>{"z"});
}

TEST_CASE("a second engine on the same file is refused and told who holds it") {
  const scratch_folder folder;
  engine_options options;
  options.database = folder.file("held.db");
  const auto first = engine::open(options);
  REQUIRE(first.has_value());
  const auto second = engine::open(options);
  REQUIRE(second.has_error());
  CHECK(second.error().code() == errc::database_unusable);
  CHECK(second.error().message().find("process " + std::to_string(getpid())) != std::string::npos);
}

TEST_CASE("an id that was started already is success and starts nothing") {
  engine running = engine_with(waiting_flow);
  start_request start;
  start.flow_definition_id = "main";
  start.flow_execution_id = "0190f000-0000-7000-8000-000000000009";
  CHECK(running.start(start).value() == start.flow_execution_id);
  CHECK(running.start(start).value() == start.flow_execution_id);
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(running.list().value().size() == 1);
}

TEST_CASE("of many starts at once each is accepted or refused by itself, in order") {
  engine running = engine_with(waiting_flow);
  std::vector<start_request> wanted(300);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    wanted[i].flow_definition_id = "main";
    wanted[i].initial_context_data = {{"n", i}};
  }
  wanted[7].flow_definition_id.clear();
  wanted[8].flow_execution_id = "0190f000-0000-7000-8000-000000000008";
  wanted[9].flow_execution_id = wanted[8].flow_execution_id;
  const auto accepted = running.start_all(std::move(wanted));
  REQUIRE(accepted.size() == 300);
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(accepted[7].error().code() == errc::invalid_input);
  CHECK(accepted[8].value() == accepted[9].value());
  for (std::size_t i = 0; i < accepted.size(); ++i) {
    INFO("start " << i);
    CHECK((i == 7 || running.find(*accepted[i])->context.at("n") == (i == 9 ? 8 : i)));
  }
  CHECK(running.family(*accepted[8])->size() == 1);
}

TEST_CASE("a cancelled execution keeps the context it had, and ends once") {
  engine running = engine_with(waiting_flow);
  start_request start;
  start.flow_definition_id = "main";
  start.initial_context_data = {{"id", 3}};
  const std::string id = running.start(start).value();
  REQUIRE(running.wait_until_quiet(patience).has_value());
  REQUIRE(running.cancel(id, "changed my mind").has_value());
  const auto ended = running.find(id);
  CHECK(ended->status == execution_status::cancelled);
  CHECK(ended->error->error_message == "changed my mind");
  CHECK(ended->context.at("id") == 3);
  CHECK(ended->path == std::vector<std::string>{"a", "w"});
  const auto again = running.cancel(id);
  REQUIRE(again.has_error());
  CHECK(again.error().code() == errc::conflict);
  CHECK(running.resume("order:3", json::object()).error().code() == errc::not_found);
  CHECK(running.cancel("0190f000-0000-7000-8000-00000000dead").error().code() == errc::not_found);
}

TEST_CASE("step records tell what went in and out of each step, where they are asked for") {
  engine running = engine_with(waiting_flow);
  start_request start;
  start.flow_definition_id = "main";
  start.initial_context_data = {{"id", 1}};
  start.enable_execution_logs = true;
  const std::string id = running.start(start).value();
  REQUIRE(running.wait_until_quiet(patience).has_value());
  REQUIRE(running.resume("order:1", json_of("{'by': 'Ada'}")).has_value());
  REQUIRE(running.wait(id, patience).has_value());
  const auto records = running.step_records(id).value();
  REQUIRE(records.size() == 4);
  CHECK(records[0].at("stepInstanceId") == "a");
  CHECK(records[0].at("status") == "COMPLETED");
  CHECK(records[1].at("status") == "WAITING");
  CHECK(records[1].at("correlationKey") == "order:1");
  CHECK(records[2].at("outputData").at("by") == "Ada");
  CHECK(records[3].at("inputMappingResult").at("by") == "Ada");
  CHECK(records[3].at("mappingEvents").as_array().size() == 2);
}

TEST_CASE("an observer hears of everything in order, and of nothing before it is stored") {
  std::mutex mutex;
  std::vector<std::string> heard;
  bool end_was_stored = false;
  engine* known = nullptr;
  engine_options options = virtual_time();
  options.observer = [&](const lifecycle_event& event) {
    const std::lock_guard lock(mutex);
    if (event.what == lifecycle_event::type::execution_ended) {
      const auto stored = known->find(event.flow_execution_id);
      end_was_stored = stored.has_value() && stored->status == event.status;
    }
    if (event.what == lifecycle_event::type::step_entered)
      heard.push_back(event.step_instance_id);
    if (event.what == lifecycle_event::type::execution_begun)
      heard.emplace_back("begun");
    if (event.what == lifecycle_event::type::execution_ended)
      heard.emplace_back("ended");
  };
  engine running = engine_with(custom_flow(), std::move(options));
  known = &running;
  const execution_record ended = run_main(running); // no handler is registered: the step fails
  CHECK(ended.status == execution_status::failed);
  CHECK(ended.error->error_message ==
        "No external step registration found for moduleIdentifier: test/work");
  const std::lock_guard lock(mutex);
  CHECK(heard == std::vector<std::string>{"begun", "a", "ended"});
  CHECK(end_was_stored);
}

TEST_CASE("who waits for an end that is stored already waits for the observer as well") {
  std::atomic<int> heard{0};
  engine_options options = virtual_time();
  options.observer = [&](const lifecycle_event& event) {
    if (event.what == lifecycle_event::type::execution_begun) // the end is in the same commit
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    ++heard;
  };
  engine running = engine_with(custom_flow(), std::move(options));
  const std::string id = running.start({.flow_definition_id = "main"}).value();
  while (running.find(id)->status != execution_status::failed)
    std::this_thread::yield();
  REQUIRE(running.wait(id, patience).has_value());
  CHECK(heard == 4); // begun, entered, failed, ended
}

TEST_CASE("lists page through executions in the order of acceptance") {
  engine running = engine_with(custom_flow());
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i)
    ids.push_back(running.start({.flow_definition_id = "main"}).value());
  REQUIRE(running.wait_until_quiet(patience).has_value());
  execution_filter filter;
  filter.limit = 2;
  filter.status = execution_status::failed;
  std::vector<std::string> listed;
  for (;;) {
    const auto page = running.list(filter).value();
    if (page.empty())
      break;
    CHECK(page.size() <= 2);
    for (const execution_record& each : page)
      listed.push_back(each.flow_execution_id);
    filter.after = page.back().position;
  }
  CHECK(listed == ids);
}

TEST_CASE("far more executions than may be active at once all complete, in bounded company") {
  std::atomic<int> at_once{0};
  std::atomic<int> most{0};
  engine_options options = with_module([&](const step_request&) -> step_result {
    const int now = ++at_once;
    int seen = most;
    while (now > seen && !most.compare_exchange_weak(seen, now)) {
    }
    std::this_thread::yield();
    --at_once;
    return json::value(json::object());
  });
  options.max_active_executions = 3;
  options.handler_threads = 8;
  engine running = engine_with(custom_flow(), std::move(options));
  for (int i = 0; i < 200; ++i)
    REQUIRE(running.start({.flow_definition_id = "main"}).has_value());
  REQUIRE(running.wait_until_quiet(patience).has_value());
  execution_filter completed;
  completed.status = execution_status::completed;
  completed.limit = 1000;
  CHECK(running.list(completed).value().size() == 200);
  CHECK(most <= 3);
}

TEST_CASE("after stop, queries answer and everything else says that the engine is stopped") {
  engine running = engine_with(waiting_flow);
  start_request start;
  start.flow_definition_id = "main";
  start.initial_context_data = {{"id", 1}};
  const std::string id = running.start(start).value();
  REQUIRE(running.wait_until_quiet(patience).has_value());
  running.stop();
  running.stop();
  CHECK(running.find(id).has_value());
  CHECK(running.start({.flow_definition_id = "main"}).error().code() == errc::stopped);
  CHECK(running.resume("k", json::object()).error().code() == errc::stopped);
  CHECK(running.cancel(id).error().code() == errc::stopped);
  CHECK(running.define(json_of(waiting_flow)).error().code() == errc::stopped);
  CHECK(running.wait(id, std::chrono::milliseconds(1)).error().code() == errc::stopped);
}

TEST_CASE("a flow with an error is refused as a whole, with every problem") {
  engine running = engine_with(custom_flow());
  const auto refused = running.define(json_of(R"([
    {'id': 'good', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'n', 'steps': {
      'n': {'stepInstanceId': 'n', 'stepType': 'NO_OP'}}},
    {'id': 'bad', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'x', 'steps': {
      'n': {'stepInstanceId': 'n', 'stepType': 'NO_OP', 'defaultNextStepInstanceId': 'y'}}}])"));
  REQUIRE(refused.has_error());
  CHECK(refused.error().code() == errc::invalid_definition);
  CHECK(refused.error().message().find("/1/startStepInstanceId") != std::string::npos);
  CHECK(refused.error().message().find("/1/steps/n/defaultNextStepInstanceId") !=
        std::string::npos);
  const auto known = running.known_flows();
  CHECK(std::none_of(known.begin(), known.end(),
                     [](const flow_version& each) { return each.flow_definition_id == "good"; }));
}

TEST_CASE("options out of range are refused with the range") {
  engine_options options;
  options.threads = 257;
  CHECK(engine::open(options).error().message() == "engine_options::threads must be 0 to 256.");
  options.threads = 1;
  options.max_active_executions = 0;
  CHECK(engine::open(options).error().code() == errc::invalid_argument);
}

TEST_CASE("a context that nests too deep is refused before anything starts") {
  engine running = engine_with(custom_flow());
  json::value deep = 1;
  for (int i = 0; i < 500; ++i)
    deep = json::object{{"d", std::move(deep)}};
  start_request start;
  start.flow_definition_id = "main";
  start.initial_context_data = {{"deep", std::move(deep)}};
  const auto refused = running.start(start);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code() == errc::limit_exceeded);
  CHECK(running.list().value().empty());
}

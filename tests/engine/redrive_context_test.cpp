// SPDX-License-Identifier: Apache-2.0
//
// The context on which a redrive from a step begins: the one that an execution left, one made again
// from step records, or one that is given.
#include <millrace/redrive.hpp>

#include "catch.hpp"
#include "redrive_fixture.hpp"

#include <utility>

using namespace millrace;
using namespace millrace::testing;

TEST_CASE("the step at which an execution stopped begins again on what the execution left") {
  const bool logs = GENERATE(false, true);
  witness eyes;
  engine running = engine_with(all_kinds, eyes.options());
  json::object context = object_of("{'items': [1, 2], 'fail_at': 'last'}");
  context["large"] = json::string(std::size_t{3} << 20U, 'l');
  const auto failed = run(running, start_of(context, {{"enableExecutionLogs", logs}}));
  REQUIRE(failed.status == execution_status::failed);
  json::value mended = json_of(all_kinds).at(0);
  mended.at("version") = 2;
  mended.at("steps").at("last").as_object()["outputMappings"] = object_of("{'$.done': '$.n'}");
  mended.at("steps").at("last").at("moduleIdentifier") = "system/compose-object-from-input";
  mended.at("steps").at("last").at("stepType") = "DATA_TRANSFORMATION";
  REQUIRE(running.define(mended).has_value());
  redrive_request request = from(failed, "last", GENERATE(0, 1));
  request.flow_version = "2";
  const auto again = ended(running, request);
  CHECK(again.status == execution_status::completed);
  CHECK(again.path == std::vector<std::string>{"last"});
  CHECK(again.trigger_source == "StatefulRedriveOf:" + failed.flow_execution_id);
  CHECK(again.root_flow_execution_id == again.flow_execution_id);
  json::object expected = failed.context; // flow_variables.flowExecutionId included
  expected["done"] = 3;
  CHECK(again.context == expected);
  CHECK(running.step_records(again.flow_execution_id).value().empty() == !logs);
  // What is redriven is the start, which began there.
  CHECK(ended(running, {.flow_execution_id = again.flow_execution_id}).context == expected);
}

TEST_CASE("with step records every visit of the main path can be begun at, as it was") {
  witness eyes;
  engine running = engine_with(all_kinds, eyes.options());
  const bool logs_of_flow = GENERATE(true, false);
  json::object more;
  if (logs_of_flow)
    more["enableExecutionLogs"] = true;
  json::value flows = json_of(all_kinds);
  flows.at(0).as_object()["enableExecutionLogs"] = !logs_of_flow;
  REQUIRE(running.define(flows.at(0)).has_value());
  const auto original = run(running, start_of(object_of("{'items': [1, 2, 3]}"), more));
  const std::string id = original.flow_execution_id;
  REQUIRE(original.path ==
          std::vector<std::string>{"first", "first", "first", "each", "ask", "last"});
  const auto first_seen = [&](const std::string& execution, const char* step) {
    return eyes.seen(execution, step).at(0);
  };
  for (std::int64_t visit = 1; visit <= 3; ++visit) {
    INFO("visit " << visit);
    const std::string again = running.redrive(from(original, "first", visit)).value();
    REQUIRE(running.wait_until_quiet(patience).has_value());
    CHECK(first_seen(again, "first") == eyes.seen(id, "first").at(std::size_t(visit - 1)));
    CHECK(eyes.seen(again, "first").size() == std::size_t(4 - visit));
  }
  const std::string unnamed = running.redrive(from(original, "first")).value();
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(first_seen(unnamed, "first") == eyes.seen(id, "first").at(2));

  CHECK(ended(running, from(original, "last")).context == original.context);
  CHECK(first_seen(id, "last") ==
        first_seen(running.list().value().back().flow_execution_id, "last"));
  const std::string forked = running.redrive(from(original, "each")).value();
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(eyes.seen(forked, "inner").size() == 3);
  const json::object parked = running.find(forked).value().context;
  CHECK(parked.at("steps_output").at("each") == original.context.at("steps_output").at("each"));
  CHECK_FALSE(parked.contains("answer"));
}

TEST_CASE("step records of an execution that was restored lead to the same context") {
  const scratch_folder folder;
  witness eyes;
  std::string id;
  {
    engine_options options = eyes.options();
    options.database = folder.file("a.db");
    engine before = engine_with(all_kinds, std::move(options));
    id = before.start(start_of(object_of("{'items': [1, 2]}"), {{"enableExecutionLogs", true}}))
             .value();
    REQUIRE(before.wait_until_quiet(patience).has_value());
  }
  engine_options options = eyes.options();
  options.database = folder.file("a.db");
  auto after = engine::open(std::move(options));
  REQUIRE(after.has_value());
  REQUIRE(after->resume("go:" + id, json_of("{'by': 'Ada'}")).has_value());
  const auto original = after->wait(id, patience).value();
  for (const char* step : {"first", "each", "ask", "last"}) {
    INFO(step);
    CHECK(after->redrive(from(original, step)).has_value());
  }
  CHECK(ended(*after, from(original, "last")).context == original.context);
}

TEST_CASE("a step that had completed when no way led on is no step to go on from without records") {
  constexpr const char* limited = R"([
    {'id': 'main', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'first', 'steps': {
      'first': {'stepInstanceId': 'first', 'stepType': 'CUSTOM_LOGIC',
                'moduleIdentifier': 'test/see', 'inputMappings': {'n': '$.n'},
                'outputMappings': {'$.n': '$.n'}, 'defaultNextStepInstanceId': 'first',
                'defaultNextMaxTransitions': 2}}}])";
  const bool logs = GENERATE(false, true);
  witness eyes;
  engine running = engine_with(limited, eyes.options());
  const auto failed = run(running, start_of({}, {{"enableExecutionLogs", logs}}));
  REQUIRE(failed.status == execution_status::failed);
  REQUIRE(failed.path.size() == 3);
  if (logs) {
    const auto again = ended(running, from(failed, "first"));
    CHECK(eyes.seen(again.flow_execution_id, "first").at(0) ==
          eyes.seen(failed.flow_execution_id, "first").at(2));
    return;
  }
  const error unknown = refusal(running, from(failed, "first"));
  CHECK(unknown.code() == errc::conflict);
  CHECK(unknown.message() ==
        "The context before step 'first' of the execution " + failed.flow_execution_id +
            " is not known: No step records were kept. Give the context to begin on (--context), "
            "or let executions keep step records (enableExecutionLogs).");
}

TEST_CASE("what was cancelled or timed out goes on where it stood") {
  constexpr const char* waits = R"([
    {'id': 'main', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'w', 'steps': {
      'w': {'stepInstanceId': 'w', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT',
            'correlationKeyTemplate': 'go', 'maxWaitTimeSeconds': 60,
            'outputMappings': {'$.answer': '$.by'}}}}])";
  const bool is_cancelled = GENERATE(true, false);
  const scratch_folder folder;
  engine_options options = virtual_time();
  options.database = folder.file("a.db");
  std::string id;
  {
    engine before = engine_with(waits, options);
    id = before.start(start_of(object_of("{'x': 1}"))).value();
    REQUIRE(before.wait_until_quiet(patience).has_value());
    if (is_cancelled)
      REQUIRE(before.cancel(id).has_value());
  }
  options.clock = make_virtual_clock(options.clock->now() + std::chrono::hours(1));
  auto opened = engine::open(options);
  REQUIRE(opened.has_value());
  engine& running = *opened;
  const auto original = running.wait(id, patience).value();
  CHECK(original.status ==
        (is_cancelled ? execution_status::cancelled : execution_status::timed_out));
  const std::string again = running.redrive(from(original, "w")).value();
  REQUIRE(running.wait_until_quiet(patience).has_value());
  REQUIRE(running.resume("go", json_of("{'by': 'Ada'}")).value() == again);
  json::object expected = original.context;
  expected["answer"] = "Ada";
  CHECK(running.wait(again, patience).value().context == expected);
}

TEST_CASE("a context that is given is what the step sees") {
  witness eyes;
  engine running = engine_with(all_kinds, eyes.options());
  const auto original = run(running, start_of(object_of("{'items': []}")));
  redrive_request request = from(original, "last");
  request.context = object_of("{'n': 41, 'own': true}");
  const auto again = ended(running, request);
  CHECK(eyes.seen(again.flow_execution_id, "last") ==
        std::vector<json::value>{json_of("{'n': 41, 'own': true}")});
  request.context = json::object();
  CHECK(ended(running, request).status == execution_status::completed);
}

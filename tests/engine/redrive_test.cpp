// SPDX-License-Identifier: Apache-2.0
//
// Running again what has ended: what is started, which version runs, what is refused.
#include <millrace/redrive.hpp>

#include "catch.hpp"
#include "redrive_fixture.hpp"

#include <utility>

using namespace millrace;
using namespace millrace::testing;

namespace {

// One step that fails where the context says so.
constexpr const char* one_step = R"([
  {'id': 'main', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'last', 'steps': {
    'last': {'stepInstanceId': 'last', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'test/see',
             'inputMappings': {'n': '$.n'}}}},
  {'id': 'parent', 'version': 1, 'isPublished': true, 'startStepInstanceId': 's', 'steps': {
    's': {'stepInstanceId': 's', 'stepType': 'START_FLOW_EXECUTION',
          'moduleIdentifier': 'system/start-flow-execution',
          'literals': {'flowDefinitionId': 'main', 'initialContextData': {'from': 'parent'}}}}}])";

} // namespace

TEST_CASE("from the beginning a redrive has the start input of what it repeats, and a new id") {
  witness eyes;
  engine running = engine_with(one_step, eyes.options());
  const json::object input = start_of(
      object_of("{'n': 6, 'flow_variables': {'v': 1}}"),
      object_of("{'flowExecutionId': '00000000-0000-4000-8000-00000000000a', 'triggerSource': "
                "'test', 'enableExecutionLogs': true, 'executionOverrides': {'stepOverrides': "
                "{'last': {'outputMappings': {'$.m': '$.n'}}}}}"));
  const auto original = run(running, input);
  const auto again = ended(running, {.flow_execution_id = original.flow_execution_id});
  CHECK(again.flow_execution_id != original.flow_execution_id);
  CHECK(again.root_flow_execution_id == again.flow_execution_id);
  CHECK(again.trigger_source == "RedriveOf:" + original.flow_execution_id);
  CHECK(again.status == execution_status::completed);
  json::object expected = original.context;
  expected["flow_variables"].as_object()["flowExecutionId"] = again.flow_execution_id;
  CHECK(again.context == expected);
  CHECK(again.context.at("m") == 7);
  CHECK(running.step_records(again.flow_execution_id).value().size() == 1);
}

TEST_CASE("a child that is redriven is a root of its own") {
  witness eyes;
  engine running = engine_with(one_step, eyes.options());
  REQUIRE(running.start(object_of("{'flowDefinitionId': 'parent'}")).has_value());
  REQUIRE(running.wait_until_quiet(patience).has_value());
  const auto child = only(running, "main");
  REQUIRE(child.kind == execution_kind::async_subflow);
  const auto again = ended(running, {.flow_execution_id = child.flow_execution_id});
  CHECK(again.kind == execution_kind::root);
  CHECK(again.depth == 0);
  CHECK(again.parent_flow_execution_id == "");
  CHECK(again.context.at("from") == "parent");
}

TEST_CASE("a redrive runs the version that ran, as it is defined now, unless another is named") {
  witness eyes;
  engine running = engine_with(one_step, eyes.options());
  const auto original = run(running, start_of({}));
  const auto version = [&](int number, const char* said) {
    return json_of(
        "{'id': 'main', 'version': " + std::to_string(number) +
        ", 'isPublished': true, 'startStepInstanceId': 'last', 'steps': {'last': "
        "{'stepInstanceId': 'last', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'test/see', "
        "'outputMappings': {'$." +
        said + "': '$.n'}}}}");
  };
  REQUIRE(running.define(version(2, "second")).has_value());
  redrive_request request{.flow_execution_id = original.flow_execution_id};
  CHECK(ended(running, request).context.contains("steps_output"));
  CHECK(ended(running, request).flow_definition_version == 1);
  REQUIRE(running.define(version(1, "mended")).has_value());
  CHECK(ended(running, request).context.contains("mended"));
  for (const char* named : {"2", "LATEST_PUBLISHED"}) {
    request.flow_version = named;
    CHECK(ended(running, request).context.contains("second"));
  }
  request.flow_version = "3";
  CHECK(refusal(running, request).code() == errc::not_found);
}

TEST_CASE("only what has ended can be redriven") {
  witness eyes;
  engine running = engine_with(all_kinds, eyes.options());
  const std::string id = running.start(start_of(object_of("{'items': [1]}"))).value();
  REQUIRE(running.wait_until_quiet(patience).has_value());
  const std::string step = GENERATE("", "ask");
  redrive_request request{.flow_execution_id = id, .from_step = step};
  const error open = refusal(running, request);
  CHECK(open.code() == errc::conflict);
  CHECK(open.message() == "The execution " + id +
                              " is WAITING; only one that has ended can run again. Wait for its "
                              "end, or cancel it.");
  request.flow_execution_id = "nobody";
  CHECK(refusal(running, request).code() == errc::not_found);
  REQUIRE(running.cancel(id).has_value());
  request.flow_execution_id = id;
  CHECK(running.redrive(request).has_value());
}

TEST_CASE("a redrive that makes no sense is refused with what is wrong, and starts nothing") {
  witness eyes;
  engine running = engine_with(all_kinds, eyes.options());
  const auto original = run(running, start_of(object_of("{'items': [1], 'fail_at': 'inner'}"),
                                              {{"enableExecutionLogs", true}}));
  REQUIRE(original.path.back() == "each");
  const auto with = [&](std::string step, std::int64_t visit, bool has_context) {
    redrive_request request = from(original, std::move(step), visit);
    if (has_context)
      request.context = json::object();
    return request;
  };
  struct row {
    redrive_request request;
    errc code;
    std::string words;
  };
  const std::vector<row> rows{
      {with("x", 0, false), errc::not_found, "Version 1 of the flow main has no step 'x'."},
      {with("x", 0, true), errc::not_found, "Version 1 of the flow main has no step 'x'."},
      {with("inner", 0, true), errc::invalid_argument,
       "The step 'inner' stands in a branch of the fork 'each', where no execution can begin; "
       "redrive from 'each'."},
      {with("ask", 0, false), errc::not_found,
       "never came to step 'ask'; give the context to begin on (--context)."},
      {with("first", 4, false), errc::not_found,
       "visited step 'first' 3 times; there is no visit 4."},
      {with("each", 2, false), errc::not_found, "1 time; there is no visit 2."},
      {with("first", -1, false), errc::invalid_argument, "counted from 1"},
      {with("first", 1, true), errc::invalid_argument, "not both"},
      {with("", 1, false), errc::invalid_argument, "say at which one"},
      {with("", 0, true), errc::invalid_argument, "say at which one"},
  };
  for (const row& each : rows) {
    INFO(each.words);
    const error refused = refusal(running, each.request);
    CHECK(refused.code() == each.code);
    INFO(refused.message());
    CHECK(refused.message().find(each.words) != std::string::npos);
  }
  redrive_request deep = with("each", 0, true);
  json::value nested = 1;
  for (int level = 0; level < 500; ++level)
    nested = json::object{{"a", std::move(nested)}};
  deep.context = std::move(nested.get_object());
  CHECK(refusal(running, deep).code() == errc::limit_exceeded);
}

TEST_CASE("an execution whose flow was unknown can be redriven once the flow is there") {
  witness eyes;
  engine running = engine_with("[]", eyes.options());
  const auto original = run(running, start_of(object_of("{'n': 1}")));
  REQUIRE(original.status == execution_status::failed);
  const redrive_request request{.flow_execution_id = original.flow_execution_id};
  CHECK(refusal(running, request).code() == errc::not_found);
  REQUIRE(running.define(json_of(one_step)).has_value());
  CHECK(ended(running, request).status == execution_status::completed);
  redrive_request step = request;
  step.from_step = "last";
  CHECK(refusal(running, step).message().find("never came to step 'last'") != std::string::npos);
}

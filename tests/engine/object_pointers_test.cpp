// SPDX-License-Identifier: Apache-2.0
//
// Flows whose context holds pointers to objects: what their steps, branches and transitions see,
// and what becomes of it when the objects change or the engine stops.
#include <millrace/engine.hpp>

#include "catch.hpp"
#include "flow_fixture.hpp"

#include <filesystem>
#include <fstream>

using namespace millrace;
using namespace millrace::testing;

namespace {

/// An engine's options with a bucket named `in`, and what is in it.
class bucket {
public:
  [[nodiscard]] engine_options options() const {
    engine_options made = virtual_time();
    made.services->objects.buckets["in"] = folder_.file("in");
    return made;
  }
  void put(const std::string& key, std::string_view text) const {
    std::filesystem::create_directories(folder_.file("in"));
    std::ofstream(folder_.file("in/" + key)) << text;
  }
  void remove(const std::string& key) const { std::filesystem::remove(folder_.file("in/" + key)); }
  [[nodiscard]] std::string file(std::string_view name) const { return folder_.file(name); }

private:
  scratch_folder folder_;
};

json::object pointer(const char* key) {
  return {{"_s3_output_pointer", {{"bucket", "in"}, {"key", key}}}};
}

execution_record run(engine& running, const char* flow, json::object context = {}) {
  const auto id =
      running.start({{"flowDefinitionId", flow}, {"initialContextData", std::move(context)}});
  return running.wait(id.value(), patience).value();
}

// Each item waits for its event, large ones have a second branch that does not.
constexpr const char* fork_flow = R"([{'id': 'fork', 'startStepInstanceId': 'p', 'steps': {
  'p': {'stepInstanceId': 'p', 'stepType': 'PARALLEL_FORK_MANAGER', 'itemsPath': '$.manifest',
        'parallelBranches': [
          {'branchId': 'all', 'stepInstanceId': 'w'},
          {'branchId': 'some', 'stepInstanceId': 'n', 'condition': '$.currentItem.large'}],
        'aggregationConfig': {'strategy': 'COLLECT_ARRAY', 'failOnBranchError': true},
        'outputMappings': {'$.all': '$.aggregatedData'}},
  'w': {'stepInstanceId': 'w', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT',
        'correlationKeyTemplate': 'item-{{currentItem.id}}', 'defaultNextStepInstanceId': 'n'},
  'n': {'stepInstanceId': 'n', 'stepType': 'NO_OP',
        'literals': {'id': '$.currentItem.id'}, 'outputMappings': {'$.output': '$._step_input.id'}}
}}])";

} // namespace

TEST_CASE("a step that sends a file that was listed sends its content") {
  const scratch_folder folder;
  engine_options options = virtual_time();
  options.services->objects.buckets["in"] = folder.file("in");
  std::filesystem::create_directories(folder.file("in"));
  std::ofstream(folder.file("in/a.bin")) << "abc";
  engine running = engine_with(R"([{'id': 'send', 'startStepInstanceId': 'l', 'steps': {
    'l': {'stepInstanceId': 'l', 'stepType': 'DATA_LOAD', 'moduleIdentifier': 'system/s3-list-files',
          'customConfig': {'bucket': 'in'}, 'defaultNextStepInstanceId': 's'},
    's': {'stepInstanceId': 's', 'stepType': 'SQS_SEND', 'moduleIdentifier': 'system/sqs-send',
          'queueUrl': 'https://q.example/q', 'payload': {},
          'inputMappings': {'payload.file': '$.steps_output.l.files[0].content'},
          'literals': {'queueUrl': 'https://q.example/q'}}}}])",
                               std::move(options));
  CHECK(run(running, "send").status == execution_status::completed);
  CHECK(running.queue_messages()->at(0).body == R"({"file":"YWJj"})");
}

TEST_CASE(
    "a function gets pointers unless its step wants objects or its payload template names them") {
  const scratch_folder folder;
  engine_options options = virtual_time();
  options.services->objects.buckets["in"] = folder.file("in");
  std::filesystem::create_directories(folder.file("in"));
  std::ofstream(folder.file("in/a.bin")) << "abc";
  options.services->functions.functions["f"].handler = [](const json::value& payload) {
    return step_result(json::object{{"got", payload}});
  };
  const char* flow = R"([{'id': 'send', 'startStepInstanceId': 'l', 'steps': {
    'l': {'stepInstanceId': 'l', 'stepType': 'DATA_LOAD', 'moduleIdentifier': 'system/s3-list-files',
          'customConfig': {'bucket': 'in'}, 'defaultNextStepInstanceId': 's'},
    's': {'stepInstanceId': 's', 'stepType': 'CUSTOM_LAMBDA_INVOKE',
          'lambdaFunctionArnTemplate': 'f', 'inputMappings': {'file': '$.steps_output.l.files[0].content'}%}}}])";
  const auto got = [&](const char* more) {
    std::string text(flow);
    text.replace(text.find('%'), 1, more);
    engine running = engine_with(text, options);
    const auto ended = run(running, "send");
    INFO((ended.error ? ended.error->error_message : ""));
    REQUIRE(ended.status == execution_status::completed);
    return ended.context.at("steps_output").at("s").at("got").as_object();
  };
  CHECK(stringify(got("").at("stepInput")) ==
        R"({"file":{"_s3_output_pointer":{"bucket":"in","key":"a.bin"}}})");
  CHECK(stringify(got(", 'customConfig': {'hydrateInputFromS3': true}").at("stepInput")) ==
        R"({"file":"YWJj"})");
  CHECK(got(", 'payloadTemplate': {'f': '$.steps_output.l.files[0].content'}").at("f") == "YWJj");
}

TEST_CASE("conditions, templates, mappings and completion actions read the object") {
  const bucket in;
  in.put("order.json", R"({"id": 7, "lines": [{"sku": "a"}, {"sku": "b"}]})");
  engine running = engine_with(R"([{'id': 'read', 'startStepInstanceId': 'a',
    'onCompletionActions': [{'actionType': 'SQS_SEND', 'target': 'https://q.example/{{order.id}}',
      'condition': '$.order.id > 6', 'payloadTemplate': {'first': '$.order.lines[0].sku'}}],
    'steps': {
      'a': {'stepInstanceId': 'a', 'stepType': 'NO_OP',
            'literals': {'text': '{{#each order.lines}}{{sku}}{{/each}}', 'note': '$.order.id'},
            'outputMappings': {'$.seen': '$._step_input', '$.copy.checked': '$._step_input.note'},
            'transitions': [{'condition': '$.order.id == 7', 'nextStepInstanceId': 'b'}]},
      'b': {'stepInstanceId': 'b', 'stepType': 'NO_OP'}}}])",
                               in.options());
  const auto ended =
      run(running, "read", {{"order", pointer("order.json")}, {"copy", pointer("order.json")}});
  INFO((ended.error ? ended.error->error_message : ""));
  REQUIRE(ended.status == execution_status::completed);
  CHECK(ended.path.size() == 2);
  CHECK(stringify(ended.context.at("seen")) == R"({"text":"ab","note":7})");
  CHECK(ended.context.at("order") == pointer("order.json"));
  CHECK(stringify(ended.context.at("copy")) ==
        R"({"id":7,"lines":[{"sku":"a"},{"sku":"b"}],"checked":7})");
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(running.queue_messages("https://q.example/7")->at(0).body == R"({"first":"a"})");
}

TEST_CASE("an object that is missing fails what names it, and only that") {
  const bucket in;
  engine running = engine_with(R"([{'id': 'read', 'startStepInstanceId': 'a', 'steps': {
    'a': {'stepInstanceId': 'a', 'stepType': 'NO_OP',
          'inputMappings': {'x': '$.gone.x', 'y': '$.y'},
          'outputMappings': {'$.seen': '$._step_input'}, 'defaultNextStepInstanceId': 'b'},
    'b': {'stepInstanceId': 'b', 'stepType': 'NO_OP', 'literals': {'x': '{{gone.x}}'}}}}])",
                               in.options());
  const auto ended = run(running, "read", {{"gone", pointer("gone.json")}, {"y", 1}});
  REQUIRE(ended.status == execution_status::failed);
  CHECK(stringify(ended.context.at("seen")) == R"({"y":1})");
  CHECK(ended.error->error_message ==
        "Failed to resolve S3 data pointer: The specified key does not exist.");
}

TEST_CASE("a fork over a manifest in JSON Lines has an item a line") {
  const bucket in;
  in.put("second.json", R"({"id": 2, "large": true, "city": "Oslo"})");
  in.put("items.jsonl", "{\"id\": 1}\n\n" +
                            stringify(json::object{
                                {"_s3_output_pointer", {{"bucket", "in"}, {"key", "second.json"}}},
                                {"city", "Bergen"}}) +
                            "\n");
  std::string text(R"([{'id': 'f', 'startStepInstanceId': 'p', 'steps': {
    'p': {'stepInstanceId': 'p', 'stepType': 'PARALLEL_FORK_MANAGER', 'itemsPath': '$.manifest',
          'parallelBranches': [{'branchId': 'b', 'stepInstanceId': 'n'},
            {'branchId': 'c', 'stepInstanceId': 'n', 'condition': '$.currentItem.large'}],
          'outputMappings': {'$.all': '$.aggregatedData'}},
    'n': {'stepInstanceId': 'n', 'stepType': 'NO_OP',
          'inputMappings': {'item': '$.currentItem', 'id': '$.currentItem.id'},
          'outputMappings': {'$.output': '$._step_input'}}}}])");
  engine running = engine_with(text, in.options());
  const auto ended = run(running, "f", {{"manifest", pointer("items.jsonl")}});
  INFO((ended.error ? ended.error->error_message : ""));
  REQUIRE(ended.status == execution_status::completed);
  const std::string second = R"({"id":2,"item":{"city":"Bergen","id":2,"large":true}})";
  CHECK(stringify(ended.context.at("all")) ==
        R"([{"id":1,"item":{"id":1}},)" + second + "," + second + "]");

  in.put("items.jsonl", "{\"id\": 1}\n{\"id\": \n");
  const auto failed = run(running, "f", {{"manifest", pointer("items.jsonl")}});
  REQUIRE(failed.status == execution_status::failed);
  INFO(failed.error->error_message);
  CHECK(failed.error->error_message.find("The itemsPath of fork 'p' leads to an object that is not "
                                         "JSON Lines, a JSON value a line: line 2") == 0);
  in.put("items.jsonl", "");
  CHECK(run(running, "f", {{"manifest", pointer("items.jsonl")}}).status ==
        execution_status::completed);
}

TEST_CASE("an open fork keeps its items over a restart, whatever becomes of the manifest") {
  const bucket in;
  engine_options options = in.options();
  options.database = in.file("fork.db");
  in.put("items.jsonl", "{\"id\": 1}\n{\"id\": 2, \"large\": true}\n");
  std::string id;
  {
    engine running = engine_with(fork_flow, options);
    id = running
             .start(json::object{{"flowDefinitionId", "fork"},
                                 {"initialContextData", {{"manifest", pointer("items.jsonl")}}}})
             .value();
    REQUIRE(running.wait_until_quiet(patience).has_value());
    REQUIRE(running.find(id)->status == execution_status::waiting);
  }
  if (GENERATE(true, false))
    in.remove("items.jsonl");
  else
    in.put("items.jsonl", "{\"id\": 8}\n{\"id\": 9}\n{\"id\": 10}\n");
  for (const char* key : {"item-1", "item-2"}) {
    engine running = engine_with(fork_flow, options);
    REQUIRE(running.resume(key, json::object()).has_value());
    REQUIRE(running.wait_until_quiet(patience).has_value());
  }
  engine running = engine_with(fork_flow, options);
  const auto ended = running.wait(id, patience).value();
  INFO((ended.error ? ended.error->error_message : ""));
  REQUIRE(ended.status == execution_status::completed);
  CHECK(stringify(ended.context.at("all")) == "[1,2,2]");
}

TEST_CASE("a redrive finds the context again that mappings made of objects, unless these changed") {
  const bucket in;
  in.put("order.json", R"({"id": 7})");
  engine running = engine_with(R"([{'id': 'r', 'enableExecutionLogs': true,
    'startStepInstanceId': 'a', 'steps': {
      'a': {'stepInstanceId': 'a', 'stepType': 'NO_OP', 'inputMappings': {'o': '$.order'},
            'outputMappings': {'$.id': '$._step_input.o.id', '$.order.seen': '$._step_input.o.id'},
            'defaultNextStepInstanceId': 'b'},
      'b': {'stepInstanceId': 'b', 'stepType': 'NO_OP', 'literals': {'x': '$.id'},
            'outputMappings': {'$.x': '$._step_input.x'}}}}])",
                               in.options());
  const auto ended = run(running, "r", {{"order", pointer("order.json")}});
  REQUIRE(ended.status == execution_status::completed);
  const redrive_request again{.flow_execution_id = ended.flow_execution_id, .from_step = "b"};
  const auto redriven = running.redrive(again);
  INFO((redriven ? "" : redriven.error().message()));
  REQUIRE(redriven.has_value());
  const auto second = running.wait(*redriven, patience).value();
  INFO(stringify(second.context) << stringify(ended.context));
  REQUIRE(second.status == execution_status::completed);
  CHECK(second.context.at("x") == 7);
  in.put("order.json", R"({"id": 8})");
  CHECK(running.redrive(again).error().code() == errc::conflict);
}

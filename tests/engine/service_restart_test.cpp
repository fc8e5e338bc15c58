// SPDX-License-Identifier: Apache-2.0
//
// What becomes of a service's step when the engine stops while its attempt is out, and when it dies
// before or after a commit: the step completes at the next open, and the other side saw what
// docs/implementation.md promises under "Services".
#include "engine_implementation.hpp"

#include "catch.hpp"
#include "failing_store.hpp"
#include "service_world.hpp"

#include <algorithm>

using namespace millrace;
using namespace millrace::testing;
using namespace std::chrono_literals;
using storage::testing::failing_store;
using storage::testing::failure_plan;
using storage::testing::write_failure;

namespace {

/// One step and what must be true of the world once it has completed, however often it was tried.
struct restart_case {
  const char* name;
  const char* step;  // BASE stands for the server
  const char* path;  // into the step's output, by dots
  const char* value; // empty: any
  std::function<void(const service_world&, const engine&)> check;
  bool receives = false; // a message has to be sent to it
};

void check_one_key(const service_world& around, const engine& /*running*/) {
  const auto keys = around.keys();
  CHECK(!keys.empty());
  CHECK(std::set<std::string>(keys.begin(), keys.end()).size() == 1);
}

void check_two_polls(const service_world& around, const engine& /*running*/) {
  const auto keys = around.keys();
  CHECK(std::set<std::string>(keys.begin(), keys.end()).size() == 2);
}

std::string message_id(const arrived_mail& mail) {
  const std::size_t begin = mail.data.find("Message-ID:");
  REQUIRE(begin != std::string::npos);
  return mail.data.substr(begin, mail.data.find('\r', begin) - begin);
}

void check_one_mail(const service_world& around, const engine& /*running*/) {
  std::set<std::string> ids;
  for (const arrived_mail& each : around.mails())
    ids.insert(message_id(each));
  CHECK(ids.size() == 1);
}

std::function<void(const service_world&, const engine&)> messages_left(std::size_t count) {
  return [count](const service_world&, const engine& running) {
    CHECK(running.queue_messages(world_queue)->size() == count);
  };
}

std::function<void(const service_world&, const engine&)> one_file_in(const char* bucket) {
  return [bucket](const service_world& around, const engine&) {
    const auto files = around.files(bucket);
    REQUIRE(files.size() == 1);
    CHECK(parse_json(files.begin()->second, "file")->at("done") == true);
  };
}

const std::vector<restart_case>& restart_cases() {
  static const std::vector<restart_case> all{
      {"an HTTP call", R"('stepType': 'API_CALL', 'apiHttpMethod': 'POST',
          'apiUrlTemplate': {'template': 'BASE/api', 'contextMappings': {}})",
       "data.done", "true", check_one_key},
      {"a poll", R"('stepType': 'POLL_EXTERNAL_API',
          'apiCallDefinition': {'apiHttpMethod': 'POST',
            'apiUrlTemplate': {'template': 'BASE/job', 'contextMappings': {}}},
          'pollingConfig': {'intervalSeconds': 300, 'maxAttempts': 3},
          'exitConditions': {'successCondition': '$.status == \u0027DONE\u0027',
                             'failureCondition': '$.status == \u0027FAILED\u0027'})",
       "data.status", "\"DONE\"", check_two_polls},
      {"a download", R"('stepType': 'FILE_DOWNLOAD', 'sourceUrlTemplate': 'BASE/file',
          'destinationBucket': 'files')",
       "contentType", "\"application/json\"", one_file_in("files")},
      {"a tool over HTTP", R"('stepType': 'MCP_CALL', 'mcpConnectionId': 'http', 'toolName': 't')",
       "result.done", "true", check_one_key},
      {"a tool of a program",
       R"('stepType': 'MCP_CALL', 'mcpConnectionId': 'program', 'toolName': 't')", "result.done",
       "true", check_one_key},
      {"a model", R"('stepType': 'LLM_INVOCATION', 'llmProvider': 'OPENAI', 'modelId': 'm',
          'directPrompt': 'hello')",
       "llm_response", "\"done\"", check_one_key},
      {"a mail", R"('stepType': 'EMAIL', 'from': 'a@example.com', 'to': 'b@example.com',
          'subject': 's', 'body': 'b')",
       "renderedEmail.subject", "\"s\"", check_one_mail},
      {"a function program",
       R"('stepType': 'CUSTOM_LAMBDA_INVOKE', 'lambdaFunctionArnTemplate': 'f')", "done", "true",
       check_one_key},
      {"a send", R"('stepType': 'SQS_SEND', 'moduleIdentifier': 'system/sqs-send',
          'literals': {'queueUrl': 'https://q.example/q', 'payload': {'a': 1}})",
       "sqsMessageId", "", messages_left(1)},
      {"a publication", R"('stepType': 'SNS_PUBLISH', 'moduleIdentifier': 'system/sns-publish',
          'literals': {'topicArn': 'arn:aws:sns:eu-central-1:000000000000:t', 'payload': {'a': 1}})",
       "snsMessageId", "", messages_left(1)},
      {"a receive", R"('stepType': 'DATA_LOAD', 'moduleIdentifier': 'system/sqs-receive-messages',
          'customConfig': {'queueUrl': 'https://q.example/q', 'waitTimeSeconds': 20})",
       "messages.0.body", R"("{\"a\":1}")", messages_left(0), true},
      {"an update of a table", R"('stepType': 'DATA_SAVE',
          'moduleIdentifier': 'system/dynamodb-update-item',
          'customConfig': {'tableName': 't', 'key': {'id': 'a'}, 'updateExpression': 'ADD n :one',
                           'expressionAttributeValues': {':one': 1}})",
       "updatedAttributes.n", "1", [](const service_world&, const engine&) {}},
      {"a write of an object",
       R"('stepType': 'DATA_SAVE', 'moduleIdentifier': 'system/s3-data-saver',
          'customConfig': {'destinationS3UriTemplate': 's3://reports/r.json'},
          'literals': {'contentToSave': {'done': true}})",
       "s3Uri", "\"s3://reports/r.json\"", one_file_in("reports")},
  };
  return all;
}

// The case's step, and the flow that sends a message to who receives it.
json::value flows_of(const restart_case& one, const service_world& around) {
  std::string step(one.step);
  if (const std::size_t place = step.find("BASE"); place != std::string::npos)
    step.replace(place, 4, around.base());
  return json_of(R"([{'id': 'one', 'startStepInstanceId': 's',
      'steps': {'s': {'stepInstanceId': 's', )" +
                 step + R"(}}},
    {'id': 'feed', 'startStepInstanceId': 's', 'steps': {'s': {'stepInstanceId': 's',
      'stepType': 'SQS_SEND', 'moduleIdentifier': 'system/sqs-send',
      'literals': {'queueUrl': 'https://q.example/q', 'payload': {'a': 1}}}}}])");
}

std::string value_at(const json::value& root, std::string path) {
  std::replace(path.begin(), path.end(), '.', '/');
  boost::system::error_code missing;
  const json::value* found = root.find_pointer("/" + path, missing);
  return found ? stringify(*found) : "nothing";
}

void feed(engine& running) {
  const auto id = running.start(json::object{{"flowDefinitionId", "feed"}});
  REQUIRE(running.wait(id.value(), patience)->status == execution_status::completed);
}

// At the next open: to the end of `id`, or of a new execution where it never came to be.
void finish(const restart_case& one, const service_world& around, const std::string& id,
            bool is_fed = true) {
  auto running = engine::open(around.options());
  REQUIRE(running.has_value());
  REQUIRE(running->define(flows_of(one, around), "flows").has_value());
  if (one.receives && !is_fed)
    feed(*running);
  const auto ended = running->wait(id, patience);
  REQUIRE(ended.has_value());
  INFO((ended->error ? ended->error->error_message : ""));
  REQUIRE(ended->status == execution_status::completed);
  const std::string found = value_at(ended->context.at("steps_output").at("s"), one.path);
  if (std::string_view(one.value).empty())
    CHECK(found != "nothing");
  else
    CHECK(found == one.value);
  one.check(around, *running);
}

// The nth write after the definitions fails. False: there are not so many.
bool crash_at(const restart_case& one, std::size_t nth, write_failure kind) {
  const service_world around;
  const auto plan = std::make_shared<failure_plan>();
  plan->kind = kind;
  const std::string id = "00000000-0000-4000-8000-000000000001";
  {
    engine_hooks hooks;
    hooks.around_store = [&plan](std::unique_ptr<storage::store> inner) {
      return std::make_unique<failing_store>(std::move(inner), plan);
    };
    auto running = engine_access::open(around.options(), std::move(hooks));
    REQUIRE(running.has_value());
    REQUIRE(running->define(flows_of(one, around), "flows").has_value());
    if (one.receives)
      feed(*running);
    REQUIRE(running->wait_until_quiet(patience).has_value());
    plan->fail_at = plan->writes + nth;
    const json::object start{{"flowDefinitionId", "one"}, {"flowExecutionId", id}};
    if (const auto started = running->start(start); started)
      (void)running->wait(*started, patience);
    else // the start itself was lost
      return plan->has_failed;
  }
  const bool has_failed = plan->has_failed;
  finish(one, around, id);
  return has_failed;
}

} // namespace

TEST_CASE("a service's step completes after a crash at any of its commits, and is done once") {
  for (const restart_case& one : restart_cases())
    for (const write_failure kind : {write_failure::before_effect, write_failure::after_effect}) {
      std::size_t nth = 1;
      for (bool has_failed = true; has_failed; ++nth) {
        INFO(one.name << ", write " << nth << ", kind " << static_cast<int>(kind));
        has_failed = crash_at(one, nth, kind);
      }
      // The start, what goes before the attempt, and its outcome.
      INFO(one.name);
      CHECK(nth > 3);
    }
}

TEST_CASE("a service's step that is out when the engine stops is done at the next open") {
  for (const restart_case& one : restart_cases()) {
    INFO(one.name);
    service_world around;
    around.stall(true);
    std::string id;
    const auto begin = std::chrono::steady_clock::now();
    {
      engine running = engine::open(around.options()).value();
      REQUIRE(running.define(flows_of(one, around), "flows").has_value());
      id = running.start(json::object{{"flowDefinitionId", "one"}}).value();
      CHECK(eventually([&] { return !running.stand_ins().empty(); }));
    }
    CHECK(std::chrono::steady_clock::now() - begin < 15s); // what hangs, hangs for longer
    around.stall(false);
    finish(one, around, id, false);
  }
}

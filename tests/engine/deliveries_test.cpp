// SPDX-License-Identifier: Apache-2.0
//
// Completion actions, notifications and subscriptions: that each happens if and only if what led to
// it did, at every crash, and that what cannot be delivered is tried again and then seen.
#include <millrace/crash_sweep.hpp>
#include <millrace/delivery.hpp>
#include <millrace/engine.hpp>

#include "catch.hpp"
#include "flow_fixture.hpp"
#include "loopback_server.hpp"
#include "small_engine.hpp"

#include <openssl/hmac.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <mutex>

using namespace millrace;
using namespace millrace::testing;
using namespace std::chrono_literals;
namespace sim = millrace::simulation;

namespace {

constexpr const char* topic = "arn:aws:sns:eu-west-1:1:news";
constexpr const char* queue = "https://sqs.eu-west-1.amazonaws.com/1/told";
constexpr const char* secret_arn = "arn:aws:secretsmanager:eu-west-1:1:secret:hook";

// Three steps, two of them checkpoints; fails in the last where the context says so.
std::string flow_with(const std::string& actions) {
  return R"([{'id': 'f', 'startStepInstanceId': 'a', 'onCompletionActions': [)" + actions + R"(],
    'steps': {
      'a': {'stepInstanceId': 'a', 'stepType': 'NO_OP', 'name': 'a', 'displayName': 'Begin',
            'defaultNextStepInstanceId': 'b'},
      'b': {'stepInstanceId': 'b', 'stepType': 'NO_OP', 'name': 'b',
            'checkpoint': {'id': 'half', 'label': 'Half', 'order': 1},
            'defaultNextStepInstanceId': 'c'},
      'c': {'stepInstanceId': 'c', 'stepType': 'DATA_TRANSFORMATION', 'name': 'c',
            'moduleIdentifier': 'system/flatten-array', 'inputMappings': {'array': '$.lists'},
            'checkpoint': {'id': 'full', 'label': 'Full', 'order': 2}}}}])";
}

json::object start_of(const std::string& more = {}) {
  return object_of("{'flowDefinitionId': 'f', 'initialContextData': {'lists': [[1], [2]], 'n': 3}" +
                   more + "}");
}

std::vector<execution_record> deliveries_of(const engine& running) {
  execution_filter filter;
  filter.of = execution_filter::selection::deliveries;
  filter.with_context = true;
  return running.list(filter).value();
}

std::vector<std::string> bodies(const engine& running, std::string_view url = queue) {
  std::vector<std::string> all;
  for (const queue_message& each : running.queue_messages(url).value())
    all.push_back(each.body);
  return all;
}

// "STARTED 0%, CHECKPOINT half 50%": what a queue was told.
std::string told(const std::vector<std::string>& messages) {
  std::string text;
  for (const std::string& message : messages) {
    const json::object event = parse_json(message, "event").value().get_object();
    text += (text.empty() ? "" : ", ") + std::string(event.at("eventType").as_string());
    if (const json::value* reached = event.if_contains("checkpoint"))
      text += " " + std::string(reached->at("id").as_string());
    text += " " + std::string(event.at("status").as_string());
    if (const json::value* percent = event.if_contains("progressPercent"))
      text += " " + std::to_string(percent->as_int64()) + "%";
  }
  return text;
}

std::string signature(const std::string& body, const std::string& secret) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest, &size);
  std::string text = "sha256=";
  for (unsigned int i = 0; i < size; ++i) {
    constexpr const char* digits = "0123456789abcdef";
    text += digits[digest[i] >> 4];
    text += digits[digest[i] & 15];
  }
  return text;
}

json::object notified_by(const std::string& sinks, const char* events = "") {
  return start_of(", 'notificationConfig': {" + sinks + events + "}");
}

std::string all_events(const std::string& sinks) {
  return sinks + ", 'events': ['STARTED', 'CHECKPOINT', 'TERMINAL']";
}

const std::string to_queue = std::string("'sqsUrl': '") + queue + "'";

} // namespace

TEST_CASE("completion actions happen by status and condition, each in an execution of its own") {
  engine running = engine_with(flow_with(
      R"({'actionType': 'SQS_SEND', 'target': 'https://sqs.eu-west-1.amazonaws.com/1/told',
          'executeOnStatus': 'COMPLETED', 'condition': '$.n > 2',
          'payloadTemplate': {'n': '$.n', 'status': '$.status', 'flow': '$.flowDefinitionId'}},
         {'actionType': 'SQS_SEND', 'target': 'https://sqs.eu-west-1.amazonaws.com/1/told',
          'executeOnStatus': 'COMPLETED', 'condition': '$.n > 3'},
         {'actionType': 'SQS_SEND', 'target': 'https://sqs.eu-west-1.amazonaws.com/1/told',
          'executeOnStatus': 'FAILED',
          'payloadTemplate': {'why': '$.errorInfo.errorName', 'status': '$.status'}})"));
  const std::string id = running.start(start_of()).value();
  json::object failing = start_of();
  failing["initialContextData"] = object_of("{'lists': 3}");
  const std::string failed = running.start(failing).value();
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(running.find(failed)->status == execution_status::failed);
  std::vector<std::string> sent = bodies(running);
  std::sort(sent.begin(), sent.end());
  REQUIRE(sent.size() == 2);
  CHECK(sent[0] == R"({"n":3,"status":"COMPLETED","flow":"f"})");
  CHECK(sent[1].find(R"("status":"FAILED")") != std::string::npos);
  const auto made = deliveries_of(running);
  REQUIRE(made.size() == 2);
  CHECK(made[0].kind == execution_kind::delivery);
  CHECK(made[0].status == execution_status::completed);
  CHECK(made[0].trigger_source == "onCompletionActions[0] of " + id);
  CHECK(made[0].parent_flow_execution_id == id);
  CHECK(made[0].root_flow_execution_id == made[0].flow_execution_id);
  // Neither the list of flows nor the family shows them.
  CHECK(running.list()->size() == 2);
  CHECK(running.family(id)->size() == 1);
}

TEST_CASE("an action LOG_ONLY tells the program's log its payload, and keeps it") {
  std::vector<std::string> logged;
  engine_options options = virtual_time();
  options.services->deliveries.log = [&logged](std::string_view id, std::string_view flow,
                                               const json::object& payload) {
    logged.push_back(std::string(id) + ' ' + std::string(flow) + ' ' + stringify(payload));
  };
  engine running = engine_with(
      flow_with("{'actionType': 'LOG_ONLY', 'payloadTemplate': {'n': '$.n'}}"), std::move(options));
  const std::string id = running.start(start_of()).value();
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(logged == std::vector<std::string>{id + R"( f {"n":3})"});
  CHECK(deliveries_of(running).at(0).status == execution_status::completed);
}

TEST_CASE("an action DATA_SAVE runs its module, one CUSTOM_LAMBDA_INVOKE its function") {
  std::mutex mutex; // the two run in executions of their own, at once
  std::vector<std::string> called;
  const auto note = [&](std::string call) {
    const std::lock_guard lock(mutex);
    called.push_back(std::move(call));
  };
  engine_options options = virtual_time();
  REQUIRE(options.steps
              .add_module("shop/keep", {[&note](const step_request& request) {
                            note("keep " + stringify(request.input) + ' ' +
                                 stringify(request.custom_config));
                            return step_result(json::value(nullptr));
                          }})
              .has_value());
  options.services->functions.functions["bill"].handler = [&note](const json::value& payload) {
    note("bill " + stringify(payload));
    return step_result(json::value("billed"));
  };
  engine running =
      engine_with(flow_with(R"({'actionType': 'DATA_SAVE', 'moduleIdentifier': 'shop/keep',
                    'payloadTemplate': {'n': '$.n'}, 'customConfig': {'to': 'x{{n}}'}},
                   {'actionType': 'CUSTOM_LAMBDA_INVOKE', 'target': 'arn:aws:lambda:eu:1:function:bill',
                    'payloadTemplate': {'n': '$.n'}})"),
                  std::move(options));
  REQUIRE(running.start(start_of()).has_value());
  REQUIRE(running.wait_until_quiet(patience).has_value());
  std::sort(called.begin(), called.end());
  CHECK(called == std::vector<std::string>{R"(bill {"n":3})", R"(keep {"n":3} {"to":"x3"})"});
}

TEST_CASE("a call on completion that fails for a while is repeated under the same key") {
  std::atomic<int> calls = 0;
  loopback_server server([&](const arrived_request&, server_connection& connection) {
    const int statuses[] = {500, 429, 200};
    connection.respond(statuses[std::min(calls++, 2)]);
  });
  engine running = engine_with(flow_with(
      "{'actionType': 'API_CALL', 'target': '{{base}}/done/{{n}}', 'apiHttpMethod': 'POST', "
      "'payloadTemplate': {'n': '$.n'}}"));
  json::object start = start_of();
  start.at("initialContextData").as_object()["base"] = server.url("");
  REQUIRE(running.start(start).has_value());
  REQUIRE(running.wait_until_quiet(patience).has_value());
  const auto requests = server.requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[2].target == "/done/3");
  CHECK(requests[2].body == R"({"n":3})");
  CHECK(requests[0].headers.at("idempotency-key") == requests[2].headers.at("idempotency-key"));
  CHECK(deliveries_of(running).at(0).status == execution_status::completed);
}

TEST_CASE("what cannot be delivered fails visibly, and the execution stays completed") {
  loopback_server server(
      [](const arrived_request&, server_connection& connection) { connection.respond(404); });
  engine running = engine_with(
      flow_with("{'actionType': 'API_CALL', 'target': '" + server.url("/gone") +
                "', 'apiHttpMethod': 'POST'}, {'actionType': 'API_CALL', 'target': '{{nope x}}', "
                "'apiHttpMethod': 'GET'}, {'actionType': 'CUSTOM_LAMBDA_INVOKE', 'target': 'no'}"));
  const std::string id = running.start(start_of()).value();
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(running.find(id)->status == execution_status::completed);
  const auto made = deliveries_of(running);
  REQUIRE(made.size() == 3);
  for (const execution_record& each : made)
    CHECK(each.status == execution_status::failed);
  CHECK(made[0].error->error_name == "AxiosError");
  CHECK(made[1].error->error_message.find("nope") != std::string::npos);
  CHECK(made[2].error->error_message.find("Function not found: no") != std::string::npos);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("whoever started an execution is told of its begin, its checkpoints and its end") {
  engine running = engine_with(flow_with(""));
  const std::string id = running.start(notified_by(all_events(to_queue))).value();
  REQUIRE(running.wait_until_quiet(patience).has_value());
  std::vector<std::string> messages = bodies(running);
  std::sort(messages.begin(), messages.end(), [](const std::string& a, const std::string& b) {
    const auto rank = [](const std::string& text) {
      return text.find("STARTED") != std::string::npos      ? 0
             : text.find("\"half\"") != std::string::npos   ? 1
             : text.find("CHECKPOINT") != std::string::npos ? 2
                                                            : 3;
    };
    return rank(a) < rank(b);
  });
  CHECK(told(messages) == "STARTED RUNNING 0%, CHECKPOINT half RUNNING 50%, "
                          "CHECKPOINT full RUNNING 100%, TERMINAL full COMPLETED 100%");
  CHECK(parse_json(messages[0], "m")->at("flowExecutionId").as_string() == id);
  CHECK(parse_json(messages[0], "m")->at("headline").at("label") == "Begin");
}

TEST_CASE("an execution that fails, is cancelled or has no flow tells its end as well") {
  engine running = engine_with(
      R"([{'id': 'w', 'startStepInstanceId': 'w', 'steps': {'w': {'stepInstanceId': 'w',
           'stepType': 'WAIT_FOR_EXTERNAL_EVENT', 'correlationKeyTemplate': 'k'}}}])");
  const std::string config = ", 'notificationConfig': {" + to_queue + "}}";
  const std::string waiting = running.start(object_of("{'flowDefinitionId': 'w'" + config)).value();
  REQUIRE(running.start(object_of("{'flowDefinitionId': 'nope'" + config)).has_value());
  REQUIRE(running.wait_until_quiet(patience).has_value());
  const auto none = bodies(running);
  REQUIRE(told(none) == "TERMINAL FAILED");
  CHECK(parse_json(none[0], "m")->at("errorInfo").at("errorMessage") ==
        "Flow Metadata not found for id: nope");
  REQUIRE(running.cancel(waiting).has_value());
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(told(bodies(running)) == "TERMINAL FAILED, TERMINAL CANCELLED 0%");
}

TEST_CASE("a webhook is signed with a secret that is stored nowhere") {
  loopback_server server(
      [](const arrived_request&, server_connection& connection) { connection.respond(200); });
  scratch_folder folder;
  engine_options options = virtual_time();
  options.database = folder.file("m.db");
  options.services->secrets[secret_arn] = "s3cret-of-the-hook";
  const std::string config = "'webhookUrl': '" + server.url("/hook") + "', 'signingSecretArn': '";
  {
    engine running = engine_with(flow_with(""), options);
    REQUIRE(running.start(notified_by(config + secret_arn + "'")).has_value());
    REQUIRE(running.start(notified_by(config + "unknown'")).has_value());
    REQUIRE(running.wait_until_quiet(patience).has_value());
    const auto made = deliveries_of(running);
    REQUIRE(made.size() == 2);
    CHECK(made[1].status == execution_status::failed);
    CHECK(made[1].error->error_message.find("There is no secret \"unknown\"") == 0);
  }
  const auto requests = server.requests();
  REQUIRE(requests.size() == 1); // unsigned, nothing goes out
  CHECK(requests[0].headers.at("content-type") == "application/json");
  CHECK(requests[0].headers.at("x-allma-signature") ==
        signature(requests[0].body, "s3cret-of-the-hook"));
  std::ifstream file(options.database, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  CHECK(bytes.find("TERMINAL") != std::string::npos);
  CHECK(bytes.find("s3cret-of-the-hook") == std::string::npos);
}

TEST_CASE("subscriptions of a topic are queues, webhooks and flows, each with a filter") {
  loopback_server server(
      [](const arrived_request&, server_connection& connection) { connection.respond(200); });
  engine_options options = virtual_time();
  topic_subscription hook;
  hook.webhook_url = server.url("/hook");
  topic_subscription raw_flow;
  raw_flow.flow = "heard";
  raw_flow.is_raw = true;
  topic_subscription deaf = raw_flow;
  deaf.filter_policy = object_of("{'eventType': ['NEVER']}");
  topic_subscription to_told;
  to_told.queue_url = queue;
  options.services->messages.topics[topic].subscriptions = {hook, raw_flow, deaf, to_told};
  options.services->deliveries.status_topic = topic;
  engine running = engine_with(
      R"([{'id': 'heard', 'startStepInstanceId': 'n', 'steps': {
             'n': {'stepInstanceId': 'n', 'stepType': 'NO_OP', 'name': 'n'}}},
          {'id': 'f', 'startStepInstanceId': 'p', 'steps': {
             'p': {'stepInstanceId': 'p', 'stepType': 'SNS_PUBLISH', 'name': 'p',
                   'literals': {'topicArn': 'arn:aws:sns:eu-west-1:1:other',
                                'payload': {'a': 1}}}}}])",
      [&] {
        options.services->messages.topics["arn:aws:sns:eu-west-1:1:other"].subscriptions = {
            hook, raw_flow, to_told};
        options.services->deliveries.status_topic.clear();
        return options;
      }());
  const std::string id = running.start(object_of("{'flowDefinitionId': 'f'}")).value();
  REQUIRE(running.wait_until_quiet(patience).has_value());
  REQUIRE(running.find(id)->status == execution_status::completed);
  const execution_record heard = only(running, "heard");
  CHECK(heard.kind == execution_kind::root);
  CHECK(heard.trigger_source == "Topic:arn:aws:sns:eu-west-1:1:other");
  CHECK(running.find(heard.flow_execution_id)->context.at("a") == 1);
  REQUIRE(server.requests().size() == 1);
  const json::value posted = parse_json(server.requests()[0].body, "m").value();
  CHECK(posted.at("Type") == "Notification");
  CHECK(posted.at("Message") == R"({"a":1})");
  CHECK(bodies(running).size() == 1);
  const auto made = deliveries_of(running);
  REQUIRE(made.size() == 1);
  CHECK(made[0].parent_flow_execution_id == id);
}

TEST_CASE("the status topic hears of every execution, of deliveries not") {
  engine_options options = virtual_time();
  topic_subscription ends;
  ends.queue_url = queue;
  ends.is_raw = true;
  ends.filter_policy = object_of("{'eventType': ['TERMINAL'], 'status': [{'prefix': 'COMP'}]}");
  options.services->messages.topics[topic].subscriptions = {ends};
  options.services->deliveries.status_topic = topic;
  engine running = engine_with(flow_with(""), std::move(options));
  REQUIRE(running.start(start_of()).has_value());
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(told(bodies(running)) == "TERMINAL full COMPLETED 100%");
  CHECK(deliveries_of(running).size() == 4); // STARTED, two checkpoints, TERMINAL
}

TEST_CASE("at every crash, before and after it, each delivery happens exactly once") {
  sim::crash_sweep_options options;
  const auto report = sim::sweep_crashes(options, [](sim::world& world) -> result<void> {
    const auto flows = json_of(flow_with(
        R"({'actionType': 'SQS_SEND', 'target': 'https://sqs.eu.amazonaws.com/1/q'},
           {'actionType': 'SNS_SEND', 'target': 'arn:aws:sns:eu:1:t', 'payloadTemplate': {'n': '$.n'}})"));
    if (auto defined = world.define({{flows, "flows"}}); !defined)
      return defined.error();
    const auto start = parse_start_request(notified_by(
        all_events("'webhookUrl': 'http://h/', 'snsTopicArn': 'arn:aws:sns:eu:1:t', " + to_queue)));
    if (auto id = world.start(start.value()); !id)
      return id.error();
    return world.run();
  });
  REQUIRE(report.has_value());
  INFO(report->describe());
  CHECK(report->differences.empty());
  CHECK(report->points > 20);
}

TEST_CASE("a simulated world delivers nothing, keeps what would have been, and lets it be mocked") {
  sim::world_options options;
  sim::mock refused;
  refused.step_instance_id = "onCompletionActions[0]";
  refused.answers = {sim::fails("PermanentStepError", "no")};
  options.mocks = {refused};
  sim::world world = sim::world::open(options).value();
  const auto flows = json_of(flow_with(
      R"({'actionType': 'API_CALL', 'target': 'http://h/', 'apiHttpMethod': 'POST'},
         {'actionType': 'API_CALL', 'target': 'http://h/', 'apiHttpMethod': 'PUT'})"));
  REQUIRE(world.define({{flows, "flows"}}).has_value());
  REQUIRE(world.check_mocks().has_value());
  REQUIRE(world.start(parse_start_request(start_of()).value()).has_value());
  REQUIRE(world.run().has_value());
  const auto outcome = world.outcome().value();
  CHECK(outcome.executions.size() == 1);
  REQUIRE(outcome.deliveries.size() == 2);
  CHECK(outcome.deliveries[0].record.status == execution_status::failed);
  CHECK(outcome.deliveries[1].record.status == execution_status::completed);
}

TEST_CASE("deliveries that were out when the engine stopped go on at the next open") {
  std::atomic<bool> stalls = true;
  loopback_server server([&](const arrived_request&, server_connection& connection) {
    if (stalls)
      return connection.stall();
    connection.respond(200);
  });
  scratch_folder folder;
  engine_options options;
  options.database = folder.file("m.db");
  const std::string flows = flow_with("{'actionType': 'API_CALL', 'target': '" + server.url("/x") +
                                      "', 'apiHttpMethod': 'POST'}");
  {
    engine running = engine_with(flows, options);
    const std::string id = running.start(start_of()).value();
    REQUIRE(running.wait(id, patience).has_value());
    REQUIRE(eventually([&] { return server.requests().size() == 1; }));
  }
  CHECK(findings(options.database) == "[]");
  stalls = false;
  engine running = engine::open(options).value();
  REQUIRE(running.wait_until_quiet(patience).has_value());
  const auto requests = server.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].headers.at("idempotency-key") == requests[1].headers.at("idempotency-key"));
  CHECK(deliveries_of(running).at(0).status == execution_status::completed);
}

TEST_CASE("deliveries count for no bound, outlive their family's cancellation and are audited") {
  scratch_folder folder;
  engine_options options = virtual_time();
  options.database = folder.file("m.db");
  options.budgets.max_children_per_execution = 1;
  options.budgets.max_family_size = 1;
  options.budgets.max_depth = 1;
  {
    engine running = engine_with(flow_with(""), options);
    const std::string id = running.start(notified_by(all_events(to_queue))).value();
    REQUIRE(running.wait_until_quiet(patience).has_value());
    CHECK(running.find(id)->status == execution_status::completed);
    CHECK(running.cancel_family(id).value() == 0);
    CHECK(deliveries_of(running).size() == 4);
  }
  CHECK(findings(options.database) == "[]");
}

TEST_CASE("the flow of deliveries is the engine's own") {
  engine running = engine_with(flow_with(""));
  CHECK(running.known_flows().size() == 1);
  const auto refused = running.define(
      json_of("{'id': 'millrace/delivery', 'startStepInstanceId': 'a', 'steps': {'a': "
              "{'stepInstanceId': 'a', 'stepType': 'NO_OP', 'name': 'n'}}}"));
  REQUIRE(refused.has_error());
  CHECK(refused.error().message().find("the engine's own") != std::string::npos);
}

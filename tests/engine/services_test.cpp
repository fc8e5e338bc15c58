// SPDX-License-Identifier: Apache-2.0
//
// Flows whose steps call a real server on loopback: retries, polls, and what becomes of both when
// the engine stops in the middle.
#include <millrace/engine.hpp>

#include "catch.hpp"
#include "flow_fixture.hpp"
#include "loopback_server.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>

using namespace millrace;
using namespace millrace::testing;
using namespace std::chrono_literals;

namespace {

using answer = loopback_server::handler;

// A time that stands still until a test moves it.
class hand_clock : public clock {
public:
  std::chrono::system_clock::time_point now() override {
    return std::chrono::system_clock::time_point(std::chrono::milliseconds(now_ms_));
  }
  void pass(std::chrono::milliseconds time) { now_ms_ += time.count(); }

private:
  std::atomic<std::int64_t> now_ms_ = 1'700'000'000'000;
};

constexpr const char* call_flow = R"([{'id': 'call', 'startStepInstanceId': 'a', 'steps': {
  'a': {'stepInstanceId': 'a', 'stepType': 'API_CALL', 'apiHttpMethod': 'POST',
        'apiUrlTemplate': {'template': '{{base}}/orders/{{id}}',
                           'contextMappings': {'base': '$.base', 'id': '$.order.id'}},
        'requestBodyTemplate': {'id': {'sourceJsonPath': '$.order.id'},
                                'lines': {'sourceJsonPath': '$.order.lines', 'formatAs': 'JSON'}},
        'outputMappings': {'$.answer': '$.data'}}}}])";

constexpr const char* poll_flow = R"([{'id': 'poll', 'startStepInstanceId': 'p', 'steps': {
  'p': {'stepInstanceId': 'p', 'stepType': 'POLL_EXTERNAL_API',
        'apiCallDefinition': {'apiHttpMethod': 'POST',
          'apiUrlTemplate': {'template': '{{b}}/job', 'contextMappings': {'b': '$.base'}}},
        'pollingConfig': {'intervalSeconds': 300, 'maxAttempts': 3},
        'exitConditions': {'successCondition': '$.status == \u0027DONE\u0027',
                           'failureCondition': '$.status == \u0027FAILED\u0027'},
        'outputMappings': {'$.job': '$.data'}}}}])";

json::object input(const std::string& flow, const loopback_server& server) {
  return {{"flowDefinitionId", flow},
          {"initialContextData",
           {{"base", server.url("")}, {"order", {{"id", 7}, {"lines", json::array{1, 2}}}}}}};
}

execution_record run(engine& running, const json::object& start) {
  return running.wait(running.start(start).value(), patience).value();
}

answer statuses(std::atomic<int>& calls, std::vector<std::string> all) {
  return [&calls, all = std::move(all)](const arrived_request&, server_connection& connection) {
    const auto call = static_cast<std::size_t>(calls++);
    connection.respond(200, R"({"status": ")" + all.at(std::min(call, all.size() - 1)) + "\"}");
  };
}

} // namespace

TEST_CASE("a call that fails with 500 is made again under the same key, and its answer is mapped") {
  std::atomic<int> calls = 0;
  loopback_server server([&](const arrived_request& request, server_connection& connection) {
    if (calls++ == 0)
      return connection.respond(500);
    connection.respond(200, request.body);
  });
  engine running = engine_with(call_flow);
  const auto ended = run(running, input("call", server));
  CHECK(ended.status == execution_status::completed);
  CHECK(stringify(ended.context.at("answer")) == R"({"id":7,"lines":"[1,2]"})");
  const auto requests = server.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].target == "/orders/7");
  CHECK(requests[0].headers.at("idempotency-key") == requests[1].headers.at("idempotency-key"));
  const auto used = running.stand_ins();
  REQUIRE(used.size() == 1);
  CHECK(used[0].identifier == "API_CALL");
}

TEST_CASE("a call that stays refused fails the step with the status") {
  loopback_server server([](const arrived_request&, server_connection& connection) {
    connection.respond(422, R"({"field": "id"})");
  });
  engine running = engine_with(call_flow);
  const auto ended = run(running, input("call", server));
  CHECK(ended.status == execution_status::failed);
  CHECK(ended.error->error_name == "AxiosError");
  CHECK(ended.error->error_details.at("status") == 422);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("a poll waits between its calls, each with a key of its own, until its condition holds") {
  std::atomic<int> calls = 0;
  loopback_server server(statuses(calls, {"RUNNING", "RUNNING", "DONE"}));
  engine running = engine_with(poll_flow);
  const auto ended = run(running, input("poll", server));
  CHECK(ended.status == execution_status::completed);
  CHECK(ended.context.at("job").at("status") == "DONE");
  const auto requests = server.requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].headers.at("idempotency-key") != requests[1].headers.at("idempotency-key"));
}

TEST_CASE("a poll fails by its condition, or after its last attempt") {
  std::atomic<int> calls = 0;
  loopback_server failing(statuses(calls, {"RUNNING", "FAILED"}));
  engine running = engine_with(poll_flow);
  auto ended = run(running, input("poll", failing));
  CHECK(ended.error->error_name == "PollingFailed");
  CHECK(calls == 2);
  calls = 0;
  loopback_server endless(statuses(calls, {"RUNNING"}));
  ended = run(running, input("poll", endless));
  CHECK(ended.error->error_message ==
        "Neither condition of step 'p' holds after 3 calls, its maxAttempts.");
  CHECK(calls == 3);
}

TEST_CASE("a call within a poll that fails for a moment costs no attempt of the poll") {
  std::atomic<int> calls = 0;
  loopback_server server([&](const arrived_request&, server_connection& connection) {
    if (calls++ % 2 == 0)
      return connection.respond(503);
    connection.respond(200, calls < 6 ? R"({"status": "RUNNING"})" : R"({"status": "DONE"})");
  });
  engine running = engine_with(poll_flow);
  CHECK(run(running, input("poll", server)).status == execution_status::completed);
  CHECK(calls == 6);
}

TEST_CASE("a poll goes on with the next call after a restart between two of them") {
  const scratch_folder folder;
  std::atomic<int> calls = 0;
  loopback_server server(statuses(calls, {"RUNNING", "RUNNING", "DONE"}));
  const auto time = std::make_shared<hand_clock>();
  const auto open = [&] {
    engine_options options;
    options.database = folder.file("poll.db");
    options.clock = time;
    return engine_with(poll_flow, std::move(options));
  };
  std::string id;
  for (int restart = 1; restart <= 3; ++restart) {
    INFO(restart);
    engine running = open();
    if (id.empty())
      id = running.start(input("poll", server)).value();
    CHECK(eventually([&] { return calls == restart; }));
    if (restart < 3)
      CHECK(eventually([&] { return running.find(id)->status == execution_status::waiting; }));
    else
      CHECK(running.wait(id, patience)->context.at("job").at("status") == "DONE");
    time->pass(300s);
  }
  CHECK(calls == 3);
}

TEST_CASE("a call that is out when the engine stops ends at once and is made again under its key") {
  const scratch_folder folder;
  std::atomic<bool> is_slow = true;
  std::atomic<int> calls = 0;
  loopback_server server([&](const arrived_request&, server_connection& connection) {
    ++calls;
    if (!is_slow)
      return connection.respond(200, "{}");
    connection.stall();
    connection.close();
  });
  std::string id;
  const auto begin = std::chrono::steady_clock::now();
  {
    engine_options options;
    options.database = folder.file("call.db");
    engine running = engine_with(call_flow, std::move(options));
    id = running.start(input("call", server)).value();
    CHECK(eventually([&] { return calls == 1; }));
  }
  CHECK(std::chrono::steady_clock::now() - begin < 8s); // the call's own limit is 10 s
  is_slow = false;
  engine_options options;
  options.database = folder.file("call.db");
  engine running = engine_with(call_flow, std::move(options));
  CHECK(running.wait(id, patience)->status == execution_status::completed);
  const auto requests = server.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].headers.at("idempotency-key") == requests[1].headers.at("idempotency-key"));
}

TEST_CASE("the restock example runs against a supplier, files and queues that are real") {
  const scratch_folder folder;
  std::atomic<int> asked = 0;
  loopback_server supplier([&](const arrived_request& request, server_connection& connection) {
    if (request.method == "POST")
      return connection.respond(201, R"({"id": "o-1"})");
    connection.respond(200, ++asked < 3 ? R"({"status": "OPEN"})"
                                        : R"({"status": "CONFIRMED", "arrives": "Friday"})");
  });
  engine_options options = virtual_time();
  options.services->folder = folder.file("services");
  options.services->objects.buckets["shop"] = folder.file("shop");
  topic_subscription office;
  office.queue_url = "https://queues.example/office";
  office.is_raw = true;
  options.services->messages.topics["arn:aws:sns:eu-central-1:000000000000:restock"]
      .subscriptions = {office};
  options.services->functions.functions["decide-order"].handler =
      [](const json::value& payload) -> step_result {
    json::array order;
    for (const json::value& each : payload.at("articles").as_array())
      if (each.at("left").to_number<int>() < 5)
        order.push_back(json::object{{"sku", each.at("sku")}, {"count", 40}});
    return json::object{{"order", std::move(order)}};
  };
  std::filesystem::create_directories(folder.file("shop"));
  std::ofstream(folder.file("shop/stock.json"))
      << R"([{"sku": "tea", "left": 0}, {"sku": "salt", "left": 9}, {"sku": "jam", "left": 1}])";
  engine running = engine::open(std::move(options)).value();
  for (const char* flow : {"restock", "restock-notice"})
    REQUIRE(
        running.define_path(std::string(MILLRACE_SOURCE_DIR "/flows/examples/") + flow + ".json")
            .has_value());
  const auto ended =
      run(running, {{"flowDefinitionId", "restock"},
                    {"initialContextData",
                     {{"supplier", supplier.url("")}, {"stock", "s3://shop/stock.json"}}}});
  INFO((ended.error ? ended.error->error_message : ""));
  REQUIRE(ended.status == execution_status::completed);
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(asked == 3);
  CHECK(stringify(parse_json(supplier.requests().at(0).body, "order").value()) ==
        R"({"lines":[{"sku":"tea","count":40},{"sku":"jam","count":40}]})");
  CHECK(ended.context.at("notices").as_array().size() == 2);
  std::ifstream report(folder.file("services/objects/reports/restock/o-1.json"));
  const std::string text{std::istreambuf_iterator<char>(report), {}};
  CHECK(parse_json(text, "report")->at("order").as_array().size() == 2);
  const auto notices =
      running.queue_messages("https://sqs.eu-central-1.amazonaws.com/000000000000/warehouse.fifo");
  REQUIRE(notices->size() == 2);
  for (const queue_message& each : *notices)
    CHECK(parse_json(each.body, "notice")->at("arrives") == "Friday");
  const auto announced = running.queue_messages("https://queues.example/office");
  REQUIRE(announced->size() == 1);
  CHECK(announced->front().body == R"({"orderId":"o-1","report":"s3://reports/restock/o-1.json"})");
  CHECK(running.stand_ins().size() == 7);
}

TEST_CASE("the support desk answers tickets with a model, a tool, a table and mail, once each") {
  const scratch_folder folder;
  loopback_server tools([](const arrived_request& request, server_connection& connection) {
    const json::value message = parse_json(request.body, "message").value();
    if (message.at("method") == "notifications/initialized")
      return connection.respond(202);
    connection.respond(
        200,
        stringify(json::object{
            {"id", message.at("id")},
            {"result", {{"content", json::array{{{"type", "text"}, {"text", "on its way"}}}}}}}));
  });
  const auto open = [&] {
    engine_options options = virtual_time();
    options.database = folder.file("desk.db");
    service_options& local = *options.services;
    local.mcp["orders"].url = tools.url("/mcp");
    local.llm.providers["OPENAI"].script = {{"never asked", "", "", {}}};
    local.llm.providers["ANTHROPIC"].script = {
        {"Where is it?\nWhat we know: on its way",
         "```json\n{\"subject\": \"Your tea\", \"text\": \"On its way.\"}\n```",
         "",
         {}}};
    table_options& tickets = local.items.tables["tickets"];
    tickets.partition_key = "id";
    tickets.indexes["byState"] = {"desk", "state"};
    for (const char* id : {"t1", "t2"})
      tickets.items.push_back({{"id", id},
                               {"desk", "tea"},
                               {"state", "open"},
                               {"from", "ann@example.com"},
                               {"text", "Where is it?"},
                               {"order", "o-1"}});
    return engine::open(std::move(options)).value();
  };
  {
    engine running = open();
    REQUIRE(
        running.define_path(MILLRACE_SOURCE_DIR "/flows/examples/support-desk.json").has_value());
  }
  // The prompt template of the bundle is still there after a restart.
  engine running = open();
  const json::object start{{"flowDefinitionId", "support-desk"},
                           {"initialContextData", {{"desk", "tea"}}}};
  const auto ended = run(running, start);
  INFO((ended.error ? ended.error->error_message : ""));
  REQUIRE(ended.status == execution_status::completed);
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(ended.context.at("claimed") == 2);
  CHECK(run(running, start).context.at("claimed") == 0);
  std::size_t mails = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(folder.file("desk.db.local/mail/new"))) {
    std::ifstream in(entry.path());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    CHECK(text.find("Subject: Your tea\r\n") != std::string::npos);
    ++mails;
  }
  CHECK(mails == 2);
}

TEST_CASE("a connection of a bundle outlives a restart, and its next bundle replaces it") {
  const scratch_folder folder;
  const auto tools = [](const char* name) {
    return [name](const arrived_request& request, server_connection& connection) {
      const json::value message = parse_json(request.body, "message").value();
      const json::value* id = message.as_object().if_contains("id");
      connection.respond(
          200, stringify(json::object{{"id", id ? *id : json::value()}, {"result", name}}));
    };
  };
  loopback_server first(tools("first"));
  loopback_server second(tools("second"));
  const auto bundle_with = [](const loopback_server& server) {
    return json_of(R"({'formatVersion': '1.0', 'exportedAt': '2024-01-31T12:00:00.000Z',
      'flows': [{'id': 'call', 'startStepInstanceId': 'm', 'steps': {'m': {
        'stepInstanceId': 'm', 'stepType': 'MCP_CALL', 'mcpConnectionId': 'c', 'toolName': 't'}}}],
      'mcpConnections': [{'id': 'c', 'name': 'C', 'serverUrl': ')" +
                   server.url("/mcp") + R"(', 'authentication': {'type': 'NONE'}}]})");
  };
  const auto open = [&] {
    engine_options options = virtual_time();
    options.database = folder.file("mcp.db");
    return engine::open(std::move(options)).value();
  };
  const auto answer_of = [](engine& running) {
    const auto ended = run(running, {{"flowDefinitionId", "call"}});
    INFO((ended.error ? ended.error->error_message : ""));
    REQUIRE(ended.status == execution_status::completed);
    return ended.context.at("steps_output").at("m").at("result");
  };
  REQUIRE(open().define(bundle_with(first), "bundle").has_value());
  engine running = open();
  CHECK(answer_of(running) == "first");
  REQUIRE(running.define(bundle_with(second), "bundle").has_value());
  CHECK(answer_of(running) == "second");
  // One that is nobody's harms no other.
  json::value with_odd_one = bundle_with(first);
  with_odd_one.at("mcpConnections").as_array().push_back(json::object());
  CHECK_FALSE(running.define(with_odd_one, "bundle").has_value());
  CHECK(answer_of(running) == "second");
  REQUIRE(running.define(with_odd_one, "bundle", {.accept_invalid = true}).has_value());
  CHECK(answer_of(running) == "first");
}

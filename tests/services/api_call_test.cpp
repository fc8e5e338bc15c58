// SPDX-License-Identifier: Apache-2.0
//
// API_CALL: what is sent, what comes of the answer, and how it fails.
#include "api_call.hpp"

#include "catch.hpp"
#include "handler_call.hpp"
#include "loopback_server.hpp"

using namespace millrace;
using testing::arrived_request;
using testing::handler_call;
using testing::loopback_server;
using testing::server_connection;

namespace {

steps::registry with(http_options options = {}) {
  steps::registry registry;
  services::add_api_call(registry, std::make_shared<services::http_client>(std::move(options)));
  return registry;
}

handler_call call_of(const std::string& url, json::object step = {}, json::object fields = {}) {
  step.emplace("apiHttpMethod", "GET");
  fields["apiUrlTemplate"] = url;
  return {.step_type = "API_CALL",
          .module_identifier = {},
          .input = {},
          .custom_config = {},
          .fields = std::move(fields),
          .step = std::move(step)};
}

void give_nothing(const arrived_request&, server_connection& connection) {
  connection.respond(200);
}

} // namespace

TEST_CASE("the output has status, headers and the decoded body") {
  struct answer {
    const char* body;
    json::value data;
  };
  const answer all[] = {{R"({"a": [1, 2.5, null]})", json::object{{"a", {1, 2.5, nullptr}}}},
                        {"[1]", json::array{1}},
                        {"plain text", "plain text"},
                        {"", ""},
                        {"3", 3},
                        {"\xEF\xBB\xBF{}", json::object()},
                        {"{\"a\": \"\xff\"}", json::object{{"a", "\xEF\xBF\xBD"}}},
                        {"{broken", "{broken"}};
  for (const answer& each : all) {
    INFO(each.body);
    loopback_server server([&](const arrived_request&, server_connection& connection) {
      connection.respond(200, each.body, {{"Content-Type", "application/json"}});
    });
    const auto output = run(with(), call_of(server.url()));
    REQUIRE(output.has_value());
    CHECK(output->as_object().size() == 3);
    CHECK(output->at("status") == 200);
    CHECK(output->at("headers").at("content-type") == "application/json");
    CHECK(output->at("data") == each.data);
  }
}

TEST_CASE("a body is sent as axios sends it") {
  struct body {
    json::value given;
    const char* type; ///< of the flow; null: none
    const char* sent;
    const char* sent_type;
  };
  const body all[] = {
      {json::object{{"a", 1}}, nullptr, R"({"a":1})", "application/json"},
      {json::array{1}, nullptr, "[1]", "application/json"},
      {"a=b", nullptr, "a=b", "application/x-www-form-urlencoded"},
      {"<a/>", "application/xml", "<a/>", "application/xml"},
      {"text", "application/json", "\"text\"", "application/json"},
      {"{\"b\": 2}", "application/json", "{\"b\": 2}", "application/json"},
  };
  loopback_server server(give_nothing);
  for (const body& each : all) {
    auto call =
        call_of(server.url(), {{"apiHttpMethod", "POST"}}, {{"requestBodyPath", each.given}});
    if (each.type)
      call.step["apiStaticHeaders"] = json::object{{"content-type", each.type}};
    REQUIRE(run(with(), call).has_value());
    const arrived_request arrived = server.requests().back();
    CHECK(arrived.method == "POST");
    CHECK(arrived.body == each.sent);
    CHECK(arrived.headers.at("content-type") == each.sent_type);
  }
}

TEST_CASE("a body template with members comes before a path") {
  loopback_server server(give_nothing);
  auto call =
      call_of(server.url(), {{"apiHttpMethod", "PUT"}, {"requestBodyTemplate", {{"a", "$.a"}}}},
              {{"requestBodyTemplate", {{"a", 1}}}, {"requestBodyPath", "other"}});
  REQUIRE(run(with(), call).has_value());
  CHECK(server.requests().back().body == R"({"a":1})");
  call.step["requestBodyTemplate"] = json::object();
  REQUIRE(run(with(), call).has_value());
  CHECK(server.requests().back().body == "other");
}

TEST_CASE("dynamic headers replace static ones, whatever their case") {
  loopback_server server(give_nothing);
  const auto call = call_of(server.url(), {{"apiStaticHeaders", {{"X-A", "static"}, {"X-B", "b"}}}},
                            {{"apiHeadersTemplate", {{"x-a", "dynamic"}}}});
  REQUIRE(run(with(), call).has_value());
  const auto headers = server.requests().back().headers;
  CHECK(headers.at("x-a") == "dynamic");
  CHECK(headers.at("x-b") == "b");
  CHECK(headers.at("accept") == "application/json, text/plain, */*");
}

TEST_CASE("the idempotency key is the same for every attempt, and the flow's own comes first") {
  loopback_server server(
      [](const arrived_request&, server_connection& connection) { connection.respond(503); });
  auto call = call_of(server.url(), {{"apiHttpMethod", "POST"}});
  const auto registry = with();
  for (call.attempt = 1; call.attempt <= 3; ++call.attempt)
    CHECK_FALSE(run(registry, call).has_value());
  for (const arrived_request& each : server.requests())
    CHECK(each.headers.at("idempotency-key") == "execution:s:1");
  call.step["apiStaticHeaders"] = json::object{{"idempotency-key", "own"}};
  CHECK_FALSE(run(registry, call).has_value());
  CHECK(server.requests().back().headers.at("idempotency-key") == "own");
  CHECK_FALSE(run(registry, call_of(server.url())).has_value());
  CHECK_FALSE(server.requests().back().headers.contains("idempotency-key"));
}

TEST_CASE("errors of the server are transient, those of the client are not") {
  loopback_server server([](const arrived_request& request, server_connection& connection) {
    connection.respond(std::stoi(request.target.substr(1)), R"({"why": "not here"})");
  });
  const auto registry = with();
  const auto error_at = [&](const char* path) {
    return run(registry, call_of(server.url(path))).error();
  };
  CHECK(error_at("/500").name == "TransientStepError");
  CHECK(error_at("/503").message == "API call failed with server error: 503");
  const step_error missing = error_at("/404");
  CHECK(missing.name == "AxiosError");
  CHECK(missing.message == "Request failed with status code 404");
  CHECK(missing.details.at("status") == 404);
  CHECK(missing.details.at("data").at("why") == "not here");
  CHECK(error_at("/304").message == "Request failed with status code 304");
}

TEST_CASE("a time limit of the step ends the call, and that is transient") {
  loopback_server server([](const arrived_request&, server_connection& connection) {
    connection.stall();
    connection.close();
  });
  auto call = call_of(server.url());
  call.custom_config["timeoutMs"] = 150;
  const auto failure = run(with(), call).error();
  CHECK(failure.name == "TransientStepError");
  CHECK(failure.message == "127.0.0.1 gave no answer within 150 ms.");
}

TEST_CASE("a header value with a line break fails the step for good and sends nothing") {
  loopback_server server(give_nothing);
  const auto call =
      call_of(server.url(), {}, {{"apiHeadersTemplate", {{"X-Name", "a\r\nX-Evil: 1"}}}});
  const auto failure = run(with(), call).error();
  CHECK(failure.name == "PermanentStepError");
  CHECK(failure.message.find("The header X-Name") == 0);
  CHECK(server.requests().empty());
}

TEST_CASE("a large refusal is cut in the error") {
  loopback_server server([](const arrived_request&, server_connection& connection) {
    connection.respond(400, std::string(100'000, 'x'));
  });
  const auto failure = run(with(), call_of(server.url())).error();
  CHECK(failure.details.at("data").as_string().size() < 1100);
}

TEST_CASE("a poll makes the call of its definition") {
  loopback_server server(give_nothing);
  auto call = call_of(
      server.url(),
      {{"apiCallDefinition", {{"apiHttpMethod", "POST"}, {"apiStaticHeaders", {{"X-A", "a"}}}}}});
  call.step_type = "POLL_EXTERNAL_API";
  REQUIRE(run(with(), call).has_value());
  CHECK(server.requests().back().method == "POST");
  CHECK(server.requests().back().headers.at("x-a") == "a");
}

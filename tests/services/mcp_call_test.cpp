// SPDX-License-Identifier: Apache-2.0
//
// MCP_CALL: servers over HTTP and as programs, sessions that end, and what a server may say
// wrongly.
#include "mcp_call.hpp"

#include "catch.hpp"
#include "handler_call.hpp"
#include "loopback_server.hpp"
#include "scratch.hpp"

#include <atomic>
#include <cstdlib>
#include <fstream>

#include <sys/stat.h>

using namespace millrace;
using testing::arrived_request;
using testing::handler_call;
using testing::loopback_server;
using testing::server_connection;

namespace {

class place {
public:
  explicit place(mcp_connection connection)
      : place(mcp_connections{{"tools", std::move(connection)}}, {}, {}) {}
  place(mcp_connections configured, secret_options secrets, http_options http)
      : client_(std::make_shared<services::http_client>(std::move(http))),
        connections_(std::make_shared<services::connection_store>(
            std::move(configured), std::move(secrets), folder_.path("mcp"))) {
    services::add_mcp_call(registry_, connections_, client_, ends_);
  }

  step_result call(json::object input, const char* tool = "add", const char* id = "tools") {
    handler_call made;
    made.step_type = "MCP_CALL";
    made.input = std::move(input);
    made.step = {{"mcpConnectionId", id}, {"toolName", tool}};
    return run(registry_, made);
  }
  std::string text_of(json::object input, const char* tool = "add", const char* id = "tools") {
    const auto outcome = call(std::move(input), tool, id);
    return outcome ? stringify(*outcome) : outcome.error().name + ": " + outcome.error().message;
  }
  [[nodiscard]] services::interruption& ends() { return *ends_; }
  // Defines a connection as a bundle has it.
  void define(std::string_view url, json::object authentication, const char* id = "bundled") {
    REQUIRE_FALSE(connections_
                      ->define({{"id", id},
                                {"name", "A bundle's"},
                                {"serverUrl", url},
                                {"authentication", std::move(authentication)}})
                      .has_value());
  }

private:
  testing::scratch folder_;
  std::shared_ptr<services::http_client> client_;
  std::shared_ptr<services::connection_store> connections_;
  std::shared_ptr<services::interruption> ends_ = std::make_shared<services::interruption>();
  steps::registry registry_;
};

mcp_connection over_http(const loopback_server& server) {
  mcp_connection made;
  made.url = server.url("/mcp");
  made.timeout = std::chrono::seconds(5);
  return made;
}

json::object message_in(const arrived_request& request) {
  return parse_json(request.body, "message").value().get_object();
}

std::string response_to(const json::object& message, json::value result) {
  const json::value* id = message.if_contains("id");
  return stringify(json::object{
      {"jsonrpc", "2.0"}, {"id", id ? *id : json::value()}, {"result", std::move(result)}});
}

const std::vector<std::pair<std::string, std::string>> json_type{
    {"content-type", "application/json"}};

/// A server that keeps to the protocol: sessions, and streams of events where asked for.
class protocol_server {
public:
  explicit protocol_server(bool streams) : streams_(streams) {}

  void operator()(const arrived_request& request, server_connection& connection) {
    const json::object message = message_in(request);
    const std::string_view method = message.at("method").as_string();
    const auto session = request.headers.find("mcp-session-id");
    if (method == "initialize") {
      auto headers = json_type;
      headers.emplace_back("mcp-session-id", "s" + std::to_string(++sessions_));
      return connection.respond(200, response_to(message, {{"protocolVersion", "2025-06-18"}}),
                                headers);
    }
    if (session == request.headers.end() || session->second != "s" + std::to_string(sessions_))
      return connection.respond(404, "{}", json_type);
    if (method == "notifications/initialized")
      return connection.respond(202);
    const std::string answer = response_to(message, {{"content", message.at("params")}});
    if (!streams_)
      return connection.respond(200, answer, json_type);
    connection.respond(200,
                       ": hello\nevent: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"x\"}\n\n"
                       "event: message\r\ndata: " +
                           answer.substr(0, 10) + "\r\ndata: " + answer.substr(10) + "\r\n\r\n",
                       {{"content-type", "text/event-stream; charset=utf-8"}});
  }
  void end_session() { ++sessions_; }

private:
  bool streams_;
  std::atomic<int> sessions_ = 0;
};

// A server as a shell script; $id is the id of the message that was read.
class script {
public:
  explicit script(const std::string& on_call, const std::string& on_begin = "") {
    std::ofstream out(path());
    out << "#!/bin/sh\n"
        << on_begin << R"sh(
while read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\)}$/\1/p')
  case $line in
    *'"method":"initialize"'*) echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":{}}" ;;
    *'"method":"tools/call"'*)
)sh" << on_call
        << "\n ;;\n  esac\ndone\n";
    out.close();
    ::chmod(path().c_str(), S_IRWXU);
  }

  [[nodiscard]] mcp_connection connection() const {
    mcp_connection made;
    made.command = {path()};
    made.environment = {{"MARK", "from the configuration"}};
    made.timeout = std::chrono::seconds(10);
    return made;
  }
  [[nodiscard]] std::string path() const { return folder_.path("server"); }

private:
  testing::scratch folder_;
};

constexpr const char* answers = R"sh(
      echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":{\"mark\":\"$MARK\",\"pid\":$$}}")sh";

} // namespace

TEST_CASE("a tool is called over HTTP in one session, with responses as JSON or as events") {
  for (const bool streams : {false, true}) {
    protocol_server protocol(streams);
    loopback_server server(std::ref(protocol));
    mcp_connection connection = over_http(server);
    connection.headers = {{"Authorization", "Bearer t0ken"}};
    place all(connection);
    const char* expected = R"({"result":{"content":{"name":"add","arguments":{"a":1},)"
                           R"("_meta":{"millrace/idempotencyKey":"execution:s:1"}}}})";
    CHECK(all.text_of({{"a", 1}}) == expected);
    CHECK(all.text_of({{"a", 1}}) == expected);
    const auto requests = server.requests();
    REQUIRE(requests.size() == 4); // initialize, initialized, two calls
    CHECK(requests[0].headers.at("authorization") == "Bearer t0ken");
    CHECK(requests[3].headers.at("mcp-session-id") == "s1");
    CHECK(requests[3].headers.at("mcp-protocol-version") == "2025-06-18");
    CHECK(requests[3].headers.at("idempotency-key") == "execution:s:1");

    // The server forgets the session: a new one is opened and the call made in it.
    protocol.end_session();
    CHECK(all.text_of({{"a", 1}}) == expected);
    CHECK(server.requests().back().headers.at("mcp-session-id") == "s3");
  }
}

TEST_CASE("a server without sessions is called all the same") {
  loopback_server server([](const arrived_request& request, server_connection& connection) {
    const json::object message = message_in(request);
    if (message.at("method") == "tools/call")
      return connection.respond(200, response_to(message, 5), json_type);
    connection.respond(400, "no", json_type);
  });
  place all(over_http(server));
  CHECK(all.text_of({}) == R"({"result":5})");
}

TEST_CASE("what goes wrong with a call is transient where it may work another time") {
  const auto outcome = [](int status, const char* body) {
    loopback_server server([&](const arrived_request& request, server_connection& connection) {
      const json::object message = message_in(request);
      if (message.at("method") != "tools/call")
        return connection.respond(200, response_to(message, json::object()), json_type);
      connection.respond(status, body, json_type);
    });
    place all(over_http(server));
    return all.text_of({});
  };
  CHECK(outcome(503, "{}") == "TransientStepError: MCP server returned a server error (HTTP 503).");
  CHECK(outcome(400, "{}") == "PermanentStepError: MCP server returned a client error (HTTP 400). "
                              "Please check the step configuration.");
  CHECK(outcome(200, R"({"error":{"code":-32602,"message":"Unknown tool"}})") ==
        "PermanentStepError: MCP tool call failed with JSON-RPC error. Code: -32602, Message: "
        "Unknown tool");
  CHECK(outcome(200, R"({"error":"odd"})") ==
        "PermanentStepError: MCP tool call failed with JSON-RPC error. Code: undefined, Message: "
        "undefined");
  CHECK(outcome(200, R"({"jsonrpc":"2.0"})") == "{}");
  CHECK(outcome(200, "text") == "{}");
  mcp_connection nowhere;
  nowhere.url = "http://127.0.0.1:1/";
  place all(nowhere);
  CHECK(all.text_of({}).find("TransientStepError: MCP server did not respond.") == 0);
  CHECK(
      all.call({}, "add", "other").error().message ==
      "MCP Connection with ID 'other' not found. Define the bundle that has it, or say what it is "
      "under mcp in the configuration.");
}

TEST_CASE("a connection of a bundle authenticates with a secret of the configuration") {
  protocol_server protocol(false);
  loopback_server server(std::ref(protocol));
  place all({}, {{"plain", "t0ken"}, {"keys", R"({"search": "k3y"})"}}, {});
  const auto headers_with = [&](json::object authentication) {
    all.define(server.url("/mcp"), std::move(authentication));
    const auto outcome = all.call({}, "add", "bundled");
    INFO((outcome ? "" : outcome.error().message));
    REQUIRE(outcome.has_value());
    return server.requests().back().headers;
  };
  CHECK_FALSE(headers_with({{"type", "NONE"}}).contains("authorization"));
  const char* arn = "arn:aws:secretsmanager:eu-central-1:1:secret:keys-AbCdEf";
  for (const char* name : {"keys", arn}) {
    const json::object key{{"type", "API_KEY"}, {"secretArn", name}, {"secretJsonKey", "search"}};
    CHECK(headers_with(key).at("x-api-key") == "k3y");
  }
  const json::object bearer{
      {"type", "BEARER_TOKEN"}, {"secretArn", "plain"}, {"secretJsonKey", "any"}};
  CHECK(headers_with(bearer).at("authorization") == "Bearer t0ken");
}

TEST_CASE("a connection of the configuration comes before one of a bundle") {
  protocol_server protocol(false);
  loopback_server server(std::ref(protocol));
  place all(over_http(server));
  all.define("http://127.0.0.1:1/", {{"type", "NONE"}}, "tools");
  CHECK(all.call({}).has_value());
}

TEST_CASE("a connection whose secret cannot be used fails the step for good and shows nothing") {
  place all({},
            {{"list", "[\"s3cret\"]"},
             {"other", R"({"a": "s3cret"})"},
             {"number", R"({"key": 1234})"},
             {"lines", R"({"key": "s3cret\nX: y"})"}},
            {});
  for (const auto& [secret, reason] : std::map<const char*, const char*>{
           {"none", "There is no secret none. Say what it is under secrets in the configuration."},
           {"list", "Secret list parsed as JSON, but it is not an object."},
           {"other", "Secret other is a valid JSON object but does not contain the key 'key'."},
           {"number", "The value for key 'key' in secret number is not a string."},
           {"lines", "its secret has a line break or another control character, which no header "
                     "can hold."}}) {
    all.define("http://127.0.0.1:1/",
               {{"type", "API_KEY"}, {"secretArn", secret}, {"secretJsonKey", "key"}});
    CHECK(all.text_of({}, "add", "bundled") ==
          std::string("PermanentStepError: MCP Connection 'bundled' cannot authenticate: ") +
              reason);
  }
}

TEST_CASE("the rules for requests hold for connections of bundles, and a redirect gets no secret") {
  loopback_server other([](const arrived_request&, server_connection& connection) {
    connection.respond(200, "{}", json_type);
  });
  const std::string elsewhere = "http://localhost:" + std::to_string(other.port()) + "/";
  loopback_server server([&](const arrived_request&, server_connection& connection) {
    connection.respond(307, "", {{"Location", elsewhere}});
  });
  http_options rules;
  rules.allowed_hosts = {"127.0.0.1", "localhost", "169.254.169.254"};
  place all({}, {{"key", "k3y"}}, rules);
  const auto outcome = [&](const std::string& url) {
    all.define(url, {{"type", "API_KEY"}, {"secretArn", "key"}, {"secretJsonKey", "k"}});
    return all.text_of({}, "add", "bundled");
  };
  CHECK(outcome("http://elsewhere.example/").find("not allowed") != std::string::npos);
  for (const char* url : {"http://169.254.169.254/", "http://0xA9FEA9FE/"})
    CHECK(outcome(url).find("is refused: link-local") != std::string::npos);
  CHECK(outcome(server.url("/")) == "{}");
  CHECK(server.requests().back().headers.at("x-api-key") == "k3y");
  CHECK_FALSE(other.requests().back().headers.contains("x-api-key"));
}

TEST_CASE("a program is started with the first call and kept") {
  const script server(answers);
  place all(server.connection());
  const auto first = all.call({});
  REQUIRE(first.has_value());
  CHECK(first->at("result").at("mark") == "from the configuration");
  CHECK(all.text_of({}) == stringify(*first)); // the same process
}

TEST_CASE("a program that has ended is started again") {
  const script server(std::string(answers) + "\n      exit 0");
  place all(server.connection());
  const auto first = all.call({});
  REQUIRE(first.has_value());
  const auto second = all.call({});
  REQUIRE(second.has_value());
  CHECK(stringify(*second) != stringify(*first));
}

TEST_CASE("a program that talks of other things meanwhile is understood") {
  const script server(R"sh(
      echo "starting up"
      echo "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}"
      echo "{\"jsonrpc\":\"2.0\",\"id\":\"p\",\"method\":\"ping\"}"
      read -r pong
      echo "{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"method\":\"roots/list\"}"
      read -r refusal
      echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":[$pong,$refusal]}")sh");
  place all(server.connection());
  CHECK(all.text_of({}) ==
        R"({"result":[{"jsonrpc":"2.0","id":"p","result":{}},{"jsonrpc":"2.0","id":"q",)"
        R"("error":{"code":-32601,"message":"Method not found"}}]})");
}

TEST_CASE("a program that fails, hangs or cannot be started is told apart") {
  const script failing("exit 3", "echo 'no licence' >&2");
  place ends(failing.connection());
  CHECK(ends.text_of({}) == "TransientStepError: The MCP server ended without a response: no "
                            "licence\n");
  const script hanging("sleep 60");
  mcp_connection short_time = hanging.connection();
  short_time.timeout = std::chrono::milliseconds(200);
  place hangs(short_time);
  CHECK(hangs.text_of({}) == "TransientStepError: MCP server did not respond in 200 ms.");
  mcp_connection missing;
  missing.command = {"/nowhere/server"};
  place cannot(missing);
  CHECK(cannot.text_of({}).find("PermanentStepError: The MCP server cannot be started: ") == 0);
  const script large("yes | head -c 22000000 | tr -d '\\n'");
  place talks(large.connection());
  CHECK(talks.text_of({}) ==
        "PermanentStepError: The MCP server sent a message of more than 10485760 bytes.");
}

TEST_CASE("a stop ends the call of a tool") {
  const script hanging("sleep 60");
  place all(hanging.connection());
  all.ends().raise();
  CHECK(all.text_of({}) == "TransientStepError: The call of the MCP tool was interrupted.");
}

// MILLRACE_MCP_SERVER: the program of @modelcontextprotocol/server-everything; `./dev mcp` fetches
// it from npm.
TEST_CASE("the reference server of the protocol answers, as a program", "[.mcp]") {
  const char* program = std::getenv("MILLRACE_MCP_SERVER"); // NOLINT(concurrency-mt-unsafe)
  REQUIRE(program);
  mcp_connection connection;
  connection.command = {"node", program, "stdio"};
  place all(connection);
  CHECK(all.text_of({{"message", "hello"}}, "echo") ==
        R"({"result":{"content":[{"type":"text","text":"Echo: hello"}]}})");
  CHECK(all.text_of({{"message", 5}}, "echo").find("-32602") != std::string::npos);
}

// MILLRACE_MCP_URL: where the same server listens.
TEST_CASE("the reference server of the protocol answers, over HTTP", "[.mcp]") {
  const char* url = std::getenv("MILLRACE_MCP_URL"); // NOLINT(concurrency-mt-unsafe)
  REQUIRE(url);
  mcp_connection connection;
  connection.url = url;
  place all(connection);
  for (int i = 0; i < 3; ++i)
    CHECK(all.text_of({{"message", "hello"}}, "echo") ==
          R"({"result":{"content":[{"type":"text","text":"Echo: hello"}]}})");
}

// SPDX-License-Identifier: Apache-2.0
//
// What no flow and no other side may do, tried with every step type that could: reach addresses of
// metadata, leave a folder, bring a command into a program, or break what reads an answer. What one
// service alone has to refuse is in its own test.
#include <millrace/services.hpp>

#include "catch.hpp"
#include "handler_call.hpp"
#include "loopback_server.hpp"
#include "scratch.hpp"

#include <fstream>
#include <functional>
#include <thread>

using namespace millrace;
using namespace std::chrono_literals;
using testing::arrived_request;
using testing::handler_call;
using testing::loopback_server;
using testing::scratch;
using testing::server_connection;

namespace {

/// Services whose endpoints are all at one URL.
class place {
public:
  explicit place(const std::string& url, http_options rules = {},
                 std::chrono::milliseconds timeout = 2s) {
    service_options options;
    options.folder = folder_.path("services");
    options.http = std::move(rules);
    options.mcp["m"].url = url;
    options.mcp["m"].timeout = timeout;
    options.llm.providers["OPENAI"].url = url;
    options.llm.providers["OPENAI"].timeout = timeout;
    options.functions.functions["f"].url = url;
    options.functions.functions["f"].timeout = timeout;
    local_ = services::local_services::make(std::move(options), "").value();
    local_->add_to(registry_);
  }

  [[nodiscard]] step_result call(const handler_call& made) const { return run(registry_, made); }
  [[nodiscard]] const scratch& folder() const { return folder_; }

private:
  scratch folder_;
  steps::registry registry_ = steps::registry::with_system_modules();
  std::shared_ptr<services::local_services> local_;
};

handler_call step_of(std::string type, json::object fields, json::object step = {},
                     std::string module = "") {
  handler_call made;
  made.step_type = std::move(type);
  made.module_identifier = std::move(module);
  made.fields = std::move(fields);
  made.step = std::move(step);
  made.custom_config = {{"timeoutMs", 2000}};
  return made;
}

handler_call model_call(json::object step = {}) {
  step["directPrompt"] = "p";
  return step_of("LLM_INVOCATION", {{"llmProvider", "OPENAI"}, {"modelId", "m"}}, std::move(step));
}

// Every way in which a step makes a request; `url` is where those go that name it themselves.
std::vector<handler_call> requests_to(const std::string& url) {
  return {
      step_of("API_CALL", {{"apiUrlTemplate", url}}, {{"apiHttpMethod", "GET"}}),
      step_of("POLL_EXTERNAL_API", {{"apiUrlTemplate", url}},
              {{"apiCallDefinition", {{"apiHttpMethod", "GET"}}}}),
      step_of("FILE_DOWNLOAD", {{"sourceUrlTemplate", url}}, {{"destinationBucket", "b"}}),
      step_of("MCP_CALL", {}, {{"mcpConnectionId", "m"}, {"toolName", "t"}}),
      model_call(),
      model_call({{"mediaAttachments", json::array{{{"url", url}, {"mimeType", "image/png"}}}}}),
      step_of("CUSTOM_LAMBDA_INVOKE", {{"lambdaFunctionArnTemplate", "f"}})};
}

void check_refused(const place& all, const std::string& url) {
  for (const handler_call& each : requests_to(url)) {
    const auto outcome = all.call(each);
    INFO(each.step_type << ", " << url);
    REQUIRE_FALSE(outcome.has_value());
    INFO(outcome.error().name << ": " << outcome.error().message);
    CHECK(outcome.error().message.find("is refused: ") != std::string::npos);
    CHECK(outcome.error().name != "TransientStepError");
  }
}

} // namespace

TEST_CASE("no step reaches an address of metadata, however it is written") {
  for (const char* host :
       {"169.254.169.254", "2852039166", "0xA9FEA9FE", "0251.0376.0251.0376", "169.254.43518",
        "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[fd00:ec2::254]"}) {
    const std::string url = "http://" + std::string(host) + "/latest/meta-data/";
    check_refused(place(url), url);
  }
}

TEST_CASE("no step reaches a refused address by a name or a redirect") {
  loopback_server server([](const arrived_request&, server_connection& connection) {
    connection.respond(307, "", {{"Location", "http://169.254.169.254/latest/meta-data/"}});
  });
  check_refused(place(server.url()), server.url());
  http_options without_private;
  without_private.refuse_private_addresses = true;
  const std::string by_name = "http://localhost:" + std::to_string(server.port()) + "/";
  check_refused(place(by_name, without_private), by_name);
}

TEST_CASE("no step reaches a host that is not allowed") {
  http_options rules;
  rules.allowed_hosts = {"api.example"};
  const std::string url = "http://localhost:1/";
  const place all(url, rules);
  for (const handler_call& each : requests_to(url)) {
    INFO(each.step_type);
    CHECK(all.call(each).error().message.find("are not allowed: the host is not in "
                                              "http.allowedHosts") != std::string::npos);
  }
}

TEST_CASE("no URL or header of a step adds a line to a request") {
  loopback_server server(
      [](const arrived_request&, server_connection& connection) { connection.respond(200, "{}"); });
  const place all(server.url());
  for (const char* end : {"/a\r\nX-Evil: 1", "/a b", "/a\nb", "/a HTTP/1.1\r\nX-Evil: 1"})
    for (const handler_call& each : requests_to(server.url(end))) {
      const auto outcome = all.call(each);
      INFO(each.step_type << ", " << end);
      for (const arrived_request& arrived : server.requests()) {
        CHECK_FALSE(arrived.headers.contains("x-evil"));
        CHECK(arrived.target.find(' ') == std::string::npos);
      }
    }
  const auto before = server.requests().size();
  for (handler_call each : requests_to(server.url())) {
    each.fields["apiHeadersTemplate"] = json::object{{"X-A", "1\r\nX-Evil: 1"}};
    each.fields["headersTemplate"] = json::object{{"X-A", "1\r\nX-Evil: 1"}};
    if (each.step_type == "API_CALL" || each.step_type == "POLL_EXTERNAL_API" ||
        each.step_type == "FILE_DOWNLOAD")
      CHECK_FALSE(all.call(each).has_value());
  }
  CHECK(server.requests().size() == before);
}

TEST_CASE("no key, name or id leads a step out of its folder") {
  loopback_server server([](const arrived_request&, server_connection& connection) {
    connection.respond(200, "written");
  });
  const place all(server.url());
  const std::string outside = all.folder().path("secret.txt");
  std::ofstream(outside) << "s3cret";
  using namespace std::string_literals;
  for (const std::string& key :
       {"../secret.txt"s, "../../secret.txt"s, "../../../secret.txt"s, "/etc/passwd"s, outside,
        "a/../../../secret.txt"s, "%2e%2e/%2e%2e/%2e%2e/secret.txt"s, "..\\..\\secret.txt"s,
        "../../../secret.txt\0.json"s, "."s, ".."s, "//secret.txt"s}) {
    INFO(key);
    handler_call save = step_of("DATA_SAVE", {}, {}, "system/s3-data-saver");
    save.custom_config = {{"destinationS3UriTemplate", "s3://b/" + key}};
    save.input = {{"contentToSave", "written"}};
    (void)all.call(save);
    (void)all.call(step_of("FILE_DOWNLOAD",
                           {{"sourceUrlTemplate", server.url()}, {"destinationKeyTemplate", key}},
                           {{"destinationBucket", "b"}}));
    handler_call load = step_of("DATA_LOAD", {}, {}, "system/s3-data-loader");
    load.custom_config = {{"sourceS3Uri", "s3://c/" + key}, {"outputFormat", "TEXT"}};
    CHECK_FALSE(all.call(load).has_value());
    const json::object attachment{{"filename", key},
                                  {"s3Pointer", {{"bucket", "c"}, {"key", key}}}};
    CHECK_FALSE(all.call(step_of("EMAIL", {{"from", "a@b.example"},
                                           {"to", "a@b.example"},
                                           {"subject", "s"},
                                           {"body", "b"},
                                           {"attachments", json::array{attachment}}}))
                    .has_value());
    handler_call prompt = model_call({{"promptTemplateId", key}});
    prompt.step.erase("directPrompt");
    CHECK_FALSE(all.call(prompt).has_value());
    CHECK_FALSE(all.call(step_of("MCP_CALL", {}, {{"mcpConnectionId", key}, {"toolName", "t"}}))
                    .has_value());
  }
  for (const char* bucket : {"..", "../..", "/etc", "a/b", ".meta", ""}) {
    handler_call save = step_of("DATA_SAVE", {}, {}, "system/s3-data-saver");
    save.custom_config = {{"destinationS3UriTemplate", "s3://" + std::string(bucket) + "/k"}};
    save.input = {{"contentToSave", "written"}};
    (void)all.call(save);
  }
  // Everything that was written lies in buckets.
  std::ifstream in(outside);
  CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == "s3cret");
  const std::filesystem::path root(all.folder().path("."));
  std::size_t written = 0;
  for (const auto& each : std::filesystem::recursive_directory_iterator(root)) {
    const std::string name = each.path().lexically_relative(root).string();
    INFO(name);
    CHECK((name == "secret.txt" || name == "services" || name.rfind("services/", 0) == 0));
    written += each.is_regular_file() ? 1 : 0;
  }
  CHECK(written > 5); // keys were taken, and lie in their bucket
}

TEST_CASE("what a flow names or sends is no command of a program") {
  const scratch folder;
  const std::string mark = folder.path("mark");
  service_options options;
  options.functions.functions["f"].command = {"/bin/cat"};
  options.mcp["m"].command = {"/bin/cat"}; // gives messages back, which are no responses
  options.mcp["m"].timeout = 200ms;
  const auto local = services::local_services::make(std::move(options), "").value();
  auto registry = steps::registry::with_system_modules();
  local->add_to(registry);
  for (const std::string& attack :
       {"f; touch " + mark, "f\ntouch " + mark, "$(touch " + mark + ")", "`touch " + mark + "`",
        "f' || touch " + mark + " #", std::string("--version")}) {
    INFO(attack);
    CHECK_FALSE(
        run(registry, step_of("CUSTOM_LAMBDA_INVOKE", {{"lambdaFunctionArnTemplate", attack}}))
            .has_value());
    handler_call function = step_of("CUSTOM_LAMBDA_INVOKE", {{"lambdaFunctionArnTemplate", "f"}},
                                    {{"payloadTemplate", {{"x", "$.x"}}}});
    function.fields["payloadTemplate"] = json::object{{"x", attack}};
    const auto echoed = run(registry, function);
    REQUIRE(echoed.has_value());
    CHECK(echoed->at("x") == json::value(attack));
    handler_call tool = step_of("MCP_CALL", {}, {{"mcpConnectionId", "m"}, {"toolName", attack}});
    tool.input = {{"x", attack}};
    (void)run(registry, tool);
    CHECK_FALSE(std::filesystem::exists(mark));
  }
}

TEST_CASE("an answer that is deep, broken or no UTF-8 breaks nothing that reads it") {
  std::string body;
  loopback_server server([&body](const arrived_request&, server_connection& connection) {
    connection.respond(200, body, {{"content-type", "application/json"}});
  });
  const place all(server.url());
  const std::string deep(200'000, '[');
  std::string wide = "{\"choices\":";
  for (int i = 0; i < 100'000; ++i)
    wide += "{\"a\":";
  for (const std::string& each : {deep, wide, std::string("{\"a\": \"\xff\xfe\xc0\x80\"}"),
                                  std::string("\xed\xa0\x80"), std::string("{\"a\":1e999999}"),
                                  std::string("{\"id\":{},\"result\":[]}"), std::string("null")}) {
    body = each;
    for (const handler_call& call : requests_to(server.url())) {
      INFO(call.step_type << ", " << each.substr(0, 40));
      const auto outcome = all.call(call);
      // Whatever it became is JSON that can be stored and read again.
      const std::string text = outcome ? stringify(*outcome) : outcome.error().message;
      CHECK(parse_json(outcome ? text : stringify(json::value(text)), "outcome").has_value());
    }
  }
}

TEST_CASE("a server that sends a byte now and then costs a step its time limit and no more") {
  loopback_server server([](const arrived_request&, server_connection& connection) {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    while (connection.send("x"))
      std::this_thread::sleep_for(20ms);
    connection.close();
  });
  const place all(server.url(), {}, 100ms);
  for (handler_call each : requests_to(server.url())) {
    if (each.step.contains("mediaAttachments"))
      continue; // waits for ten seconds
    INFO(each.step_type);
    each.custom_config = {{"timeoutMs", 100}};
    const auto begin = std::chrono::steady_clock::now();
    CHECK(all.call(each).error().name == "TransientStepError");
    CHECK(std::chrono::steady_clock::now() - begin < 5s);
  }
}

TEST_CASE("an answer beyond the limit is refused for every step that keeps it in memory") {
  loopback_server server([](const arrived_request&, server_connection& connection) {
    connection.send("HTTP/1.1 200 OK\r\n\r\n");
    const std::string part(std::size_t{64} * 1024, 'x');
    while (connection.send(part)) {
    }
    connection.close();
  });
  http_options rules;
  rules.response_bytes_max = 1'000'000;
  const place all(server.url(), rules);
  for (const handler_call& each : requests_to(server.url())) {
    if (each.step_type == "FILE_DOWNLOAD")
      continue; // has a limit of its own: object_modules_test
    const auto outcome = all.call(each);
    INFO(each.step_type);
    REQUIRE_FALSE(outcome.has_value());
    INFO(outcome.error().message);
    CHECK(outcome.error().message.find("is larger than its limit") != std::string::npos);
  }
}

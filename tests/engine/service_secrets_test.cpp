// SPDX-License-Identifier: Apache-2.0
//
// What the configuration took from the environment is nowhere afterwards: not in what an execution
// says of itself, not in messages, not in a file of the database or of the services.
#include "catch.hpp"
#include "flow_fixture.hpp"
#include "loopback_server.hpp"
#include "smtp_sink.hpp"

#include <millrace/engine.hpp>

#include <filesystem>
#include <fstream>

using namespace millrace;
using namespace millrace::testing;

namespace {

constexpr const char* secret = "s3cret-0f-the-environment";

constexpr const char* configuration = R"({
  'folder': 'FOLDER/services',
  'http': {'headers': {'127.0.0.1': {'X-Token': '${S}'}}},
  'functions': {'program': {'command': ['/bin/sh', '-c', 'exit 3'], 'environment': {'K': '${S}'}},
                'echo': {'command': ['/bin/sh', '-c', 'printf %s \u0022$K\u0022 | wc -c'],
                         'environment': {'K': '${S}'}},
                'endpoint': {'url': 'BASE/function'}},
  'mail': {'smtp': 'MAIL', 'user': 'u', 'password': '${S}', 'requireTls': false},
  'mcp': {'http': {'url': 'BASE/mcp', 'headers': {'Authorization': 'Bearer ${S}'}},
          'program': {'command': ['/bin/sh', '-c', 'exit 3'], 'environment': {'K': '${S}'}}},
  'llm': {'providers': {'OPENAI': {'url': 'BASE/v1', 'apiKey': '${S}'}}},
  'secrets': {'tools': {'key': '${S}'}, 'other': '${S}\nX: y'}})";

constexpr const char* members_of_steps[] = {
    R"('stepType': 'API_CALL', 'apiHttpMethod': 'GET',
       'apiUrlTemplate': {'template': 'BASE/api', 'contextMappings': {}})",
    R"('stepType': 'FILE_DOWNLOAD', 'sourceUrlTemplate': 'BASE/file')",
    R"('stepType': 'CUSTOM_LAMBDA_INVOKE', 'lambdaFunctionArnTemplate': 'program')",
    R"('stepType': 'CUSTOM_LAMBDA_INVOKE', 'lambdaFunctionArnTemplate': 'echo')",
    R"('stepType': 'CUSTOM_LAMBDA_INVOKE', 'lambdaFunctionArnTemplate': 'endpoint')",
    R"('stepType': 'EMAIL', 'from': 'a@b.example', 'to': 'a@b.example', 'subject': 's', 'body': 'b')",
    R"('stepType': 'MCP_CALL', 'mcpConnectionId': 'http', 'toolName': 't')",
    R"('stepType': 'MCP_CALL', 'mcpConnectionId': 'program', 'toolName': 't')",
    R"('stepType': 'MCP_CALL', 'mcpConnectionId': 'bundled', 'toolName': 't')",
    R"('stepType': 'MCP_CALL', 'mcpConnectionId': 'broken', 'toolName': 't')",
    R"('stepType': 'LLM_INVOCATION', 'llmProvider': 'OPENAI', 'modelId': 'm', 'directPrompt': 'p')",
};

std::string filled(std::string text, const std::string& mark, const std::string& with) {
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark))
    text.replace(at, mark.size(), with);
  return text;
}

std::string everything_said(engine& running, const std::string& id) {
  const auto ended = running.wait(id, patience).value();
  std::string said = stringify(ended.context);
  if (ended.error)
    said += ended.error->error_name + ended.error->error_message +
            stringify(ended.error->error_details);
  for (const json::object& record : running.step_records(id).value())
    said += stringify(record);
  for (const stand_in& each : running.stand_ins())
    said += each.identifier + each.what;
  return said;
}

void check_files(const std::filesystem::path& folder) {
  for (const auto& each : std::filesystem::recursive_directory_iterator(folder)) {
    if (!each.is_regular_file())
      continue;
    INFO(each.path());
    CHECK(each.path().string().find(secret) == std::string::npos);
    std::ifstream in(each.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    CHECK(bytes.find(secret) == std::string::npos);
  }
}

} // namespace

TEST_CASE("a secret of the environment reaches the other side and nothing else") {
  const scratch_folder folder;
  for (const int status : {200, 401, 500}) {
    loopback_server server([status](const arrived_request&, server_connection& connection) {
      connection.respond(status, R"({"choices":[{"message":{"content":"said"}}]})");
    });
    const std::vector<std::pair<std::string, std::string>> replies{
        {"AUTH", status == 200 ? "235 welcome" : "535 no"}};
    const smtp_sink mail(replies);
    const auto options = parse_service_options(
        json_of(filled(filled(filled(configuration, "BASE", server.url("")), "MAIL", mail.url()),
                       "FOLDER", folder.file(std::to_string(status)))),
        "millrace.json", [](const std::string&) { return std::string(secret); });
    INFO((options ? "" : options.error().message()));
    REQUIRE(options.has_value());
    engine_options opened = virtual_time();
    opened.database = folder.file(std::to_string(status) + ".db");
    opened.services = *options;
    engine running = engine::open(std::move(opened)).value();
    for (const char* step : members_of_steps) {
      const std::string flow = R"({'formatVersion': '1.0', 'exportedAt': '2024-01-31T12:00:00Z',
          'flows': [{'id': 'f', 'version': 1, 'isPublished': true, 'startStepInstanceId': 's',
            'steps': {'s': {'stepInstanceId': 's', )" +
                               filled(step, "BASE", server.url("")) + R"(}}}],
          'mcpConnections': [
            {'id': 'bundled', 'name': 'B', 'serverUrl': ')" +
                               server.url("/mcp") + R"(', 'authentication':
              {'type': 'API_KEY', 'secretArn': 'tools', 'secretJsonKey': 'key'}},
            {'id': 'broken', 'name': 'B', 'serverUrl': ')" +
                               server.url("/mcp") + R"(', 'authentication':
              {'type': 'BEARER_TOKEN', 'secretArn': 'other', 'secretJsonKey': 'key'}}]})";
      const auto defined = running.define(json_of(flow), "flow");
      INFO((defined ? "" : defined.error().message()));
      REQUIRE(defined.has_value());
      const auto id = running.start(json::object{{"flowDefinitionId", "f"}}).value();
      INFO(status << ", " << step);
      CHECK(everything_said(running, id).find(secret) == std::string::npos);
    }
    bool has_arrived = false;
    for (const arrived_request& each : server.requests())
      for (const auto& [name, value] : each.headers)
        has_arrived = has_arrived || value.find(secret) != std::string::npos;
    CHECK(has_arrived);
    check_files(std::filesystem::path(folder.file("x")).parent_path()); // with the engine open
    running.stop();
    check_files(std::filesystem::path(folder.file("x")).parent_path());
  }
}

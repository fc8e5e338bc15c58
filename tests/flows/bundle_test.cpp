// SPDX-License-Identifier: Apache-2.0
#include <millrace/bundle.hpp>

#include "catch.hpp"

#include <string>
#include <string_view>
#include <vector>

using namespace millrace;
using flows::read_flow_source;

namespace {

flows::flow_source read(std::string_view text) {
  return read_flow_source(json::parse(json::string_view(text.data(), text.size())), "test.json");
}

struct refusal {
  const char* document;
  const char* severity;
  const char* pointer;
  const char* words;
};

} // namespace

TEST_CASE("one flow definition is read with its variables and whether it is published") {
  const auto source = read(R"({"id": "f", "version": 2, "isPublished": false, "steps": {},
                               "flowVariables": {"v": 1}, "startStepInstanceId": "a"})");
  CHECK(flows::describe(source.problems) == "");
  REQUIRE(source.flows.size() == 1);
  CHECK(source.flows[0].definition.at("version") == 2);
  CHECK(source.flows[0].flow_variables.at("v") == 1);
  CHECK_FALSE(source.flows[0].is_published);
  CHECK(source.flows[0].source == "test.json");
  CHECK(source.flows[0].pointer == "");
}

TEST_CASE("a flow in the authoring format counts as published") {
  const auto source = read(R"({"id": "f", "steps": {}, "startStepInstanceId": "a"})");
  REQUIRE(source.flows.size() == 1);
  CHECK(source.flows[0].is_published);
  CHECK_FALSE(source.flows[0].definition.contains("isPublished"));
}

TEST_CASE("an array of flows keeps its order") {
  const auto source = read(R"([{"id": "b", "steps": {}}, {"id": "a", "steps": {}}])");
  CHECK(flows::describe(source.problems) == "");
  REQUIRE(source.flows.size() == 2);
  CHECK(source.flows[0].definition.at("id") == "b");
  CHECK(source.flows[1].pointer == "/1");
}

TEST_CASE("an export bundle is taken apart into its sections") {
  const auto source = read(R"({
    "formatVersion": "1.0", "exportedAt": "2024-01-01T00:00:00.000Z",
    "flows": [{"id": "f", "version": 1, "isPublished": true, "steps": {}}],
    "stepDefinitions": [{"id": "s", "name": "S", "stepType": "NO_OP", "own": 1}],
    "agents": [{"id": "a", "name": "A", "flowIds": ["f"], "flowVariables": {"v": 1}}],
    "promptTemplates": [{"id": "p", "content": "..."}],
    "mcpConnections": [{"id": "m", "name": "M", "serverUrl": "https://mcp.example/",
      "authentication": {"type": "API_KEY", "secretArn": "s", "secretJsonKey": "k"}}],
    "options": {"overwrite": true}})");
  CHECK(flows::describe(source.problems) == "");
  REQUIRE(source.flows.size() == 1);
  CHECK(source.flows[0].pointer == "/flows/0");
  REQUIRE(source.step_definitions.size() == 1);
  CHECK(source.step_definitions[0].at("own") == 1);
  REQUIRE(source.agents.size() == 1);
  CHECK(source.agents[0].at("flows") == json::array{"f"});
  CHECK(source.agents[0].at("flowVariables").at("v") == 1);
  CHECK(source.other.size() == 3);
  CHECK(source.other.at("promptTemplates").at(0).at("id") == "p");
}

TEST_CASE("a bundle may hold no flows") {
  const auto source = read(R"({"formatVersion": "1.0", "exportedAt": "2024-01-01T00:00:00Z"})");
  CHECK(flows::describe(source.problems) == "");
  CHECK(source.flows.empty());
}

TEST_CASE("a disabled agent is warned of and known as such") {
  const auto source = read(R"({"formatVersion": "1.0", "exportedAt": "2024-01-01T00:00:00Z",
    "agents": [{"id": "a", "name": "A", "enabled": false, "flowVariables": {"v": 1}}]})");
  REQUIRE(source.agents.size() == 1);
  CHECK(source.agents[0].at("enabled") == false);
  REQUIRE(source.problems.size() == 1);
  CHECK(source.problems[0].pointer == "/agents/0/enabled");
}

TEST_CASE("a document that is no flow source says what was expected and what is there") {
  const std::vector<refusal> refusals{
      {"5", "error", "",
       "this is no flow: expected an object with id, steps and "
       "startStepInstanceId, or an export bundle with formatVersion, but it is "
       "the number 5"},
      {"null", "error", "", "but it is null"},
      {R"({"orders": []})", "error", "", "this is no flow"},
      {"[]", "warning", "", "holds no flows"},
      {R"([{"id": "f", "steps": {}}, {"orders": []}, 5])", "error", "/1", "this is no flow"},
      {R"([{"id": "f", "steps": {}}, {"id": "f", "steps": {}}])", "error", "/1/id",
       "version 1 of flow \"f\" stands in this source twice"},
      {R"({"formatVersion": "2.0", "flows": 5})", "error", "/formatVersion",
       "format version is the text \"2.0\", but only \"1.0\" can be read"},
      {R"({"formatVersion": 1})", "error", "/formatVersion", "the number 1"},
      {R"({"formatVersion": "1.0"})", "warning", "", "exportedAt is missing"},
      {R"({"formatVersion": "1.0", "exportedAt": "now"})", "warning", "/exportedAt",
       "UTC time stamp"},
      {R"({"formatVersion": "1.0", "exportedAt": "2024-01-01T00:00:00Z", "flows": {}})", "error",
       "/flows", "an array"},
      {R"({"formatVersion": "1.0", "exportedAt": "2024-01-01T00:00:00Z", "flows": [{}]})", "error",
       "/flows/0", "this is no flow"},
      {R"({"formatVersion": "1.0", "exportedAt": "2024-01-01T00:00:00Z", "stepDefinitions": [5]})",
       "error", "/stepDefinitions/0", "an object with an id, but this is the number 5"},
      {R"({"formatVersion": "1.0", "exportedAt": "2024-01-01T00:00:00Z",
           "stepDefinitions": [{"name": "S", "stepType": "NO_OP"}]})",
       "error", "/stepDefinitions/0", "id is missing"},
      {R"({"formatVersion": "1.0", "exportedAt": "2024-01-01T00:00:00Z",
           "agents": [{"id": "a", "name": "A", "flowIds": [5]}]})",
       "error", "/agents/0/flowIds/0", "must be a text"},
      {R"({"formatVersion": "1.0", "exportedAt": "2024-01-01T00:00:00Z",
           "agents": [{"id": "a", "name": "A", "flowVariables": 5}]})",
       "error", "/agents/0/flowVariables", "an object"},
      {R"({"formatVersion": "1.0", "exportedAt": "2024-01-01T00:00:00Z",
           "promptTemplates": [{"id": 5}]})",
       "error", "/promptTemplates/0/id", "the number 5"},
      {R"({"formatVersion": "1.0", "exportedAt": "2024-01-01T00:00:00Z",
           "mcpConnections": [{"id": "m", "name": "M"}]})",
       "error", "/mcpConnections/0", "serverUrl is missing"},
      {R"({"formatVersion": "1.0", "exportedAt": "2024-01-01T00:00:00Z",
           "mcpConnections": [{"id": "m", "name": "M", "serverUrl": "http:"}]})",
       "error", "/mcpConnections/0/serverUrl", "must be a URL"},
      {R"({"formatVersion": "1.0", "exportedAt": "2024-01-01T00:00:00Z",
           "mcpConnections": [{"id": "m", "name": "M", "serverUrl": "http://h"}]})",
       "error", "/mcpConnections/0", "authentication is missing"},
      {R"({"formatVersion": "1.0", "exportedAt": "2024-01-01T00:00:00Z",
           "mcpConnections": [{"id": "m", "name": "M", "serverUrl": "http://h",
           "authentication": {"type": "BASIC"}}]})",
       "error", "/mcpConnections/0/authentication/type", "one of \"NONE\", \"BEARER_TOKEN\""},
      {R"({"formatVersion": "1.0", "exportedAt": "2024-01-01T00:00:00Z",
           "mcpConnections": [{"id": "m", "name": "M", "serverUrl": "http://h",
           "authentication": {"type": "API_KEY", "secretArn": "s"}}]})",
       "error", "/mcpConnections/0/authentication", "secretJsonKey is missing"},
      {R"({"formatVersion": "1.0", "exportedAt": "2024-01-01T00:00:00Z", "Flows": []})", "warning",
       "/Flows", "write \"flows\" if that is meant"},
  };
  for (const refusal& each : refusals) {
    INFO(each.document);
    const auto source = read(each.document);
    INFO(flows::describe(source.problems));
    REQUIRE_FALSE(source.problems.empty());
    const flows::problem& first = source.problems.front();
    CHECK(flows::describe({first}).rfind(each.severity, 0) == 0);
    CHECK(first.pointer == each.pointer);
    CHECK(first.message.find(each.words) != std::string::npos);
  }
}

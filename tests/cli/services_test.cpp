// SPDX-License-Identifier: Apache-2.0
//
// millrace run with a configuration: what names of functions mean, and what is said of it.
#include "command.hpp"

#include "catch.hpp"

using namespace millrace::cli::testing;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void write_flow(const workplace& place) {
  place.write("price.json", R"({"id": "price", "startStepInstanceId": "ask", "steps": {
    "ask": {"stepInstanceId": "ask", "displayName": "Ask", "stepType": "CUSTOM_LAMBDA_INVOKE",
            "lambdaFunctionArnTemplate": "arn:aws:lambda:eu:1:function:{{which}}",
            "payloadTemplate": {"sku": "$.sku"}, "outputMappings": {"$.price": "$.sku"}}}})");
}

const char* const input = R"({"which": "price", "sku": "A-1"})";

} // namespace

TEST_CASE("a function of the configuration runs, and run says what stood in") {
  const workplace place;
  write_flow(place);
  place.write("own.json", R"({"functions": {"price": {"command": ["cat"]}}})");
  const outcome ran = place.run(
      {"run", "price.json", "--config", "own.json", "--input", input, "--output", "json"});
  INFO(ran.err);
  CHECK(ran.status == 0);
  CHECK(ran.executions().at(0).at("context").at("price") == "A-1");
  CHECK(has(ran.err, "CUSTOM_LAMBDA_INVOKE was run by "));
}

TEST_CASE("millrace.json of the folder is read without being named") {
  const workplace place;
  write_flow(place);
  CHECK(place.run({"run", "price.json", "--input", input}).status == 1);
  place.write("millrace.json", R"({"functions": {"price": {"command": ["cat"]}}})");
  CHECK(place.run({"run", "price.json", "--input", input}).status == 0);
}

TEST_CASE("a configuration that is wrong is refused with its place, and nothing is begun") {
  const workplace place;
  write_flow(place);
  place.write("own.json", "{\n \"functions\": {\"price\": {\"comand\": [\"cat\"]}}}");
  const outcome refused = place.run(
      {"run", "price.json", "--config", "own.json", "--input", input, "--db", "state.db"});
  CHECK(refused.status == 2);
  CHECK(has(refused.err, "own.json:2:"));
  CHECK(has(refused.err, "\"command\" was probably meant"));
  CHECK_FALSE(place.has("state.db"));
  CHECK(place.run({"run", "price.json", "--config", "none.json", "--input", input}).status == 2);
}

TEST_CASE("resume runs on with the configuration too") {
  const workplace place;
  place.write("wait.json", R"({"id": "wait", "startStepInstanceId": "w", "steps": {
    "w": {"stepInstanceId": "w", "displayName": "W", "stepType": "WAIT_FOR_EXTERNAL_EVENT",
          "correlationKeyTemplate": "go", "defaultNextStepInstanceId": "ask"},
    "ask": {"stepInstanceId": "ask", "displayName": "A", "stepType": "CUSTOM_LAMBDA_INVOKE",
            "lambdaFunctionArnTemplate": "echo", "payloadTemplate": {"x": "$.x"},
            "outputMappings": {"$.y": "$.x"}}}})");
  place.write("own.json", R"({"functions": {"echo": {"command": ["cat"]}}})");
  const outcome waits =
      place.run({"run", "wait.json", "--input", R"({"x": 7})", "--db", "state.db"});
  INFO(waits.err);
  const outcome resumed =
      place.run({"resume", "go", "--db", "state.db", "--config", "own.json", "--output", "json"});
  INFO(resumed.err);
  CHECK(resumed.status == 0);
  CHECK(resumed.executions().at(0).at("status") == "COMPLETED");
  CHECK(place.run({"resume", "go", "--db", "state.db", "--config", "none.json"}).status == 2);
}

TEST_CASE("values of environment variables reach a function and nothing else") {
  const workplace place;
  write_flow(place);
  place.write("own.json", R"({"functions": {"price": {"command": ["sh", "-c",
      "test \"$TOKEN\" = s3cret && echo '{\"sku\": \"with token\"}'"],
      "environment": {"TOKEN": "${PRICE_TOKEN}"}}}})");
  const std::vector<std::string> words = {"run",     "price.json", "--config", "own.json",
                                          "--input", input,        "--output", "json"};
  const outcome without = place.run(words);
  CHECK(without.status == 2);
  CHECK(has(without.err, "the environment variable \"PRICE_TOKEN\" is not set"));
  circumstances with_token;
  with_token.environment = {"PRICE_TOKEN=s3cret"};
  const outcome ran = place.run(words, with_token);
  INFO(ran.err);
  CHECK(ran.executions().at(0).at("context").at("price") == "with token");
  CHECK_FALSE(has(ran.out + ran.err, "s3cret"));
}

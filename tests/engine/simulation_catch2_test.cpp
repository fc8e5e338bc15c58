// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"

#include <millrace/simulation_catch2.hpp>

#include <string>

using namespace millrace;
using namespace millrace::simulation;

namespace {

const json::value hello = json::parse(R"({"id": "hello", "startStepInstanceId": "a", "steps": {
  "a": {"stepInstanceId": "a", "displayName": "A", "stepType": "NO_OP"}}})");

world after_hello() {
  world_options options;
  options.seed = 42;
  world stage = world::open(std::move(options)).value();
  stage.define({{hello, "hello"}}).value();
  stage.start(json::object{{"flowDefinitionId", "hello"}}).value();
  stage.run().value();
  return stage;
}

} // namespace

TEST_CASE("a world that does what is expected meets the expectation") {
  const world stage = after_hello();
  CHECK_THAT(stage, meets(expectation{}.ends(execution_status::completed).enters("a")));
  CHECK_THAT(stage, !meets(expectation{}.ends(execution_status::failed)));
}

TEST_CASE("a world that does not is told with sentences, seed and trace") {
  const world stage = after_hello();
  const auto matcher = meets(expectation{}.ends(execution_status::failed).never_enters("a"));
  REQUIRE_FALSE(matcher.match(stage));
  const std::string told = matcher.describe();
  INFO(told);
  CHECK(told.find("expected the status FAILED, but it is COMPLETED.") != std::string::npos);
  CHECK(told.find("the step \"a\" must never be entered") != std::string::npos);
  CHECK(told.find("seed 42") != std::string::npos);
  CHECK(told.find(stage.trace()) != std::string::npos);
  CHECK(Catch::StringMaker<world>::convert(stage) == "the world of seed 42");
}

TEST_CASE("an expectation of an execution that is not there is told as such") {
  const world stage = after_hello();
  const auto matcher = meets(expectation{}, "nobody");
  REQUIRE_FALSE(matcher.match(stage));
  CHECK(matcher.describe().find("The run has no execution nobody.") != std::string::npos);
}

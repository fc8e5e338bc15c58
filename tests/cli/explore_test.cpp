// SPDX-License-Identifier: Apache-2.0
//
// millrace explore: findings, exit status, and tests that run.
#include "command.hpp"

#include "catch.hpp"

using namespace millrace::cli::testing;

namespace {

const std::string examples = MILLRACE_SOURCE_DIR "/flows/examples";

} // namespace

TEST_CASE("the sample flows are explored without a finding, and the tests found pass") {
  const workplace place;
  const outcome found = place.run({"explore", examples, "--tests", "found.test.json"});
  INFO(found.out << found.err);
  CHECK(found.status == 0);
  const outcome tested = place.run({"test", "found.test.json"});
  INFO(tested.out << tested.err);
  CHECK(tested.status == 0);
}

TEST_CASE("mocked failures, waits and unsupported steps give tests that pass") {
  const workplace place;
  place.write("mail.json", R"({"id": "mail", "startStepInstanceId": "send", "steps": {
    "send": {"stepInstanceId": "send", "displayName": "Send", "stepType": "EMAIL",
             "from": "a@example.com", "to": "b@example.com", "subject": "s", "body": "b",
             "onError": {"fallbackStepInstanceId": "wait"},
             "defaultNextStepInstanceId": "wait"},
    "wait": {"stepInstanceId": "wait", "displayName": "Wait",
             "stepType": "WAIT_FOR_EXTERNAL_EVENT", "correlationKeyTemplate": "mail:{{id}}",
             "maxWaitTimeSeconds": 60, "defaultNextStepInstanceId": "end"},
    "end": {"stepInstanceId": "end", "displayName": "End", "stepType": "END_FLOW"}}})");
  const outcome found =
      place.run({"explore", "mail.json", "--tests", "found.test.json", "--output", "json"});
  INFO(found.out << found.err);
  CHECK(found.status == 0);
  CHECK(found.document().at("complete").as_bool());
  const outcome tested = place.run({"test", "found.test.json"});
  INFO(tested.out << tested.err);
  CHECK(tested.status == 0);
}

TEST_CASE("a defect gives the exit status 1, bad usage 2") {
  const workplace place;
  place.write("f.json", R"({"id": "f", "startStepInstanceId": "a", "steps": {
    "a": {"stepInstanceId": "a", "displayName": "A", "stepType": "END_FLOW"},
    "lost": {"stepInstanceId": "lost", "displayName": "L", "stepType": "END_FLOW"}}})");
  const outcome found = place.run({"explore", "f.json"});
  CHECK(found.status == 1);
  CHECK(found.out.find("defect: f/lost: nothing leads to this step [unreachable_step]") !=
        std::string::npos);
  CHECK(place.run({"explore"}).status == 2);
  CHECK(place.run({"explore", "f.json", "--flow", "none"}).status == 2);
}

// SPDX-License-Identifier: Apache-2.0
#include <millrace/execution.hpp>

#include "catch.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace millrace;

namespace {

json::object parse_object(std::string_view text) {
  return json::parse(json::string_view(text.data(), text.size())).as_object();
}

} // namespace

TEST_CASE("every status has a name that reads back as itself") {
  for (const auto status :
       {execution_status::initializing, execution_status::running, execution_status::waiting,
        execution_status::completed, execution_status::failed, execution_status::cancelled,
        execution_status::timed_out}) {
    CHECK(parse_execution_status(to_string(status)) == status);
  }
  CHECK(std::string(to_string(execution_status::timed_out)) == "TIMED_OUT");
  CHECK(std::string(to_string(execution_kind::root)) == "ROOT");
  CHECK(std::string(to_string(execution_kind::async_subflow)) == "ASYNC_SUBFLOW");
  CHECK(std::string(to_string(execution_kind::sync_subflow)) == "SYNC_SUBFLOW");
  CHECK_FALSE(parse_execution_status("completed"));
  CHECK_FALSE(parse_execution_status(""));
  CHECK(is_terminal(execution_status::failed));
  CHECK_FALSE(is_terminal(execution_status::waiting));
}

TEST_CASE("an error info survives the way through JSON") {
  error_info info;
  info.error_name = "Oops";
  info.error_message = "It broke.";
  info.error_details = parse_object(R"({"failedStepInstanceId": "a"})");
  info.is_retryable = true;
  const json::object text = info.to_json();
  CHECK(text == parse_object(R"({"errorName": "Oops", "errorMessage": "It broke.",
                                 "errorDetails": {"failedStepInstanceId": "a"},
                                 "isRetryable": true})"));
  const error_info again = error_info::from_json(text);
  CHECK(again.to_json() == text);
  CHECK_FALSE(error_info{}.to_json().contains("errorDetails"));
  CHECK(error_info::from_json(parse_object(R"({"errorName": 5})")).error_name == "");
}

TEST_CASE("a start request takes what the schema knows and drops the rest") {
  const auto request = parse_start_request(parse_object(R"({
    "flowDefinitionId": "f", "flowVersion": "7", "initialContextData": {"a": [1]},
    "flowExecutionId": "00000000-0000-4000-8000-00000000000A", "triggerSource": "test",
    "enableExecutionLogs": false, "unknown": 1, "depth": 9, "executionKind": "ROOT",
    "parentFlowExecutionId": "99999999-aaaa-4bbb-8ccc-dddddddddddd",
    "notificationConfig": {"webhookUrl": "https://example.org/x", "colour": "red"},
    "executionOverrides": {"stepOverrides": {"a": {"literals": {}}},
                           "startStepInstanceId": "b", "other": 1}})"));
  REQUIRE(request.has_value());
  CHECK(to_json(*request) == parse_object(R"({
    "flowDefinitionId": "f", "flowVersion": "7", "initialContextData": {"a": [1]},
    "flowExecutionId": "00000000-0000-4000-8000-00000000000A", "triggerSource": "test",
    "enableExecutionLogs": false,
    "notificationConfig": {"webhookUrl": "https://example.org/x", "events": ["TERMINAL"]},
    "executionOverrides": {"stepOverrides": {"a": {"literals": {}}},
                           "startStepInstanceId": "b"}})"));
  const auto again = parse_start_request(to_json(*request));
  REQUIRE(again.has_value());
  CHECK(to_json(*again) == to_json(*request));
}

TEST_CASE("of a state to start from a start request takes the step and the context") {
  const json::object input = parse_object(R"({
    "flowDefinitionId": "f", "flowVersion": "1", "initialContextData": {},
    "executionOverrides": {"stepOverrides": {"a": {}}, "startFromState":
      {"currentStepInstanceId": "b", "currentContextData": {"x": [1, {"y": 2}]}}}})");
  json::object with_more = input;
  with_more["executionOverrides"].at("startFromState").as_object()["flowExecutionId"] = "another";
  const auto request = parse_start_request(with_more);
  REQUIRE(request.has_value());
  REQUIRE(request->start_from_state.has_value());
  CHECK(request->start_from_state->step_instance_id == "b");
  CHECK(request->start_from_state->context == parse_object(R"({"x": [1, {"y": 2}]})"));
  CHECK(request->execution_overrides == parse_object(R"({"stepOverrides": {"a": {}}})"));
  CHECK(to_json(*request) == input);

  json::object alone = input;
  alone["executionOverrides"].as_object().erase("stepOverrides");
  const auto bare = parse_start_request(alone);
  REQUIRE(bare.has_value());
  CHECK_FALSE(bare->execution_overrides); // expressions see none
  CHECK(to_json(*bare) == alone);
}

TEST_CASE("a start request needs no more than a flow") {
  const auto request = parse_start_request(parse_object(R"({"flowDefinitionId": "f"})"));
  REQUIRE(request.has_value());
  CHECK(request->flow_version == "LATEST_PUBLISHED");
  CHECK(request->initial_context_data.empty());
  CHECK(request->flow_execution_id.empty());
  CHECK_FALSE(request->enable_execution_logs);
  CHECK_FALSE(request->notification_config);
  CHECK_FALSE(request->execution_overrides);
  // An empty version is a text: that no such version exists is the start's failure, not the
  // request's.
  const auto unversioned =
      parse_start_request(parse_object(R"({"flowDefinitionId": "f", "flowVersion": ""})"));
  CHECK(unversioned.has_value());
}

TEST_CASE("a wrong start request is refused and every wrong member named") {
  const std::vector<std::pair<const char*, std::vector<const char*>>> refusals{
      {R"({})", {"flowDefinitionId must be a text that is not empty, but is missing"}},
      {R"({"flowDefinitionId": ""})", {"flowDefinitionId", "but is an empty text"}},
      {R"({"flowDefinitionId": "f", "flowVersion": 1})",
       {"flowVersion must be a text such as \"1\"", "but is the number 1"}},
      {R"({"flowDefinitionId": "f", "flowVersion": null})", {"flowVersion", "but is null"}},
      {R"({"flowDefinitionId": "f", "initialContextData": null})",
       {"initialContextData must be an object, but is null"}},
      {R"({"flowDefinitionId": "f", "initialContextData": [1]})",
       {"initialContextData must be an object, but is an array"}},
      {R"({"flowDefinitionId": "f", "flowExecutionId": "abc"})",
       {"flowExecutionId must be a UUID, but is the text \"abc\""}},
      {R"({"flowDefinitionId": "f", "enableExecutionLogs": "true"})",
       {"enableExecutionLogs must be true or false"}},
      {R"({"flowDefinitionId": 1, "triggerSource": 2, "initialContextData": 3})",
       {"flowDefinitionId", "triggerSource must be a text", "initialContextData"}},
      {R"({"flowDefinitionId": "f", "rootFlowExecutionId": "x", "depth": -1,
           "executionKind": "CHILD"})",
       {"rootFlowExecutionId", "depth", "executionKind"}},
      {R"({"flowDefinitionId": "f", "notificationConfig": {"webhookUrl": "example.org",
           "snsTopicArn": "arn:aws:sqs:x", "sqsUrl": "https://", "events": ["END"],
           "correlationKey": 5}})",
       {"notificationConfig.webhookUrl must be a URL", "notificationConfig.snsTopicArn",
        "notificationConfig.sqsUrl", "notificationConfig.events",
        "notificationConfig.correlationKey"}},
      {R"({"flowDefinitionId": "f", "executionOverrides": {"stepOverrides": {"a": 5},
           "startStepInstanceId": 5, "startFromState": {}}})",
       {"executionOverrides.stepOverrides.a must be an object",
        "executionOverrides.startStepInstanceId",
        "executionOverrides.startFromState.currentStepInstanceId must be a text that is not empty, "
        "but is missing",
        "executionOverrides.startFromState.currentContextData must be an object, but is missing"}},
      {R"({"flowDefinitionId": "f", "executionOverrides": {"startFromState": "a"}})",
       {"executionOverrides.startFromState must be an object, but is the text \"a\""}},
      {R"({"flowDefinitionId": "f", "executionOverrides": {"startFromState":
           {"currentStepInstanceId": "", "currentContextData": []}}})",
       {"executionOverrides.startFromState.currentStepInstanceId",
        "executionOverrides.startFromState.currentContextData must be an object, but is an empty "
        "array"}},
  };
  for (const auto& [input, words] : refusals) {
    INFO(input);
    const auto request = parse_start_request(parse_object(input));
    REQUIRE(request.has_error());
    CHECK(request.error().code() == errc::invalid_input);
    const std::string message = request.error().message();
    INFO(message);
    CHECK(message.back() == '.');
    for (const char* word : words) {
      CHECK(message.find(word) != std::string::npos);
    }
  }
}

TEST_CASE("a UUID is 36 hexadecimal digits and dashes, of any version and case") {
  CHECK(is_uuid("00000000-0000-0000-0000-000000000000"));
  CHECK(is_uuid("ABCDEF00-0000-9999-ffff-000000000000"));
  CHECK_FALSE(is_uuid(""));
  CHECK_FALSE(is_uuid("00000000000040008000000000000000"));
  CHECK_FALSE(is_uuid("00000000-0000-4000-8000-00000000000g"));
  CHECK_FALSE(is_uuid("00000000-0000-4000-80000-0000000000a"));
  CHECK_FALSE(is_uuid(" 00000000-0000-4000-8000-00000000000"));
  CHECK_FALSE(is_uuid("00000000-0000-4000-8000-0000000000000"));
}

TEST_CASE("a version 7 UUID holds the time and the random bits in their places") {
  // The example of RFC 9562, appendix A.6.
  CHECK(make_uuid_v7(0x017F22E279B0, 0xCC3, 0x18C4DC0C0C07398F) ==
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  CHECK(make_uuid_v7(0, 0, 0) == "00000000-0000-7000-8000-000000000000");
  CHECK(make_uuid_v7(1, ~std::uint64_t{0}, ~std::uint64_t{0}) ==
        "00000000-0001-7fff-bfff-ffffffffffff");
  CHECK(is_uuid(make_uuid_v7(1'700'000'000'000, 1, 2)));
  CHECK(make_uuid_v7(1'700'000'000'000, ~std::uint64_t{0}, 0) <
        make_uuid_v7(1'700'000'000'001, 0, 0));
}

TEST_CASE("time stamps follow the Gregorian calendar into any year") {
  const std::vector<std::pair<std::int64_t, const char*>> stamps{
      {0, "1970-01-01T00:00:00.000Z"},
      {-1, "1969-12-31T23:59:59.999Z"},
      {1'704'067'200'000, "2024-01-01T00:00:00.000Z"},
      {1'709'164'800'123, "2024-02-29T00:00:00.123Z"},
      {951'782'400'000, "2000-02-29T00:00:00.000Z"},
      {4'107'542'399'999, "2100-02-28T23:59:59.999Z"},
      {253'402'300'799'999, "9999-12-31T23:59:59.999Z"},
      {253'402'300'800'000, "+010000-01-01T00:00:00.000Z"},
      {-62'167'219'200'000, "0000-01-01T00:00:00.000Z"},
      {-62'167'219'200'001, "-000001-12-31T23:59:59.999Z"},
      {8'640'000'000'000'000, "+275760-09-13T00:00:00.000Z"},
      {-8'640'000'000'000'000, "-271821-04-20T00:00:00.000Z"},
  };
  for (const auto& [ms, expected] : stamps) {
    CHECK(format_timestamp(ms) == expected);
  }
  CHECK_FALSE(format_timestamp(std::numeric_limits<std::int64_t>::max()).empty());
  CHECK_FALSE(format_timestamp(std::numeric_limits<std::int64_t>::min()).empty());
}

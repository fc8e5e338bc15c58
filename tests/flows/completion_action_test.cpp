// SPDX-License-Identifier: Apache-2.0
//
// What completion actions come to, and what travels with a delivery.
#include <millrace/completion_action.hpp>
#include <millrace/definition.hpp>

#include "catch.hpp"

using namespace millrace;
using flows::completion_action;

namespace {

json::object object_of(std::string_view text) {
  std::string quoted(text);
  for (char& c : quoted)
    if (c == '\'')
      c = '"';
  return parse_json(quoted, "test").value().get_object();
}

std::optional<flows::delivery> evaluated(std::string_view action, std::string_view context) {
  const json::object visible = object_of(context);
  return completion_action::compile(object_of(action), 2).evaluate(flows::scope(visible), "E");
}

json::object delivered(std::string_view action, std::string_view context) {
  const auto made = evaluated(action, context);
  REQUIRE(made.has_value());
  return made->to_json();
}

} // namespace

TEST_CASE("each type of completion action becomes the step that does what it says") {
  struct row {
    const char* action;
    const char* expected;
  };
  const row rows[] = {
      {R"({'actionType': 'API_CALL', 'target': 'http://h/{{order.id}}', 'apiHttpMethod': 'PUT',
           'payloadTemplate': {'sum': '$.order.sum', 'missing': '$.nope'}})",
       R"({"sourceExecution":"","sourceFlow":"","sourceStep":"onCompletionActions[2]","stepType":"API_CALL",)"
       R"("step":{"stepType":"API_CALL","apiHttpMethod":"PUT"},)"
       R"("fields":{"apiUrlTemplate":"http://h/7","requestBodyPath":{"sum":5}}})"},
      {R"({'actionType': 'API_CALL', 'target': 'http://h/', 'apiHttpMethod': 'GET'})",
       R"({"sourceExecution":"","sourceFlow":"","sourceStep":"onCompletionActions[2]","stepType":"API_CALL",)"
       R"("step":{"stepType":"API_CALL","apiHttpMethod":"GET"},)"
       R"("fields":{"apiUrlTemplate":"http://h/"}})"},
      {R"({'actionType': 'SQS_SEND', 'target': 'arn:aws:sqs:eu-west-1:12:done.fifo',
           'payloadTemplate': {'id': '$.order.id'}})",
       R"({"sourceExecution":"","sourceFlow":"","sourceStep":"onCompletionActions[2]","stepType":"SQS_SEND",)"
       R"("step":{"stepType":"SQS_SEND"},"input":{)"
       R"("queueUrl":"https://sqs.eu-west-1.amazonaws.com/12/done.fifo","payload":{"id":7},)"
       R"("messageGroupId":"E","messageDeduplicationId":"E/onCompletionActions[2]"}})"},
      {R"({'actionType': 'SNS_SEND', 'target': 'arn:aws:sns:eu:1:t',
           'messageAttributesTemplate': {'n': '$.order.id', 't': '$.name', 'l': '$.tags',
                                         'o': '$.order', 'missing': '$.nope'}})",
       R"({"sourceExecution":"","sourceFlow":"","sourceStep":"onCompletionActions[2]","stepType":"SNS_PUBLISH",)"
       R"("step":{"stepType":"SNS_PUBLISH"},"input":{"topicArn":"arn:aws:sns:eu:1:t","payload":{},)"
       R"("messageAttributes":{"n":{"DataType":"Number","StringValue":"7"},)"
       R"("t":{"DataType":"String","StringValue":"Ann"},)"
       R"("l":{"DataType":"String.Array","StringValue":"[\"a\",\"b\"]"},)"
       R"("o":{"DataType":"String","StringValue":"[object Object]"}}}})"},
      {R"({'actionType': 'CUSTOM_LAMBDA_INVOKE', 'target': 'notify',
           'payloadTemplate': {'who': '$.name'}})",
       R"({"sourceExecution":"","sourceFlow":"","sourceStep":"onCompletionActions[2]","stepType":"CUSTOM_LAMBDA_INVOKE",)"
       R"("step":{"stepType":"CUSTOM_LAMBDA_INVOKE"},)"
       R"("fields":{"lambdaFunctionArnTemplate":"notify","payload":{"who":"Ann"}}})"},
      {R"({'actionType': 'DATA_SAVE', 'moduleIdentifier': 'system/s3-data-saver',
           'payloadTemplate': {'contentToSave': '$.order'},
           'customConfig': {'destinationS3UriTemplate': 's3://b/{{order.id}}', 'sum': '$.order.sum'}})",
       R"({"sourceExecution":"","sourceFlow":"","sourceStep":"onCompletionActions[2]","stepType":"DATA_SAVE",)"
       R"("moduleIdentifier":"system/s3-data-saver",)"
       R"("step":{"stepType":"DATA_SAVE","moduleIdentifier":"system/s3-data-saver"},)"
       R"("input":{"contentToSave":{"id":7,"sum":5}},)"
       R"("customConfig":{"destinationS3UriTemplate":"s3://b/7","sum":5}})"},
  };
  for (const row& each : rows) {
    INFO(each.action);
    const json::object made = delivered(
        each.action, R"({'order': {'id': 7, 'sum': 5}, 'name': 'Ann', 'tags': ['a', 'b']})");
    CHECK(stringify(made) == each.expected);
  }
}

TEST_CASE("a completion action whose condition does not hold delivers nothing") {
  const char* action = R"({'actionType': 'LOG_ONLY', 'condition': '$.order.sum > 5'})";
  CHECK_FALSE(evaluated(action, "{'order': {'sum': 5}}").has_value());
  CHECK(evaluated(action, "{'order': {'sum': 6}}").has_value());
}

TEST_CASE("without executeOnStatus an action is for every end, as documented") {
  const auto is_for = [](std::string_view action) {
    std::string on;
    for (const auto status : {execution_status::completed, execution_status::failed,
                              execution_status::cancelled, execution_status::timed_out})
      if (completion_action::compile(object_of(action), 0).is_for(status))
        on += std::string(on.empty() ? "" : " ") + to_string(status);
    return on;
  };
  CHECK(is_for("{'actionType': 'LOG_ONLY'}") == "COMPLETED FAILED CANCELLED TIMED_OUT");
  CHECK(is_for("{'actionType': 'LOG_ONLY', 'executeOnStatus': 'ANY'}") ==
        "COMPLETED FAILED CANCELLED TIMED_OUT");
  CHECK(is_for("{'actionType': 'LOG_ONLY', 'executeOnStatus': 'COMPLETED'}") == "COMPLETED");
  CHECK(is_for("{'actionType': 'LOG_ONLY', 'executeOnStatus': 'FAILED'}") == "FAILED");
}

TEST_CASE("an action that cannot be evaluated becomes a delivery that says why") {
  const auto made = evaluated(
      R"({'actionType': 'API_CALL', 'target': 'http://h/{{nope x}}', 'apiHttpMethod': 'GET'})",
      "{}");
  REQUIRE(made.has_value());
  CHECK(made->problem.find("nope") != std::string::npos);
  CHECK(made->source_step == "onCompletionActions[2]");
}

TEST_CASE("the flow of deliveries is valid at every bound of its options") {
  for (const int retries : {0, 5})
    for (const int seconds : {1, 300})
      for (const double rate : {1.0, 5.0}) {
        delivery_options options;
        options.retries = retries;
        options.interval = std::chrono::seconds(seconds);
        options.backoff_rate = rate;
        CHECK(flows::compile_definition(flows::delivery_flow(options), {}).ok());
      }
  CHECK(flows::compile_definition(flows::delivery_flow({}), {}).ok());
}

TEST_CASE("a delivery is read again as it was written") {
  flows::delivery sent =
      flows::webhook_delivery("http://h/", json::object{{"a", 1}}, "secret-name");
  sent.source_flow = "f";
  sent.source_step = "s";
  sent.problem = "p";
  const start_request start = flows::start_of(sent, "why");
  CHECK(start.flow_definition_id == flows::delivery_flow_id);
  CHECK(start.trigger_source == "why");
  const auto read = flows::delivery_of(start.initial_context_data);
  REQUIRE(read.has_value());
  CHECK(stringify(read->to_json()) == stringify(sent.to_json()));
  CHECK(read->custom_config.at("signingSecretArn") == "secret-name");
  CHECK(flows::delivery_of({}).error().code() == errc::invalid_input);
}

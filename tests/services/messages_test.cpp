// SPDX-License-Identifier: Apache-2.0
//
// SQS_SEND, SNS_PUBLISH and the modules that receive.
#include "messages.hpp"

#include "catch.hpp"
#include "handler_call.hpp"

using namespace millrace;
using testing::handler_call;

namespace {

constexpr const char* q = "https://sqs.eu.amazonaws.com/1/q";
constexpr const char* fifo = "https://sqs.eu.amazonaws.com/1/q.fifo";

class place {
public:
  explicit place(message_options options = {})
      : ends_(std::make_shared<services::interruption>()),
        messages_(
            std::make_shared<services::message_services>(std::move(options), ":memory:", ends_)) {
    services::add_messages(registry_, messages_);
    services::add_topics(registry_, messages_);
  }

  step_result send(json::object input, const std::string& key = "k") {
    return run(registry_, call("SQS_SEND", "system/sqs-send", std::move(input), key));
  }
  step_result publish(json::object input) {
    return run(registry_, call("SNS_PUBLISH", "", std::move(input), "k"));
  }
  step_result receive(json::object config, const std::string& key = "r") {
    auto made = call("DATA_LOAD", "system/sqs-receive-messages", {}, key);
    made.custom_config = std::move(config);
    return run(registry_, made);
  }
  step_result attributes(json::object input) {
    return run(registry_,
               call("DATA_LOAD", "system/sqs-get-queue-attributes", std::move(input), "a"));
  }
  [[nodiscard]] services::interruption& ends() { return *ends_; }

private:
  static handler_call call(std::string type, std::string module, json::object input,
                           std::string key) {
    handler_call made;
    made.step_type = std::move(type);
    made.module_identifier = std::move(module);
    made.input = std::move(input);
    made.idempotency_key = std::move(key);
    return made;
  }

  std::shared_ptr<services::interruption> ends_;
  std::shared_ptr<services::message_services> messages_;
  steps::registry registry_;
};

topic_subscription to(const char* queue_url, bool is_raw = false) {
  topic_subscription made;
  made.queue_url = queue_url;
  made.is_raw = is_raw;
  return made;
}

std::string text_of(const step_result& outcome) {
  return outcome ? stringify(*outcome) : outcome.error().name + ": " + outcome.error().message;
}

} // namespace

TEST_CASE("what is sent is received, once for each key") {
  place all;
  const auto sent = all.send({{"queueUrl", q}, {"payload", {{"a", 1}}}});
  REQUIRE(sent.has_value());
  CHECK(all.send({{"queueUrl", q}, {"payload", {{"a", 1}}}})->at("sqsMessageId") ==
        sent->at("sqsMessageId"));
  CHECK(all.send({{"queueUrl", q}, {"payload", {{"a", 2}}}}, "k2").has_value());
  const auto got = all.receive({{"queueUrl", q}});
  REQUIRE(got.has_value());
  CHECK(got->at("messageCount") == 2);
  const json::value& first = got->at("messages").at(0);
  CHECK(first.at("body") == R"({"a":1})");
  CHECK(first.at("messageId") == sent->at("sqsMessageId"));
  CHECK(first.at("attributes").at("ApproximateReceiveCount") == "1");
  // The messages are gone from the queue, but not for a repetition of the same attempt.
  CHECK(all.receive({{"queueUrl", q}}, "r")->at("messageCount") == 2);
  CHECK(all.receive({{"queueUrl", q}}, "r2")->at("messageCount") == 0);
}

TEST_CASE("what is received without removal is hidden and stays") {
  place all;
  REQUIRE(all.send({{"queueUrl", q}, {"payload", json::object()}}).has_value());
  const json::object config{
      {"queueUrl", q}, {"deleteMessages", false}, {"maxNumberOfMessages", "1"}};
  CHECK(all.receive(config, "r1")->at("messageCount") == 1);
  CHECK(all.receive(config, "r2")->at("messageCount") == 0);
  const auto counts = all.attributes({{"queueUrl", q}, {"attributeNames", {"All"}}});
  CHECK(counts->at("attributes").at("ApproximateNumberOfMessagesNotVisible") == 1);
  CHECK(counts->at("attributes").at("VisibilityTimeout") == 30);
}

TEST_CASE("only the attributes that are asked for are given") {
  place all;
  const auto counts =
      all.attributes({{"queueUrl", fifo},
                      {"attributeNames", {"ApproximateNumberOfMessages", "FifoQueue", "Policy"}}});
  CHECK(stringify(counts->at("attributes")) ==
        R"({"ApproximateNumberOfMessages":0,"FifoQueue":"true"})");
}

TEST_CASE("wrong inputs are named, all of them") {
  place all;
  CHECK(text_of(all.send({{"queueUrl", "nope"}, {"messageGroupId", 3}})) ==
        "Error: Invalid input for SQS sender: payload must be an object, but is missing; queueUrl "
        "must be a URL, but is \"nope\"; messageGroupId must be a text, but is 3.");
  CHECK(text_of(all.publish({{"payload", json::array()}, {"topicArn", "arn:aws:sqs:x"}})) ==
        "Error: Invalid input for SNS publisher: payload must be an object, but is []; topicArn "
        "must be the ARN of a topic, which begins with \"arn:aws:sns:\", but is "
        "\"arn:aws:sqs:x\".");
  CHECK(
      text_of(all.receive({{"queueUrl", q}, {"maxNumberOfMessages", 11}, {"waitTimeSeconds", -1}}))
          .find("maxNumberOfMessages must be a whole number from 1 to 10, but is 11; "
                "waitTimeSeconds must be a whole number from 0 to 20, but is -1") !=
      std::string::npos);
  CHECK(text_of(all.attributes({{"queueUrl", q}})).find("attributeNames must be a list") !=
        std::string::npos);
  CHECK(text_of(all.attributes({{"queueUrl", q}, {"attributeNames", {"Colour"}}}))
            .find("attributeNames must be a list") != std::string::npos);
}

TEST_CASE("what SQS refuses is refused") {
  place all;
  CHECK(all.send({{"queueUrl", fifo}, {"payload", json::object()}}).error().name ==
        "MissingParameter");
  CHECK(all.send({{"queueUrl", fifo}, {"payload", json::object()}, {"messageGroupId", "g"}})
            .error()
            .name == "InvalidParameterValue");
  CHECK(all.send({{"queueUrl", q}, {"payload", {{"a", std::string(262'144, 'x')}}}}).error().name ==
        "InvalidParameterValue");
}

TEST_CASE("queues that are configured have their own rules, and may be the only ones") {
  message_options options;
  options.only_these_queues = true;
  options.queues["q.fifo"].content_based_deduplication = true;
  place all(std::move(options));
  CHECK(all.send({{"queueUrl", fifo}, {"payload", json::object()}, {"messageGroupId", "g"}})
            .has_value());
  CHECK(all.send({{"queueUrl", q}, {"payload", json::object()}}).error().name ==
        "QueueDoesNotExist");
  CHECK(all.receive({{"queueUrl", q}}).error().name == "QueueDoesNotExist");
}

TEST_CASE("what is published arrives in every queue that is subscribed, in SNS's envelope or raw") {
  message_options options;
  options.topics["arn:aws:sns:eu:1:t"].subscriptions = {to(q), to(fifo, true)};
  place all(std::move(options));
  const json::object message{
      {"payload", {{"a", 1}}},
      {"topicArn", "arn:aws:sns:eu:1:t"},
      {"messageAttributes", {{"kind", {{"DataType", "String"}, {"StringValue", "order"}}}}}};
  const auto published = all.publish(message);
  REQUIRE(published.has_value());
  CHECK(all.publish(message)->at("snsMessageId") == published->at("snsMessageId"));
  const auto enveloped = all.receive({{"queueUrl", q}}, "r1");
  REQUIRE(enveloped->at("messageCount") == 1);
  const auto body =
      parse_json(enveloped->at("messages").at(0).at("body").as_string(), "envelope").value();
  CHECK(body.at("Type") == "Notification");
  CHECK(body.at("TopicArn") == "arn:aws:sns:eu:1:t");
  CHECK(body.at("Message") == R"({"a":1})");
  CHECK(body.at("MessageAttributes").at("kind").at("Value") == "order");
  CHECK(all.receive({{"queueUrl", fifo}}, "r2")->at("messages").at(0).at("body") == R"({"a":1})");
  CHECK(all.publish({{"payload", json::object()}, {"topicArn", "arn:aws:sns:eu:1:nobody"}})
            .has_value());
}

TEST_CASE("a receiver that waits is ended when the engine stops") {
  place all;
  all.ends().raise();
  const auto ended = all.receive({{"queueUrl", q}, {"waitTimeSeconds", 20}});
  CHECK(ended.error().name == "TransientStepError");
}

// SPDX-License-Identifier: Apache-2.0
//
// Events of executions: what they say, and to whom.
#include <millrace/execution_event.hpp>

#include "catch.hpp"

using namespace millrace;
using flows::event_type;

namespace {

flows::execution_event reached() {
  flows::execution_event event;
  event.type = event_type::checkpoint;
  event.root_flow_execution_id = "R";
  event.flow_execution_id = "C";
  event.flow_definition_id = "invoice-flow";
  event.flow_definition_version = 7;
  event.depth = 1;
  execution_progress progress;
  progress.progress_percent = 66;
  progress.current_checkpoint = reached_checkpoint{"extract", "Extracting documents", 2, 3};
  event.progress = progress;
  event.occurred_at = 1'782'468'930'123;
  return event;
}

std::string ways_of(const json::object& config, const flows::execution_event& event) {
  std::string ways;
  for (const flows::delivery& each : notification_deliveries(config, event))
    ways += each.source_step + ' ';
  return ways;
}

} // namespace

TEST_CASE("an event says what Allma documents, in its order") {
  CHECK(stringify(reached().to_json()) ==
        R"({"schemaVersion":"1.0","eventType":"CHECKPOINT","rootFlowExecutionId":"R",)"
        R"("flowExecutionId":"C","flowDefinitionId":"invoice-flow","flowDefinitionVersion":7,)"
        R"("status":"RUNNING","depth":1,"checkpoint":{"id":"extract",)"
        R"("label":"Extracting documents","order":2,"ordinal":3},"progressPercent":66,)"
        R"("headline":{"label":"Extracting documents","percent":66},)"
        R"("occurredAt":"2026-06-26T10:15:30.123Z"})");
}

TEST_CASE("an execution whose flow could not be found tells only what is known") {
  flows::execution_event event;
  event.flow_definition_id = "nope";
  event.status = execution_status::failed;
  event.error_info = json::object{{"errorName", "PermanentStepError"}};
  const json::object said = event.to_json();
  CHECK_FALSE(said.contains("flowDefinitionVersion"));
  CHECK_FALSE(said.contains("progressPercent"));
  CHECK(said.at("headline").at("label") == "FAILED");
  CHECK(said.at("errorInfo").at("errorName") == "PermanentStepError");
}

TEST_CASE("an event goes every way that was asked for, and no other") {
  const json::object all{{"webhookUrl", "http://h/"},
                         {"snsTopicArn", "arn:aws:sns:eu:1:t"},
                         {"sqsUrl", "http://q/q.fifo"},
                         {"events", json::array{"CHECKPOINT"}},
                         {"correlationKey", "job"}};
  CHECK(ways_of(all, reached()) ==
        "notificationConfig.webhook.CHECKPOINT notificationConfig.topic.CHECKPOINT "
        "notificationConfig.queue.CHECKPOINT ");
  flows::execution_event end = reached();
  end.type = event_type::terminal;
  CHECK(ways_of(all, end).empty());
  CHECK(ways_of({{"webhookUrl", "http://h/"}}, end) == "notificationConfig.webhook.TERMINAL ");
  CHECK(ways_of({{"webhookUrl", "http://h/"}}, reached()).empty());
  const auto sent = notification_deliveries(all, reached());
  CHECK(sent[0].fields.at("requestBodyPath").at("correlationKey") == "job");
  CHECK(sent[2].input.at("messageGroupId") == "R");
  CHECK(sent[2].input.at("messageDeduplicationId") == "C/CHECKPOINT/extract");
}

TEST_CASE("the status topic gets attributes to filter by") {
  const flows::delivery sent = status_topic_delivery("arn:aws:sns:eu:1:all", reached());
  CHECK(sent.source_step == "statusTopic.CHECKPOINT");
  const json::value& attributes = sent.input.at("messageAttributes");
  CHECK(attributes.at("flowDefinitionId").at("StringValue") == "invoice-flow");
  CHECK(attributes.at("rootFlowExecutionId").at("StringValue") == "R");
  CHECK(attributes.at("eventType").at("StringValue") == "CHECKPOINT");
  CHECK(attributes.at("status").at("StringValue") == "RUNNING");
}

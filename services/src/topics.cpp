// SPDX-License-Identifier: Apache-2.0
//
// Source of inputs, outputs and errors: reference sns-publisher.
#include "message_filter.hpp"
#include "messages.hpp"
#include "parameters.hpp"

#include <millrace/delivery.hpp>

namespace millrace::services {
namespace {

using storage::outgoing_message;
using storage::queue_rules;

constexpr std::string_view topic_prefix = "arn:aws:sns:";

// What a step publishes.
struct publication {
  std::string topic;
  std::string id;
  const json::object& payload;
  const json::object* attributes; ///< null: none
  std::int64_t now = 0;

  [[nodiscard]] std::string body() const { return stringify(payload); }
  [[nodiscard]] json::object notification() const;
  [[nodiscard]] json::value text_for(const topic_subscription& to) const {
    return to.is_raw ? json::value(payload) : json::value(notification());
  }
};

// What SNS puts around a message. Source: SNS developer guide, "Message formats".
json::object publication::notification() const {
  json::object made{{"Type", "Notification"},
                    {"MessageId", id},
                    {"TopicArn", topic},
                    {"Message", body()},
                    {"Timestamp", format_timestamp(now)}};
  if (!attributes || attributes->empty())
    return made;
  json::object shown;
  for (const auto& attribute : *attributes) {
    const json::object& given = attribute.value().as_object();
    const json::value* text = given.if_contains("StringValue");
    shown[attribute.key()] =
        json::object{{"Type", given.at("DataType")}, {"Value", text ? *text : json::value()}};
  }
  made["MessageAttributes"] = std::move(shown);
  return made;
}

const json::object* attributes_of(parameters& input) {
  const json::object* attributes = input.optional_object("messageAttributes");
  if (!attributes)
    return nullptr;
  for (const auto& attribute : *attributes) {
    const json::object* given = attribute.value().if_object();
    const json::value* type = given ? given->if_contains("DataType") : nullptr;
    if (!type || !type->is_string()) {
      input.refuse("messageAttributes", "an object of objects with DataType");
      return nullptr;
    }
  }
  return attributes;
}

// A queue gets a message of a topic once: its key is that of the step with the queue behind it.
outgoing_message message_for(const topic_subscription& to, const publication& what,
                             const step_request& request) {
  outgoing_message message;
  message.queue = to.queue_url;
  message.body = stringify(what.text_for(to));
  message.group = storage::is_fifo(to.queue_url) ? what.topic : std::string();
  message.deduplication_id = storage::is_fifo(to.queue_url) ? what.id : std::string();
  message.id = what.id;
  message.key = std::string(request.idempotency_key) + '>' + to.queue_url;
  return message;
}

// What a subscription that is no queue starts.
start_request start_for(const topic_subscription& to, const publication& what) {
  const std::string trigger = "Topic:" + what.topic;
  if (!to.webhook_url.empty()) {
    flows::delivery sent =
        flows::webhook_delivery(to.webhook_url, what.text_for(to), to.signing_secret);
    sent.source_step = "subscription";
    return flows::start_of(sent, trigger);
  }
  start_request started;
  started.flow_definition_id = to.flow;
  started.flow_version = to.flow_version;
  started.trigger_source = trigger;
  if (to.is_raw)
    started.initial_context_data = what.payload;
  else
    started.initial_context_data = {{"message", what.payload},
                                    {"notification", what.notification()}};
  return started;
}

// Sends to the queues that are subscribed, in one transaction; the id that the message has.
boost::system::result<std::string, step_error>
send_to_queues(message_services& services, const std::vector<const topic_subscription*>& queues,
               const publication& what, const step_request& request) {
  std::vector<outgoing_message> messages;
  std::vector<queue_rules> rules;
  for (const topic_subscription* each : queues) {
    const auto queue = services.rules_of(each->queue_url);
    if (!queue)
      return no_queue(each->queue_url);
    messages.push_back(message_for(*each, what, request));
    rules.push_back(*queue);
  }
  if (messages.empty())
    return what.id;
  const auto store = services.store();
  if (!store)
    return failed_store(store.error());
  const auto ids = (*store)->send_all(messages, rules, what.now);
  if (!ids)
    return failed_store(ids.error());
  return ids->front();
}

step_result publish_message(message_services& services, const step_request& request) {
  parameters input(request.input);
  const json::object* payload = input.object("payload");
  const std::string topic = input.text("topicArn");
  if (topic.substr(0, topic_prefix.size()) != topic_prefix)
    input.refuse("topicArn", "the ARN of a topic, which begins with \"arn:aws:sns:\"");
  const json::object* attributes = attributes_of(input);
  if (!input.are_valid())
    return step_error("Error", "Invalid input for SNS publisher: " + input.problems() + ".");
  // A message that nobody receives keeps its id over the attempts all the same.
  const publication what{topic, new_id(request), *payload, attributes, unix_ms(request)};
  std::vector<const topic_subscription*> queues;
  std::vector<const topic_subscription*> others;
  if (const auto found = services.options().topics.find(topic);
      found != services.options().topics.end())
    for (const topic_subscription& each : found->second.subscriptions)
      if (passes(each.filter_policy, attributes))
        (each.queue_url.empty() ? others : queues).push_back(&each);
  if (!others.empty() && !request.starts)
    return step_error::permanent("The topic " + topic +
                                 " has subscriptions of webhooks or flows, "
                                 "which only an execution can serve.");
  auto id = send_to_queues(services, queues, what, request);
  if (!id)
    return id.error();
  for (const topic_subscription* each : others)
    request.starts->push_back(start_for(*each, what));
  return json::object{{"snsMessageId", std::move(*id)}, {"_meta", message_sent()}};
}

} // namespace

void add_topics(steps::registry& to, const std::shared_ptr<message_services>& messages) {
  to.provide(
      "SNS_PUBLISH",
      {[messages](const step_request& request) { return publish_message(*messages, request); },
       step_effect::external},
      "topics with subscriptions of queues, webhooks and flows");
}

} // namespace millrace::services

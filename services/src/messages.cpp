// SPDX-License-Identifier: Apache-2.0
//
// Source of inputs, outputs and errors: reference sqs-sender, sns-publisher, sqs-receive-messages,
// sqs-get-queue-attributes; of what SQS refuses: its API reference, SendMessage.
#include "messages.hpp"

#include "parameters.hpp"

#include <algorithm>
#include <array>

#include <poll.h>

namespace millrace::services {
namespace {

using storage::outgoing_message;
using storage::queue_rules;
using storage::queued_message;

constexpr std::size_t body_bytes_max = 262'144; // of SQS and SNS

// What SQS would refuse; absent: nothing.
std::optional<step_error> why_refused(const outgoing_message& message, const queue_rules& rules) {
  if (message.body.size() > body_bytes_max)
    return step_error("InvalidParameterValue",
                      "One or more parameters are invalid. Reason: Message must be shorter than " +
                          std::to_string(body_bytes_max) + " bytes.");
  if (!storage::is_fifo(message.queue))
    return std::nullopt;
  if (message.group.empty())
    return step_error("MissingParameter", "The request must contain the parameter MessageGroupId.");
  if (message.deduplication_id.empty() && !rules.content_based_deduplication)
    return step_error("InvalidParameterValue",
                      "The queue should either have ContentBasedDeduplication enabled or "
                      "MessageDeduplicationId provided explicitly");
  return std::nullopt;
}

step_result send_message(message_services& services, const step_request& request) {
  parameters input(request.input);
  const json::object* payload = input.object("payload");
  outgoing_message message;
  message.queue = input.url("queueUrl");
  message.group = input.optional_text("messageGroupId").value_or("");
  message.deduplication_id = input.optional_text("messageDeduplicationId").value_or("");
  if (!input.are_valid())
    return step_error("Error", "Invalid input for SQS sender: " + input.problems() + ".");
  const auto rules = services.rules_of(message.queue);
  if (!rules)
    return no_queue(message.queue);
  message.body = stringify(*payload);
  message.id = new_id(request);
  message.key = request.idempotency_key;
  if (auto refused = why_refused(message, *rules))
    return std::move(*refused);
  const auto store = services.store();
  if (!store)
    return failed_store(store.error());
  const auto id = (*store)->send(message, *rules, unix_ms(request));
  if (!id)
    return failed_store(id.error());
  return json::object{{"sqsMessageId", *id}, {"_meta", message_sent()}};
}

json::object described(const queued_message& message) {
  json::object attributes{
      {"SentTimestamp", std::to_string(message.sent_at)},
      {"ApproximateReceiveCount", std::to_string(message.receive_count)},
      {"ApproximateFirstReceiveTimestamp", std::to_string(message.first_received_at)}};
  if (!message.group.empty())
    attributes["MessageGroupId"] = message.group;
  if (!message.deduplication_id.empty())
    attributes["MessageDeduplicationId"] = message.deduplication_id;
  if (storage::is_fifo(message.queue))
    attributes["SequenceNumber"] = std::to_string(message.sequence);
  return {{"messageId", message.id},
          {"receiptHandle", message.receipt},
          {"body", message.body},
          {"attributes", std::move(attributes)}};
}

// Whether the engine stopped meanwhile.
bool is_interrupted_within(const interruption& ends, std::chrono::milliseconds time) {
  pollfd sign{ends.sign().get(), POLLIN, 0};
  return ::poll(&sign, 1, static_cast<int>(time.count())) > 0;
}

step_result receive_messages(message_services& services, const step_request& request) {
  constexpr std::int64_t messages_max = 10; // of SQS, as the 20 seconds
  constexpr std::int64_t wait_seconds_max = 20;
  constexpr std::chrono::milliseconds glance{100};
  const json::object given = combined_input(request);
  parameters input(given);
  storage::receive_request wanted;
  wanted.queue = input.url("queueUrl");
  wanted.count_max =
      input.whole_number("maxNumberOfMessages", 1, messages_max).value_or(messages_max);
  const std::chrono::seconds wait(
      input.whole_number("waitTimeSeconds", 0, wait_seconds_max).value_or(0));
  wanted.removes = input.boolean("deleteMessages", true);
  wanted.key = request.idempotency_key;
  if (!input.are_valid())
    return step_error("Error",
                      "Invalid stepInput for sqs-receive-messages: " + input.problems() + ".");
  const auto rules = services.rules_of(wanted.queue);
  if (!rules)
    return no_queue(wanted.queue);
  const auto store = services.store();
  if (!store)
    return failed_store(store.error());
  const auto begin = std::chrono::steady_clock::now();
  for (;;) {
    const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - begin);
    const auto found = (*store)->receive(wanted, *rules, unix_ms(request) + waited.count());
    if (!found)
      return failed_store(found.error());
    if (found->empty() && waited < wait) {
      if (is_interrupted_within(services.ends(), glance))
        return step_error::transient("The engine stopped before a message came.");
      continue;
    }
    json::array messages;
    for (const queued_message& each : *found)
      messages.emplace_back(described(each));
    const std::size_t count = messages.size();
    return json::object{{"messages", std::move(messages)}, {"messageCount", count}};
  }
}

json::object all_attributes(std::string_view url, const storage::queue_counts& counts,
                            const queue_rules& rules) {
  constexpr std::int64_t second = 1000;
  json::object all{{"ApproximateNumberOfMessages", counts.visible},
                   {"ApproximateNumberOfMessagesNotVisible", counts.in_flight},
                   {"ApproximateNumberOfMessagesDelayed", counts.delayed},
                   {"CreatedTimestamp", counts.created_at / second},
                   {"LastModifiedTimestamp", counts.created_at / second},
                   {"VisibilityTimeout", rules.visibility_ms / second},
                   {"DelaySeconds", rules.delay_ms / second},
                   {"MessageRetentionPeriod", rules.retention_ms / second},
                   {"MaximumMessageSize", body_bytes_max},
                   {"ReceiveMessageWaitTimeSeconds", 0},
                   {"QueueArn", "arn:aws:sqs:local:000000000000:" +
                                    std::string(url.substr(url.rfind('/') + 1))}};
  if (storage::is_fifo(url)) {
    all["FifoQueue"] = "true";
    all["ContentBasedDeduplication"] = rules.content_based_deduplication ? "true" : "false";
  }
  return all;
}

constexpr std::array<std::string_view, 22> attribute_names{"All",
                                                           "ApproximateNumberOfMessages",
                                                           "ApproximateNumberOfMessagesDelayed",
                                                           "ApproximateNumberOfMessagesNotVisible",
                                                           "ContentBasedDeduplication",
                                                           "CreatedTimestamp",
                                                           "DeduplicationScope",
                                                           "DelaySeconds",
                                                           "FifoQueue",
                                                           "FifoThroughputLimit",
                                                           "KmsDataKeyReusePeriodSeconds",
                                                           "KmsMasterKeyId",
                                                           "LastModifiedTimestamp",
                                                           "MaximumMessageSize",
                                                           "MessageRetentionPeriod",
                                                           "Policy",
                                                           "QueueArn",
                                                           "ReceiveMessageWaitTimeSeconds",
                                                           "RedriveAllowPolicy",
                                                           "RedrivePolicy",
                                                           "SqsManagedSseEnabled",
                                                           "VisibilityTimeout"};

std::vector<std::string> wanted_attributes(parameters& input) {
  std::vector<std::string> names;
  const json::array* given = input.optional_array("attributeNames");
  for (std::size_t i = 0; given && i < given->size(); ++i) {
    const json::string* name = (*given)[i].if_string();
    if (name && std::find(attribute_names.begin(), attribute_names.end(),
                          std::string_view(*name)) != attribute_names.end())
      names.emplace_back(*name);
    else
      input.refuse("attributeNames", "a list of names of SQS queue attributes");
  }
  if (names.empty() && input.are_valid())
    input.refuse("attributeNames", "a list of names of SQS queue attributes");
  return names;
}

step_result get_queue_attributes(message_services& services, const step_request& request) {
  const json::object given = combined_input(request);
  parameters input(given);
  const std::string url = input.url("queueUrl");
  const std::vector<std::string> names = wanted_attributes(input);
  if (!input.are_valid())
    return step_error("Error",
                      "Invalid stepInput for sqs-get-queue-attributes: " + input.problems() + ".");
  const auto rules = services.rules_of(url);
  if (!rules)
    return no_queue(url);
  const auto store = services.store();
  if (!store)
    return failed_store(store.error());
  const auto counts = (*store)->count(url, *rules, unix_ms(request));
  if (!counts)
    return failed_store(counts.error());
  json::object all = all_attributes(url, *counts, *rules);
  if (std::find(names.begin(), names.end(), "All") != names.end())
    return json::object{{"attributes", std::move(all)}};
  json::object some;
  for (const std::string& name : names)
    if (const json::value* value = all.if_contains(name))
      some[name] = *value;
  return json::object{{"attributes", std::move(some)}};
}

} // namespace

json::value message_sent() {
  return json::object{{"status", "SUCCESS"}};
}

step_error failed_store(const error& reason) {
  return step_error::transient(reason.message());
}

step_error no_queue(std::string_view url) {
  return {"QueueDoesNotExist", "There is no queue " + std::string(url) +
                                   "; name it under messages.queues in the configuration."};
}

message_services::message_services(message_options options, std::string file,
                                   std::shared_ptr<const interruption> ends)
    : options_(std::move(options)), ends_(std::move(ends)),
      store_(std::move(file), storage::open_message_store) {}

std::optional<queue_rules> message_services::rules_of(std::string_view queue_url) const {
  const auto& queues = options_.queues;
  auto found = queues.find(queue_url);
  if (found == queues.end())
    found = queues.find(queue_url.substr(queue_url.rfind('/') + 1));
  if (found == queues.end())
    return options_.only_these_queues ? std::nullopt : std::optional<queue_rules>(queue_rules());
  queue_rules rules;
  rules.visibility_ms = found->second.visibility.count();
  rules.delay_ms = found->second.delay.count();
  rules.retention_ms = found->second.retention.count();
  rules.content_based_deduplication = found->second.content_based_deduplication;
  return rules;
}

void add_messages(steps::registry& to, const std::shared_ptr<message_services>& messages) {
  using function = step_result (*)(message_services&, const step_request&);
  const auto add = [&](std::string_view name, function run, const char* stands_in) {
    to.provide(name,
               {[messages, run](const step_request& request) { return run(*messages, request); },
                step_effect::external},
               stands_in);
  };
  const char* queues = "durable queues in SQLite";
  add("SQS_SEND", send_message, queues);
  add("system/sqs-receive-messages", receive_messages, queues);
  add("system/sqs-get-queue-attributes", get_queue_attributes, queues);
}

} // namespace millrace::services

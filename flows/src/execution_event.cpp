// SPDX-License-Identifier: Apache-2.0
#include <millrace/execution_event.hpp>

namespace millrace::flows {
namespace {

constexpr const char* schema_version = "1.0";

json::object checkpoint_of(const reached_checkpoint& reached) {
  json::object out{{"id", reached.id}, {"label", reached.label}};
  if (reached.order)
    out["order"] = *reached.order;
  out["ordinal"] = reached.ordinal;
  return out;
}

// One member of a text attribute of a message.
json::object attribute(std::string_view value) {
  return {{"DataType", "String"}, {"StringValue", value}};
}

// Which event of an execution this is: a FIFO queue drops a second one of that name.
std::string name_of(const execution_event& event) {
  std::string name = event.flow_execution_id + '/' + to_string(event.type);
  if (event.type == event_type::checkpoint && event.progress && event.progress->current_checkpoint)
    name += '/' + event.progress->current_checkpoint->id;
  return name;
}

} // namespace

const char* to_string(event_type type) noexcept {
  switch (type) {
  case event_type::started: return "STARTED";
  case event_type::checkpoint: return "CHECKPOINT";
  case event_type::terminal: break;
  }
  return "TERMINAL";
}

json::object execution_event::to_json() const {
  json::object out{{"schemaVersion", schema_version},
                   {"eventType", to_string(type)},
                   {"rootFlowExecutionId", root_flow_execution_id},
                   {"flowExecutionId", flow_execution_id},
                   {"flowDefinitionId", flow_definition_id}};
  if (flow_definition_version > 0)
    out["flowDefinitionVersion"] = flow_definition_version;
  out["status"] = millrace::to_string(status);
  out["depth"] = depth;
  const execution_progress known = progress.value_or(execution_progress());
  json::object headline{{"label", known.headline(status)}};
  if (progress) {
    if (known.current_checkpoint)
      out["checkpoint"] = checkpoint_of(*known.current_checkpoint);
    out["progressPercent"] = known.progress_percent;
    headline["percent"] = known.progress_percent;
  }
  out["headline"] = std::move(headline);
  if (error_info)
    out["errorInfo"] = *error_info;
  out["occurredAt"] = format_timestamp(occurred_at);
  return out;
}

bool asks_for(const json::object& config, event_type type) {
  const json::value* events = config.if_contains("events");
  if (!events || !events->is_array())
    return type == event_type::terminal;
  for (const json::value& each : events->get_array())
    if (each.is_string() && std::string_view(each.get_string()) == to_string(type))
      return true;
  return false;
}

std::vector<delivery> notification_deliveries(const json::object& config,
                                              const execution_event& event) {
  std::vector<delivery> all;
  if (!asks_for(config, event.type))
    return all;
  json::object payload = event.to_json();
  if (const std::string key = text_or_empty(config, "correlationKey"); !key.empty())
    payload["correlationKey"] = key;
  const auto add = [&](delivery made, const char* way) {
    made.source_step = std::string("notificationConfig.") + way + '.' + to_string(event.type);
    all.push_back(std::move(made));
  };
  if (std::string url = text_or_empty(config, "webhookUrl"); !url.empty())
    add(webhook_delivery(std::move(url), payload, text_or_empty(config, "signingSecretArn")),
        "webhook");
  if (std::string topic = text_or_empty(config, "snsTopicArn"); !topic.empty())
    add(topic_delivery(std::move(topic), payload), "topic");
  if (const std::string queue = text_or_empty(config, "sqsUrl"); !queue.empty())
    add(queue_delivery(queue, payload, event.root_flow_execution_id, name_of(event)), "queue");
  return all;
}

delivery status_topic_delivery(std::string_view topic, const execution_event& event) {
  delivery made = topic_delivery(std::string(topic), event.to_json(),
                                 {{"flowDefinitionId", attribute(event.flow_definition_id)},
                                  {"rootFlowExecutionId", attribute(event.root_flow_execution_id)},
                                  {"eventType", attribute(to_string(event.type))},
                                  {"status", attribute(millrace::to_string(event.status))}});
  made.source_step = std::string("statusTopic.") + to_string(event.type);
  return made;
}

} // namespace millrace::flows

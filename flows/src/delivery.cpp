// SPDX-License-Identifier: Apache-2.0
#include <millrace/delivery.hpp>

namespace millrace::flows {
namespace {

constexpr const char* context_member = "delivery";
constexpr std::int64_t webhook_timeout_ms = 5000; // of the reference execution-notifier

// "arn:aws:sqs:region:account:name" as the URL of the queue, which is how queues are named.
std::string queue_url_of(std::string_view queue) {
  constexpr std::string_view prefix = "arn:aws:sqs:";
  if (queue.substr(0, prefix.size()) != prefix)
    return std::string(queue);
  const std::string_view rest = queue.substr(prefix.size());
  const std::size_t account = rest.find(':');
  const std::size_t name =
      account == std::string_view::npos ? account : rest.find(':', account + 1);
  if (name == std::string_view::npos)
    return std::string(queue);
  return "https://sqs." + std::string(rest.substr(0, account)) + ".amazonaws.com/" +
         std::string(rest.substr(account + 1, name - account - 1)) + "/" +
         std::string(rest.substr(name + 1));
}

bool is_fifo(std::string_view queue) {
  constexpr std::string_view ending = ".fifo";
  return queue.size() > ending.size() && queue.substr(queue.size() - ending.size()) == ending;
}

json::object object_in(const json::object& members, std::string_view name) {
  const json::value* value = members.if_contains(name);
  return value && value->is_object() ? value->get_object() : json::object();
}

} // namespace

json::object delivery::to_json() const {
  json::object out{{"sourceExecution", source_execution},
                   {"sourceFlow", source_flow},
                   {"sourceStep", source_step},
                   {"stepType", step_type}};
  if (!module_identifier.empty())
    out["moduleIdentifier"] = module_identifier;
  const auto put = [&out](const char* name, const json::object& members) {
    if (!members.empty())
      out[name] = members;
  };
  put("step", step);
  put("input", input);
  put("customConfig", custom_config);
  put("fields", fields);
  if (!problem.empty())
    out["problem"] = problem;
  return out;
}

start_request start_of(const delivery& what, std::string trigger_source) {
  start_request request;
  request.flow_definition_id = delivery_flow_id;
  request.initial_context_data[context_member] = what.to_json();
  request.trigger_source = std::move(trigger_source);
  return request;
}

result<delivery> delivery_of(const json::object& context) {
  const json::value* given = context.if_contains(context_member);
  const json::object* members = given ? given->if_object() : nullptr;
  if (!members)
    return error{errc::invalid_input, "There is no delivery in the context; the flow " +
                                          std::string(delivery_flow_id) +
                                          " is started by the engine alone."};
  return delivery{text_or_empty(*members, "sourceExecution"),
                  text_or_empty(*members, "sourceFlow"),
                  text_or_empty(*members, "sourceStep"),
                  text_or_empty(*members, "stepType"),
                  text_or_empty(*members, "moduleIdentifier"),
                  object_in(*members, "step"),
                  object_in(*members, "input"),
                  object_in(*members, "customConfig"),
                  object_in(*members, "fields"),
                  text_or_empty(*members, "problem")};
}

json::object delivery_flow(const delivery_options& options) {
  json::object retries{{"count", options.retries},
                       {"intervalSeconds", options.interval.count()},
                       {"backoffRate", options.backoff_rate}};
  json::object step{{"stepInstanceId", "deliver"},
                    {"stepType", "CUSTOM_LOGIC"},
                    {"moduleIdentifier", delivery_module},
                    {"onError", json::object{{"retries", std::move(retries)}}}};
  return {{"id", delivery_flow_id},
          {"version", 1},
          {"isPublished", true},
          {"name", "Deliveries of executions"},
          {"startStepInstanceId", "deliver"},
          {"steps", json::object{{"deliver", std::move(step)}}}};
}

// What is delivered -------------------------------------------------------------------------------

delivery webhook_delivery(std::string url, json::value body, std::string_view signing_secret) {
  delivery made;
  made.step_type = "API_CALL";
  made.step = {{"stepType", "API_CALL"}, {"apiHttpMethod", "POST"}};
  made.fields = {{"apiUrlTemplate", std::move(url)}, {"requestBodyPath", std::move(body)}};
  made.custom_config = {{"timeoutMs", webhook_timeout_ms}};
  if (!signing_secret.empty())
    made.custom_config["signingSecretArn"] = signing_secret;
  return made;
}

delivery topic_delivery(std::string arn, json::object payload, json::object attributes) {
  delivery made;
  made.step_type = "SNS_PUBLISH";
  made.step = {{"stepType", "SNS_PUBLISH"}};
  made.input = {{"topicArn", std::move(arn)}, {"payload", std::move(payload)}};
  if (!attributes.empty())
    made.input["messageAttributes"] = std::move(attributes);
  return made;
}

delivery queue_delivery(std::string_view queue, json::object payload, std::string_view group,
                        std::string_view deduplication_id) {
  delivery made;
  made.step_type = "SQS_SEND";
  made.step = {{"stepType", "SQS_SEND"}};
  made.input = {{"queueUrl", queue_url_of(queue)}, {"payload", std::move(payload)}};
  if (is_fifo(queue)) {
    made.input["messageGroupId"] = group;
    made.input["messageDeduplicationId"] = deduplication_id;
  }
  return made;
}

} // namespace millrace::flows

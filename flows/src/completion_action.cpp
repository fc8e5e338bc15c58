// SPDX-License-Identifier: Apache-2.0
#include <millrace/completion_action.hpp>

#include <millrace/js.hpp>

#include <algorithm>

namespace millrace::flows {
namespace {

template_variables variables_in(const json::object& members, std::string_view name) {
  const json::value* value = members.if_contains(name);
  return value && value->is_object() ? template_variables::compile(value->get_object())
                                     : template_variables();
}

std::optional<execution_status> status_in(const json::object& record) {
  const std::string status = text_or_empty(record, "executeOnStatus");
  return status.empty() || status == "ANY" ? std::nullopt : parse_execution_status(status);
}

// One attribute of a message. Source: reference finalize-flow, SNS_SEND.
json::object attribute_of(const json::value& value) {
  if (value.is_number())
    return {{"DataType", "Number"}, {"StringValue", js::to_string(&value)}};
  const json::array* elements = value.if_array();
  if (elements && std::all_of(elements->begin(), elements->end(),
                              [](const json::value& each) { return each.is_string(); }))
    return {{"DataType", "String.Array"}, {"StringValue", stringify(value)}};
  return {{"DataType", "String"}, {"StringValue", js::to_string(&value)}};
}

} // namespace

completion_action completion_action::compile(const json::object& record, std::size_t place) {
  completion_action made;
  made.name_ = "onCompletionActions[" + std::to_string(place) + ']';
  made.type_ = text_or_empty(record, "actionType");
  made.only_on_ = status_in(record);
  if (const std::string when = text_or_empty(record, "condition"); !when.empty())
    made.condition_ = condition::compile(when);
  made.target_ = text_template::compile(text_or_empty(record, "target"));
  made.payload_ = variables_in(record, "payloadTemplate");
  const json::value* payload = record.if_contains("payloadTemplate");
  made.has_payload_ = payload && payload->is_object() && !payload->get_object().empty();
  made.attributes_ = variables_in(record, "messageAttributesTemplate");
  made.method_ = text_or_empty(record, "apiHttpMethod");
  made.module_ = text_or_empty(record, "moduleIdentifier");
  if (const json::value* config = record.if_contains("customConfig"))
    made.custom_config_ = value_template::compile(*config);
  return made;
}

bool completion_action::is_for(execution_status status) const noexcept {
  return !only_on_ || *only_on_ == status;
}

result<bool> completion_action::applies(const scope& visible) const {
  return condition_ ? condition_->holds(visible) : result<bool>(true);
}

std::optional<delivery> completion_action::evaluate(const scope& visible,
                                                    std::string_view execution_id) const {
  const auto holds = applies(visible);
  if (holds && !*holds)
    return std::nullopt;
  auto made = holds ? make(visible, execution_id) : result<delivery>(holds.error());
  if (!made) {
    delivery failed;
    failed.step_type = type_;
    failed.problem = made.error().message();
    made = std::move(failed);
  }
  made->source_step = name_;
  return std::move(*made);
}

result<delivery> completion_action::make(const scope& visible,
                                         std::string_view execution_id) const {
  auto target = target_.render(visible);
  if (!target)
    return target.error();
  auto values = payload_.evaluate(visible);
  if (!values)
    return values.error();
  delivery made;
  if (type_ == "API_CALL") {
    made.step_type = type_;
    made.step = {{"stepType", type_}, {"apiHttpMethod", method_}};
    made.fields = {{"apiUrlTemplate", std::move(*target)}};
    if (has_payload_)
      made.fields["requestBodyPath"] = std::move(*values);
    return made;
  }
  if (type_ == "SQS_SEND")
    return queue_delivery(*target, std::move(*values), execution_id,
                          std::string(execution_id) + "/" + name_);
  if (type_ == "SNS_SEND") {
    auto found = attributes_.evaluate(visible);
    if (!found)
      return found.error();
    json::object attributes;
    for (const auto& each : *found)
      attributes[each.key()] = attribute_of(each.value());
    return topic_delivery(std::move(*target), std::move(*values), std::move(attributes));
  }
  if (type_ == "CUSTOM_LAMBDA_INVOKE") {
    made.step_type = type_;
    made.step = {{"stepType", type_}};
    made.fields = {{"lambdaFunctionArnTemplate", std::move(*target)},
                   {"payload", std::move(*values)}};
    return made;
  }
  made.step_type = type_; // DATA_SAVE, LOG_ONLY
  made.module_identifier = module_;
  made.step = {{"stepType", type_}, {"moduleIdentifier", module_}};
  made.input = std::move(*values);
  if (custom_config_.is_undefined())
    return made;
  auto config = custom_config_.render(visible);
  if (!config)
    return config.error();
  if (config->is_object())
    made.custom_config = std::move(config->get_object());
  return made;
}

} // namespace millrace::flows

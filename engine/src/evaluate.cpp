// SPDX-License-Identifier: Apache-2.0
//
// Expressions and mappings; steps and flows are in evaluate_step.cpp and evaluate_flow.cpp.
#include "evaluate.hpp"

#include <millrace/condition.hpp>
#include <millrace/mapping.hpp>
#include <millrace/path.hpp>
#include <millrace/template.hpp>

namespace millrace {
namespace evaluation {
namespace {

error missing(std::string_view name, std::string_view type) {
  return {errc::invalid_input, "The given object needs a member \"" + std::string(name) +
                                   "\" that is " + std::string(type) + "."};
}

// An expression may look at any value; an empty object where there is none.
json::value optional_value(const json::object& given, std::string_view name) {
  const json::value* value = given.if_contains(name);
  return value ? *value : json::value(json::object());
}

json::object outcome(const result<flows::resolved>& found) {
  if (!found)
    return failure("Error", found.error().message());
  if (found->is_undefined())
    return {{"undefined", true}};
  return {{"value", *found->get()}};
}

result<json::object> evaluate_jsonpath(const json::object& given) {
  auto path = text_member(given, "path");
  if (!path)
    return path.error();
  const json::value data = optional_value(given, "data");
  return outcome(flows::path::compile(*path).evaluate(flows::scope(data)));
}

result<json::object> evaluate_condition(const json::object& given) {
  auto text = text_member(given, "condition");
  if (!text)
    return text.error();
  const json::value context = optional_value(given, "context");
  flows::condition_trace trace;
  const auto holds = flows::condition::compile(*text).holds(flows::scope(context), &trace);
  if (!holds)
    return failure("Error", holds.error().message());
  json::array alternatives;
  for (const auto& alternative : trace.resolved) {
    json::array parts;
    for (const auto& value : alternative) {
      json::object part;
      if (value)
        part["value"] = *value;
      else
        part["undefined"] = true;
      parts.push_back(std::move(part));
    }
    alternatives.push_back(std::move(parts));
  }
  return json::object{{"result", *holds}, {"resolved", std::move(alternatives)}};
}

result<json::object> evaluate_template(const json::object& given) {
  auto kind = text_member(given, "kind");
  if (!kind)
    return kind.error();
  const json::value context = optional_value(given, "context");
  const flows::scope visible(context);
  if (*kind == "render") {
    auto text = text_member(given, "template");
    if (!text)
      return text.error();
    const auto rendered = flows::text_template::compile(*text).render(visible);
    if (!rendered)
      return failure("Error", rendered.error().message());
    return json::object{{"text", *rendered}};
  }
  if (*kind != "nested")
    return missing("kind", "\"render\" or \"nested\"");
  const json::value* object = given.if_contains("object");
  if (!object || object->is_null())
    return json::object{{"undefined", true}};
  auto rendered = flows::value_template::compile(*object).render(visible);
  if (!rendered)
    return failure("Error", rendered.error().message());
  return json::object{{"value", std::move(*rendered)}};
}

json::array to_json(const std::vector<flows::mapping_event>& events) {
  json::array all;
  for (const flows::mapping_event& event : events) {
    all.push_back(
        {{"target", event.target}, {"source", event.source}, {"status", to_string(event.status)}});
  }
  return all;
}

result<json::object> evaluate_mapping(const json::object& given) {
  auto kind = text_member(given, "kind");
  if (!kind)
    return kind.error();
  if (*kind == "step")
    return evaluate_step(given);
  auto mappings = object_member(given, "mappings");
  if (!mappings)
    return mappings.error();
  std::vector<flows::mapping_event> events;
  auto context = optional_object(given, "context");
  if (!context)
    return context.error();
  if (*kind == "input") {
    json::object input =
        flows::input_mappings::compile(*mappings).prepare(flows::scope(*context), &events);
    return json::object{{"input", std::move(input)}, {"results", to_json(events)}};
  }
  if (*kind != "output")
    return missing("kind", "\"input\", \"output\" or \"step\"");
  json::value output = optional_value(given, "output");
  flows::context target(std::move(*context));
  flows::output_mappings::compile(*mappings).apply(output, nullptr, target, &events);
  return json::object{{"context", target.to_object()}, {"results", to_json(events)}};
}

} // namespace

result<std::string> text_member(const json::object& given, std::string_view name) {
  const json::value* value = given.if_contains(name);
  if (!value || !value->is_string())
    return missing(name, "a text");
  return std::string(value->get_string());
}

result<json::object> object_member(const json::object& given, std::string_view name) {
  const json::value* value = given.if_contains(name);
  if (!value || !value->is_object())
    return missing(name, "an object");
  return value->get_object();
}

result<json::object> optional_object(const json::object& given, std::string_view name) {
  const json::value* value = given.if_contains(name);
  if (!value || value->is_null())
    return json::object();
  return object_member(given, name);
}

result<json::array> optional_array(const json::object& given, std::string_view name) {
  const json::value* value = given.if_contains(name);
  if (!value || value->is_null())
    return json::array();
  if (!value->is_array())
    return missing(name, "an array");
  return value->get_array();
}

json::object failure(std::string_view name, std::string_view message) {
  return {{"error", {{"name", name}, {"message", message}}}};
}

json::object brief(const error_info& info) {
  return {{"errorName", info.error_name}, {"errorMessage", info.error_message}};
}

} // namespace evaluation

std::optional<evaluation_kind> parse_evaluation_kind(std::string_view name) noexcept {
  if (name == "jsonpath")
    return evaluation_kind::jsonpath;
  if (name == "condition")
    return evaluation_kind::condition;
  if (name == "template")
    return evaluation_kind::template_text;
  if (name == "mapping")
    return evaluation_kind::mapping;
  if (name == "transform")
    return evaluation_kind::transform;
  if (name == "flow")
    return evaluation_kind::flow;
  return std::nullopt;
}

result<json::object> evaluate(evaluation_kind kind, const json::object& given,
                              const evaluate_options& options) {
  switch (kind) {
  case evaluation_kind::jsonpath: return evaluation::evaluate_jsonpath(given);
  case evaluation_kind::condition: return evaluation::evaluate_condition(given);
  case evaluation_kind::template_text: return evaluation::evaluate_template(given);
  case evaluation_kind::mapping: return evaluation::evaluate_mapping(given);
  case evaluation_kind::transform: return evaluation::evaluate_transform(given);
  case evaluation_kind::flow: return evaluation::evaluate_flow(given, options);
  }
  return error{errc::invalid_argument, "There is no such kind of evaluation."};
}

} // namespace millrace

// SPDX-License-Identifier: Apache-2.0
#include "message_filter.hpp"

#include <millrace/js.hpp>

#include <algorithm>
#include <vector>

namespace millrace::services {
namespace {

// The values of an attribute: one, or the elements of a String.Array.
std::vector<json::value> values_of(const json::object* attributes, std::string_view name) {
  const json::value* given = attributes ? attributes->if_contains(name) : nullptr;
  const json::object* attribute = given ? given->if_object() : nullptr;
  const json::value* text = attribute ? attribute->if_contains("StringValue") : nullptr;
  if (!text || !text->is_string())
    return {};
  const json::value* type = attribute->if_contains("DataType");
  const std::string_view kind =
      type && type->is_string() ? std::string_view(type->get_string()) : std::string_view();
  if (kind == "Number")
    return {json::value(flows::js::to_number(std::string_view(text->get_string())))};
  if (kind == "String.Array")
    if (auto elements = parse_json(text->get_string(), "attribute");
        elements && elements->is_array())
      return {elements->get_array().begin(), elements->get_array().end()};
  return {*text};
}

bool is_same(const json::value& allowed, const json::value& value) {
  if (allowed.is_number() && value.is_number())
    return allowed.to_number<double>() == value.to_number<double>();
  return allowed == value;
}

bool is_among(const json::value& allowed, const json::value& value) {
  const json::array* list = allowed.if_array();
  if (!list)
    return is_same(allowed, value);
  return std::any_of(list->begin(), list->end(),
                     [&value](const json::value& each) { return is_same(each, value); });
}

// One operator of a rule on one value.
bool holds(const json::object& rule, const json::value& value) {
  if (const json::value* prefix = rule.if_contains("prefix"))
    return value.is_string() && prefix->is_string() &&
           std::string_view(value.get_string()).substr(0, prefix->get_string().size()) ==
               std::string_view(prefix->get_string());
  if (const json::value* others = rule.if_contains("anything-but"))
    return !is_among(*others, value);
  return true; // exists: there is a value
}

bool allows(const json::value& rule, const std::vector<json::value>& values) {
  const json::object* with_operator = rule.if_object();
  if (with_operator)
    if (const json::value* exists = with_operator->if_contains("exists"))
      return exists->is_bool() && exists->get_bool() == !values.empty();
  return std::any_of(values.begin(), values.end(), [&](const json::value& value) {
    return with_operator ? holds(*with_operator, value) : is_same(rule, value);
  });
}

bool is_rule(const json::value& rule) {
  const json::object* with_operator = rule.if_object();
  if (!with_operator)
    return !rule.is_array();
  if (with_operator->size() != 1)
    return false;
  const auto& [name, operand] = *with_operator->begin();
  return (name == "prefix" && operand.is_string()) || name == "anything-but" ||
         (name == "exists" && operand.is_bool());
}

} // namespace

std::optional<std::string> why_no_filter(const json::object& policy) {
  for (const auto& member : policy) {
    const json::array* rules = member.value().if_array();
    if (!rules || rules->empty() || !std::all_of(rules->begin(), rules->end(), is_rule))
      return "\"" + std::string(member.key()) +
             "\" must be a list of values, {\"prefix\": ...}, {\"anything-but\": ...} or "
             "{\"exists\": ...}";
  }
  return std::nullopt;
}

bool passes(const json::object& policy, const json::object* attributes) {
  return std::all_of(policy.begin(), policy.end(), [attributes](const auto& member) {
    const auto values = values_of(attributes, member.key());
    const json::array& rules = member.value().get_array();
    return std::any_of(rules.begin(), rules.end(),
                       [&values](const json::value& rule) { return allows(rule, values); });
  });
}

} // namespace millrace::services

// SPDX-License-Identifier: Apache-2.0
#include "item_requests.hpp"

#include <array>

namespace millrace::services {

json::object request_of(const json::object& given) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 12> members{
      {{"tableName", "TableName"},
       {"key", "Key"},
       {"indexName", "IndexName"},
       {"select", "Select"},
       {"keyConditionExpression", "KeyConditionExpression"},
       {"updateExpression", "UpdateExpression"},
       {"conditionExpression", "ConditionExpression"},
       {"filterExpression", "FilterExpression"},
       {"projectionExpression", "ProjectionExpression"},
       {"expressionAttributeNames", "ExpressionAttributeNames"},
       {"expressionAttributeValues", "ExpressionAttributeValues"},
       {"limit", "Limit"}}};
  json::object made;
  for (const auto& [name, theirs] : members)
    if (const json::value* value = given.if_contains(name))
      made[theirs] = *value;
  return made;
}

step_result with_request(step_result outcome, const json::object& request) {
  if (!outcome)
    outcome.error().details["dynamodb_params"] = request;
  return outcome;
}

std::string non_empty(parameters& input, std::string_view name) {
  std::string text = input.text(name);
  if (input.are_valid() && text.empty())
    input.refuse(name, "a text that is not empty");
  return text;
}

std::string optional_non_empty(parameters& input, std::string_view name) {
  return input.find(name) ? non_empty(input, name) : std::string();
}

expressions read_expressions(parameters& input, bool takes_any_value) {
  expressions made;
  made.names = input.optional_object("expressionAttributeNames");
  made.values = input.optional_object("expressionAttributeValues");
  for (const auto& name : made.names ? *made.names : json::object())
    if (!name.value().is_string())
      input.refuse("expressionAttributeNames", "an object of texts");
  for (const auto& value : made.values ? *made.values : json::object())
    if (!takes_any_value && !value.value().is_string() && !value.value().is_number() &&
        !value.value().is_bool())
      input.refuse("expressionAttributeValues", "an object of texts, numbers and booleans");
  made.filter = optional_non_empty(input, "filterExpression");
  made.projection = optional_non_empty(input, "projectionExpression");
  return made;
}

const json::object* read_key(parameters& input) {
  const json::object* key = input.object("key");
  for (const auto& part : key ? *key : json::object())
    if (!part.value().is_string() && !part.value().is_number() && !part.value().is_bool())
      input.refuse("key", "an object of texts, numbers and booleans");
  return key;
}

item_query parse_query(const expressions& given, std::string table, std::string index) {
  auto names = unwrapped(expression_names::make(given.names, given.values));
  item_query made;
  made.table = std::move(table);
  made.index = std::move(index);
  if (!given.key.empty())
    made.key = unwrapped(parse_condition(given.key, "KeyConditionExpression", names));
  if (!given.filter.empty())
    made.filter = unwrapped(parse_condition(given.filter, "FilterExpression", names));
  if (!given.projection.empty())
    made.projection = unwrapped(parse_projection(given.projection, names));
  if (auto unused = names.unused())
    throw std::move(*unused);
  return made;
}

item_update parse_item_update(const expressions& given, std::string table) {
  auto names = unwrapped(expression_names::make(given.names, given.values));
  item_update made;
  made.table = std::move(table);
  made.actions = unwrapped(parse_update(given.update, names));
  if (!given.only_if.empty())
    made.only_if = unwrapped(parse_condition(given.only_if, "ConditionExpression", names));
  if (auto unused = names.unused())
    throw std::move(*unused);
  return made;
}

json::array plain_items(const std::vector<json::object>& items) {
  json::array all;
  for (const json::object& item : items)
    all.push_back(to_plain(item));
  return all;
}

} // namespace millrace::services

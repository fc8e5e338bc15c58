// SPDX-License-Identifier: Apache-2.0
//
// The placeholders of a request: "#name" and ":value".
#include "item_expressions.hpp"
#include "item_tokens.hpp"

#include <algorithm>

namespace millrace::services {
namespace {

bool is_placeholder(std::string_view text, char mark) {
  return text.size() > 1 && text.front() == mark &&
         std::all_of(text.begin() + 1, text.end(), is_name_character);
}

} // namespace

item_result<expression_names> expression_names::make(const json::object* names,
                                                     const json::object* values) {
  expression_names made;
  for (const auto& each : names ? *names : json::object()) {
    const std::string key(each.key());
    if (!is_placeholder(key, '#') || !each.value().is_string())
      return validation_error("ExpressionAttributeNames contains invalid key: Syntax error; key: "
                              "\"" +
                              key + '"');
    made.names_.emplace(key, each.value().get_string());
    made.unused_names_.insert(key);
  }
  for (const auto& each : values ? *values : json::object()) {
    const std::string key(each.key());
    if (!is_placeholder(key, ':'))
      return validation_error("ExpressionAttributeValues contains invalid key: Syntax error; key: "
                              "\"" +
                              key + '"');
    auto value = to_attribute(each.value());
    if (!value)
      return value.error();
    made.values_.emplace(key, std::move(*value));
    made.unused_values_.insert(key);
  }
  return made;
}

const std::string* expression_names::name(std::string_view placeholder) {
  const auto found = names_.find(placeholder);
  if (found == names_.end())
    return nullptr;
  unused_names_.erase(found->first);
  return &found->second;
}

const json::value* expression_names::value(std::string_view placeholder) {
  const auto found = values_.find(placeholder);
  if (found == values_.end())
    return nullptr;
  unused_values_.erase(found->first);
  return &found->second;
}

std::optional<step_error> expression_names::unused() const {
  const auto complaint = [](const char* what, const auto& names) {
    std::string all;
    for (const std::string& name : names)
      all += (all.empty() ? "" : ", ") + name;
    return validation_error(std::string("Value provided in ") + what +
                            " unused in expressions: keys: {" + all + '}');
  };
  if (!unused_names_.empty())
    return complaint("ExpressionAttributeNames", unused_names_);
  if (!unused_values_.empty())
    return complaint("ExpressionAttributeValues", unused_values_);
  return std::nullopt;
}

} // namespace millrace::services

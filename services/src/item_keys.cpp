// SPDX-License-Identifier: Apache-2.0
#include "item_keys.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::services {
namespace {

constexpr const char* keyword_of_keys = "KeyConditionExpression";

bool may_be_of_a_key(condition::kind is) {
  switch (is) {
  case condition::kind::all:
  case condition::kind::equal:
  case condition::kind::less:
  case condition::kind::less_or_equal:
  case condition::kind::greater:
  case condition::kind::greater_or_equal:
  case condition::kind::between:
  case condition::kind::begins_with: return true;
  default: return false;
  }
}

/// A condition on one attribute of a key.
struct attribute_condition {
  std::string attribute;
  bool equals = false;
  json::value value;
};

attribute_condition on_attribute(const condition& part) {
  const std::string invalid = std::string("Invalid condition in ") + keyword_of_keys + ": ";
  attribute_condition made;
  made.equals = part.is == condition::kind::equal;
  for (const operand& each : part.operands) {
    if (each.is == operand::kind::size)
      throw validation_error(std::string(keyword_of_keys) + "s cannot contain nested operations");
    if (each.is == operand::kind::value) {
      made.value = each.value;
      continue;
    }
    if (!made.attribute.empty())
      throw validation_error(invalid + "Multiple attribute names used in one condition");
    if (each.path.size() > 1)
      throw validation_error(std::string(keyword_of_keys) +
                             "s cannot have conditions on nested attributes");
    made.attribute = std::get<std::string>(each.path.front());
  }
  const bool is_first = part.operands.front().is == operand::kind::path;
  if (!is_first && (part.is == condition::kind::between || part.is == condition::kind::begins_with))
    throw validation_error(invalid + std::string(name_of(part.is)) +
                           " operator must have the key attribute as its first operand");
  if (made.attribute.empty())
    throw validation_error(invalid + "No key attribute specified");
  return made;
}

void collect(const condition& whole, std::vector<attribute_condition>& into) {
  if (!may_be_of_a_key(whole.is))
    throw validation_error(std::string("Invalid operator used in ") + keyword_of_keys + ": " +
                           std::string(name_of(whole.is)));
  if (whole.is == condition::kind::all) {
    for (const condition& part : whole.parts)
      collect(part, into);
    return;
  }
  attribute_condition found = on_attribute(whole);
  for (const attribute_condition& other : into)
    if (other.attribute == found.attribute)
      throw validation_error(std::string(keyword_of_keys) +
                             "s must only contain one condition per key");
  into.push_back(std::move(found));
}

} // namespace

std::optional<std::string> key_text(const json::object& item, const std::string& name) {
  const json::value* value = item.if_contains(name);
  return value ? sortable(*value) : std::nullopt;
}

key_condition taken_apart(const condition& whole, const std::string& wanted) {
  std::vector<attribute_condition> parts;
  collect(whole, parts);
  if (parts.size() > 2)
    throw validation_error("Conditions can be of length 1 or 2 only");
  const auto is_partition = [&](const attribute_condition& part) {
    return wanted.empty() ? part.equals : part.attribute == wanted;
  };
  const auto partition = std::find_if(parts.begin(), parts.end(), is_partition);
  if (partition == parts.end())
    throw validation_error("Query condition missed key schema element: " +
                           (wanted.empty() ? "the partition key must equal a value" : wanted));
  if (!partition->equals)
    throw validation_error("Query key condition not supported");
  key_condition made;
  made.partition_attribute = partition->attribute;
  made.partition = partition->value;
  for (const attribute_condition& part : parts)
    if (part.attribute != made.partition_attribute)
      made.sort_attribute = part.attribute;
  return made;
}

} // namespace millrace::services

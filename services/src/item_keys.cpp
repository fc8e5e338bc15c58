// SPDX-License-Identifier: Apache-2.0
#include "item_keys.hpp"

namespace millrace::services {
namespace {

// The attribute that a part of a key condition compares; null: it is none.
const std::string* compared_attribute(const condition& part) {
  const bool compares = !part.operands.empty() && part.operands.front().is == operand::kind::path &&
                        part.operands.front().path.size() == 1;
  return compares ? &std::get<std::string>(part.operands.front().path.front()) : nullptr;
}

bool may_compare_sort_key(condition::kind kind) {
  switch (kind) {
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

} // namespace

std::optional<std::string> key_text(const json::object& item, const std::string& name) {
  const json::value* value = item.if_contains(name);
  return value ? sortable(*value) : std::nullopt;
}

key_condition taken_apart(const condition& whole, const std::string& wanted) {
  const std::vector<condition> parts =
      whole.is == condition::kind::all ? whole.parts : std::vector<condition>{whole};
  key_condition made;
  for (const condition& part : parts) {
    const std::string* name = compared_attribute(part);
    if (!name || !may_compare_sort_key(part.is))
      throw validation_error("Query key condition not supported");
    const bool is_value =
        part.is == condition::kind::equal && part.operands[1].is == operand::kind::value;
    if (made.partition_attribute.empty() && is_value && (wanted.empty() || *name == wanted)) {
      made.partition_attribute = *name;
      made.partition = part.operands[1].value;
    } else if (!made.sort_attribute) {
      made.sort_attribute = *name;
    } else {
      throw validation_error("Conditions can be of length 1 or 2 only");
    }
  }
  if (made.partition_attribute.empty())
    throw validation_error("Query condition missed key schema element: " +
                           (wanted.empty() ? "the partition key must equal a value" : wanted));
  return made;
}

} // namespace millrace::services

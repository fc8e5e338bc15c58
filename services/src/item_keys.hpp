// SPDX-License-Identifier: Apache-2.0
//
// Keys of items, and the conditions that queries put on them.
#pragma once

#include "item_expressions.hpp"

#include <optional>
#include <string>

namespace millrace::services {

/// The text of one value among the attributes of a key, in the order of values; absent: the item
/// has none.
[[nodiscard]] std::optional<std::string> key_text(const json::object& item,
                                                  const std::string& name);

/// A key condition taken apart: what a partition equals, and what else its items fulfil.
struct key_condition {
  std::string partition_attribute;
  json::value partition;
  std::optional<std::string> sort_attribute;
};

/// `wanted`: the name of the partition key; empty: the first attribute that equals something.
/// Throws ValidationException.
[[nodiscard]] key_condition taken_apart(const condition& whole, const std::string& wanted);

} // namespace millrace::services

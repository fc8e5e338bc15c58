// SPDX-License-Identifier: Apache-2.0
//
// What DynamoDB refuses of an expression that is written as its grammar wants it: operands that can
// never fit, paths in each other's way. Source: DynamoDB's answers as dynalite records them.
#pragma once

#include "item_expressions.hpp"

#include <optional>
#include <string>

namespace millrace::services {

/// What is wrong with it, as DynamoDB says it behind "Invalid FilterExpression: "; absent: nothing.
[[nodiscard]] std::optional<std::string> why_refused(const condition& whole);
[[nodiscard]] std::optional<std::string> why_refused(const std::vector<update_action>& update);
/// The same for the paths of a projection or an update.
[[nodiscard]] std::optional<std::string> why_refused(const std::vector<document_path>& paths);

/// Throws a ValidationException when a filter looks at an attribute of the key that is queried by.
void check_filter(const condition& filter, const std::vector<std::string>& key_attributes);

} // namespace millrace::services

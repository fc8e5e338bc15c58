// SPDX-License-Identifier: Apache-2.0
//
// The values of items, in the form that DynamoDB gives them: {"S": "text"}, {"N": "0.3"},
// {"BOOL": true}, {"NULL": true}, {"L": [...]}, {"M": {...}}. Numbers are decimal and exact. Sets
// and binary values are not there: no flow can write one. Source: the DynamoDB API reference,
// AttributeValue; the developer guide, "Constraints" and "Item sizes".
#pragma once

#include <millrace/json.hpp>
#include <millrace/step_result.hpp>

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::services {

/// What an operation on items gives; errors have the names that DynamoDB gives.
template <class T>
using item_result = boost::system::result<T, step_error>;

[[nodiscard]] step_error validation_error(std::string message);

/// A plain value as DynamoDB has it. Errors: ValidationException for a number that it cannot hold.
[[nodiscard]] item_result<json::value> to_attribute(const json::value& plain);
/// The members of a plain object as an item's attributes.
[[nodiscard]] item_result<json::object> to_attributes(const json::object& plain);
[[nodiscard]] json::value to_plain(const json::value& attribute);
[[nodiscard]] json::object to_plain(const json::object& attributes);

/// "S", "N", "BOOL", "NULL", "L" or "M".
[[nodiscard]] std::string_view type_of(const json::value& attribute);
/// What stands under the type.
[[nodiscard]] const json::value& content_of(const json::value& attribute);
[[nodiscard]] std::string_view text_of(const json::value& attribute); ///< of S or N

[[nodiscard]] bool are_equal(const json::value& left, const json::value& right);
/// The order of two texts (by UTF-8 bytes) or two numbers; absent: they have none.
[[nodiscard]] std::optional<std::strong_ordering> order_of(const json::value& left,
                                                           const json::value& right);
/// The exact sum, or difference, of two numbers. Errors: ValidationException beyond 38 digits.
[[nodiscard]] item_result<json::value> sum_of(const json::value& left, const json::value& right,
                                              bool subtracts);

/// Bytes that an item counts, names included.
[[nodiscard]] std::size_t size_of(const json::object& attributes);

/// A text whose order of bytes is that of the values; absent: the value is no key (S or N).
[[nodiscard]] std::optional<std::string> sortable(const json::value& attribute);

} // namespace millrace::services

// SPDX-License-Identifier: Apache-2.0
//
// What the modules of tables read from a step's input, and what of it is shown.
#pragma once

#include "item_tables.hpp"
#include "parameters.hpp"

namespace millrace::services {

/// The members of a request that are there, under the names that DynamoDB's own request has.
[[nodiscard]] json::object request_of(const json::object& given);
/// A failure carries the request that it answers.
[[nodiscard]] step_result with_request(step_result outcome, const json::object& request);

/// Throws the error.
template <class T>
T unwrapped(item_result<T> made) {
  if (!made)
    throw made.error();
  return std::move(*made);
}

[[nodiscard]] std::string non_empty(parameters& input, std::string_view name);
[[nodiscard]] std::string optional_non_empty(parameters& input, std::string_view name);

/// The expressions of one operation, before they are parsed.
struct expressions {
  const json::object* names = nullptr;
  const json::object* values = nullptr;
  std::string key;
  std::string filter;
  std::string projection;
  std::string update;
  std::string only_if;
};

/// `takes_any_value`: also lists and objects, which templates alone cannot make.
[[nodiscard]] expressions read_expressions(parameters& input, bool takes_any_value);
[[nodiscard]] const json::object* read_key(parameters& input);

/// These throw a step_error.
[[nodiscard]] item_query parse_query(const expressions& given, std::string table,
                                     std::string index);
[[nodiscard]] item_update parse_item_update(const expressions& given, std::string table);

[[nodiscard]] json::array plain_items(const std::vector<json::object>& items);

} // namespace millrace::services

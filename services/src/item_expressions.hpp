// SPDX-License-Identifier: Apache-2.0
//
// The expressions on items: condition, filter and key condition; projection; update. Source: the
// DynamoDB developer guide, "Expressions" (grammar, functions, precedence, reserved words).
#pragma once

#include "item_values.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace millrace::services {

/// A name, or the index of a list's element.
using path_step = std::variant<std::string, std::size_t>;
/// Begins with the name of an attribute.
using document_path = std::vector<path_step>;

/// What a condition compares and what an update sets.
struct operand {
  enum class kind : std::uint8_t { path, value, size, if_not_exists, list_append, plus, minus };

  kind is = kind::path;
  document_path path;            ///< of path, size and if_not_exists
  json::value value;             ///< of value: an attribute value
  std::vector<operand> operands; ///< of if_not_exists one, of list_append, plus and minus two
};

struct condition {
  enum class kind : std::uint8_t {
    all,  ///< AND
    any,  ///< OR
    none, ///< NOT
    equal,
    not_equal,
    less,
    less_or_equal,
    greater,
    greater_or_equal,
    between,
    in,
    attribute_exists,
    attribute_not_exists,
    attribute_type,
    begins_with,
    contains,
  };

  kind is = kind::all;
  bool is_grouped = false;       ///< it stands in parentheses
  std::vector<condition> parts;  ///< of all, any and none
  std::vector<operand> operands; ///< of the others
};

/// As it is written in an expression: "=", "OR", "begins_with".
[[nodiscard]] std::string_view name_of(condition::kind kind) noexcept;

struct update_action {
  enum class kind : std::uint8_t { set, remove, add };

  kind is = kind::set;
  document_path path;
  operand value; ///< of set and add
};

/// What "#name" and ":value" mean, for all expressions of one request; notes which are used.
class expression_names {
public:
  /// Errors: ValidationException.
  [[nodiscard]] static item_result<expression_names> make(const json::object* names,
                                                          const json::object* values);

  [[nodiscard]] const std::string* name(std::string_view placeholder);
  [[nodiscard]] const json::value* value(std::string_view placeholder);
  /// A placeholder that no expression used is an error, as it is in DynamoDB.
  [[nodiscard]] std::optional<step_error> unused() const;

private:
  std::map<std::string, std::string, std::less<>> names_;
  std::map<std::string, json::value, std::less<>> values_;
  std::set<std::string, std::less<>> unused_names_;
  std::set<std::string, std::less<>> unused_values_;
};

/// `what`: "FilterExpression", for messages. Errors: ValidationException.
[[nodiscard]] item_result<condition> parse_condition(std::string_view text, std::string_view what,
                                                     expression_names& names);
[[nodiscard]] item_result<std::vector<document_path>> parse_projection(std::string_view text,
                                                                       expression_names& names);
[[nodiscard]] item_result<std::vector<update_action>> parse_update(std::string_view text,
                                                                   expression_names& names);

[[nodiscard]] bool holds(const condition& wanted, const json::object& item);
/// The parts of an item that the paths name.
[[nodiscard]] json::object project(const std::vector<document_path>& paths,
                                   const json::object& item);
/// The item after the update; every operand means the item before it. Errors: ValidationException.
[[nodiscard]] item_result<json::object> updated(const std::vector<update_action>& update,
                                                const json::object& item);

/// What a path leads to; null: nothing.
[[nodiscard]] const json::value* find(const document_path& path, const json::object& item);
/// Whether a name must be written as a placeholder.
[[nodiscard]] bool is_reserved_word(std::string_view name);

} // namespace millrace::services

// SPDX-License-Identifier: Apache-2.0
//
// What a filter expression compiles to: a tree of nodes in one list, children by their place in it.
#pragma once

#include "filter.hpp"
#include "regex.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace millrace::flows::detail {

/// Operators of filter expressions.
enum class filter_operator : std::uint8_t {
  logical_or,
  logical_and,
  bit_or,
  bit_xor,
  bit_and,
  equal,
  not_equal,
  same,
  not_same,
  less,
  greater,
  less_or_equal,
  greater_or_equal,
  shift_left,
  shift_right,
  shift_right_unsigned,
  add,
  subtract,
  multiply,
  divide,
  remainder,
  negate,
  logical_not,
  bit_not,
  to_number,
  type_of,
  make_undefined,
};

/// One node of an expression.
struct filter_node {
  enum class kind : std::uint8_t {
    constant,        ///< `value`
    undefined,       ///< undefined
    pattern,         ///< a regular expression: `number`
    current,         ///< @
    property,        ///< @property
    parent,          ///< @parent
    parent_property, ///< @parentProperty
    root,            ///< @root
    path,            ///< @path
    document,        ///< $
    document_member, ///< $.text
    dynamic_key,     ///< the value of dynamic key `number`
    member,          ///< children[0].text
    computed_member, ///< children[0][children[1]]
    call,            ///< children[0].text(children[1], ...)
    computed_call,   ///< children[0][children[1]](children[2], ...)
    array,           ///< [children...]
    unary,           ///< operation children[0]
    binary,          ///< children[0] operation children[1]
    conditional,     ///< children[0] ? children[1] : children[2]
    sequence,        ///< children evaluated in order; the value of the last
    failure,         ///< what JavaScript throws on: `text`
  };
  kind what = kind::failure;
  filter_operator operation = filter_operator::add;
  bool in_brackets =
      false;              ///< within a computed name, where the names of the reference are unknown
  std::size_t height = 0; ///< of the tree below, as evaluation recurses
  std::size_t number = 0;
  std::string text;
  json::value value;
  std::vector<std::uint32_t> children;
};

/// A compiled expression.
struct filter_program {
  std::string text;
  std::optional<error> problem;
  std::vector<filter_node> nodes;
  std::vector<regex> patterns;
  std::uint32_t top = 0;
};

/// A value while an expression is evaluated: a JSON value or undefined, a method that was not
/// called, or a regular expression.
struct operand {
  enum class kind : std::uint8_t { value, method, pattern };
  kind what = kind::value;
  resolved value;
  const regex* pattern = nullptr;
  std::vector<std::size_t> undefined_at; ///< elements of an array literal that JSON cannot hold
};

/// Calls the method `name` of `object`. Errors: there is no such method, it changes its object (and
/// is refused), or what it makes is too large.
[[nodiscard]] result<operand> call_method(const operand& object, std::string_view name,
                                          const std::vector<operand>& arguments,
                                          work_budget& budget);
/// Whether values of the kind of `object` have a method `name`.
[[nodiscard]] bool has_method(const operand& object, std::string_view name) noexcept;
/// ToString of any operand.
[[nodiscard]] std::string text_of(const operand& value);

/// Parses `text` into `program`; its problem is set when it is malformed.
void parse_filter(filter_program& program, const marked_text& keys);

} // namespace millrace::flows::detail

// SPDX-License-Identifier: Apache-2.0
//
// What a path compiles to. Immutable after compilation and shared by every copy of the path.
#pragma once

#include "filter.hpp"

#include <millrace/error.hpp>
#include <millrace/path.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace::flows::detail {

/// One segment of a path. `key` is its text, for an own member of that name comes first wherever
/// the reference looks it up first.
struct segment {
  enum class kind : std::uint8_t {
    name,     ///< a key that was not quoted
    literal,  ///< a quoted key, never an operator
    dynamic,  ///< a key that is the value of another path
    wildcard, ///< *
    descend,  ///< ..
    parent,   ///< ^
    property, ///< ~
    root,     ///< $
    slice,    ///< from:to:step
    filter,   ///< ?(expression)
    nested,   ///< ?(@.key[?(expression)])
    script,   ///< (expression)
    type,     ///< @null() and its like
    list,     ///< a,b
  };
  /// `from:to:step` as written; 0 stands for what was left out, too.
  struct slice_bounds {
    double from = 0;
    double to = 0;
    double step = 0;
  };

  kind what = kind::name;
  std::string key;
  std::optional<std::uint32_t> index; ///< `key` as an array index
  std::size_t dynamic_key = 0;        ///< which of the program's dynamic keys
  slice_bounds slice;
  filter expression;          ///< of a filter or script
  std::vector<segment> parts; ///< of a list; the inner filter of a nested one
  /// Nested: the member that the inner filter looks at, "" for none. Type: the type's name.
  std::string inner_key;
};

/// A compiled path.
struct path_program {
  std::string text;
  std::optional<error> problem;
  std::optional<error> doubt;
  /// The paths whose values are keys, and their texts are in the error messages.
  std::vector<path> dynamic_keys;
  /// Keys to traverse first, "$" left out.
  std::vector<segment> plain;
  /// JSONPath on what the traversal gave.
  std::vector<segment> complex;
  bool starts_at_root = false; ///< else the path finds nothing
  bool is_complex = false;
  bool has_parent_operator = false;
};

/// Paths within other programs: compiled at their depth, and evaluated at the expense of the whole.
struct path_access {
  [[nodiscard]] static path compile(std::string_view text, std::size_t depth);
  [[nodiscard]] static result<resolved> evaluate(const path& of, const scope& visible,
                                                 work_budget& budget);
  [[nodiscard]] static result<resolved> evaluate(const json_path& of, const json::value& root,
                                                 work_budget& budget);
};

/// Compiles the path of mappings and conditions. `depth` counts dynamic keys within dynamic keys.
[[nodiscard]] std::shared_ptr<const path_program> compile_path(std::string_view text,
                                                               std::size_t depth);
/// Compiles a path of the library behind the reference: all of it is `complex`.
[[nodiscard]] std::shared_ptr<const path_program> compile_json_path(std::string_view text);

} // namespace millrace::flows::detail

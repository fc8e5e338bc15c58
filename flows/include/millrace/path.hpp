// SPDX-License-Identifier: Apache-2.0
//
// JSONPath as flows use it, compiled once and evaluated often. Two readings exist in the reference
// and here: `path`, the "smart" one of mappings, conditions and items, and `json_path`, the plain
// library behaviour that outputValidation, aggregation data paths and with_json_path use.
#pragma once

#include <millrace/scope.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::flows {

namespace detail {
struct path_program;
struct path_access;
} // namespace detail

/// The path of mappings, conditions, items and path literals: plain segments are key traversal, the
/// first complex operator starts real JSONPath on the rest. Immutable, cheap to copy, thread-safe.
/// Source: conformance/jsonpath.json; reference getSmartValueByJsonPath.
class path {
public:
  path();
  /// Compiles `text`. Never fails: a text that can never be evaluated keeps its problem, which
  /// every evaluation then returns.
  [[nodiscard]] static path compile(std::string_view text);

  [[nodiscard]] const std::string& text() const noexcept;
  /// The error that every evaluation gives (with the position in the text), or null.
  [[nodiscard]] const error* problem() const noexcept;
  /// Why evaluation finds nothing although it is no error (a malformed filter), with the position
  /// in the expression, or null. For warnings.
  [[nodiscard]] const error* doubt() const noexcept;

  /// Looks the path up. Nothing found is an undefined `resolved`, not an error; errors are those of
  /// a dynamic segment `[$.x]` that is null or missing, and limits passed. No allocation for plain
  /// paths. Cost is independent of what the path does not touch.
  [[nodiscard]] result<resolved> evaluate(const scope& visible) const;

private:
  friend struct detail::path_access;
  std::shared_ptr<const detail::path_program> program_;
};

/// The plain JSONPath of the library behind the reference (jsonpath-plus 10), evaluated on one
/// root. Immutable, cheap to copy, thread-safe. Source of every rule: jsonpath-plus 10, as recorded
/// in conformance/jsonpath.json and conformance/flow.json.
class json_path {
public:
  json_path();
  [[nodiscard]] static json_path compile(std::string_view text);
  [[nodiscard]] const std::string& text() const noexcept;
  [[nodiscard]] const error* problem() const noexcept;

  /// Like `JSONPath({path, json, wrap: false})`: one plain hit unwrapped, several or indefinite
  /// hits as an array, none undefined. An exception inside a filter is an error.
  [[nodiscard]] result<resolved> evaluate(const json::value& root) const;
  /// Like `JSONPath({path, json, wrap: true})`: every match, borrowed from `root` where possible.
  [[nodiscard]] result<std::vector<resolved>> matches(const json::value& root) const;

private:
  friend struct detail::path_access;
  std::shared_ptr<const detail::path_program> program_;
};

/// The segments of a path as `JSONPath.toPathArray` cuts them: "$" first for a rooted path.
/// Source: reference setValueByJsonPath (output mapping targets).
[[nodiscard]] std::vector<std::string> to_path_array(std::string_view text);

} // namespace millrace::flows

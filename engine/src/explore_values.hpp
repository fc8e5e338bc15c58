// SPDX-License-Identifier: Apache-2.0
//
// Which data make expressions come out one way and the other: read from their text, for exploring.
// What is not understood is left out; that costs coverage, never correctness.
#pragma once

#include <millrace/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::simulation {

/// Member names from a root; `any_element` stands for each element of an array.
using value_path = std::vector<std::string>;
inline constexpr std::string_view any_element = "[]";

/// What is compared at a place.
struct wanted_values {
  value_path at;
  bool is_length = false; ///< the values are lengths of the array at `at`
  /// The usual one first; empty: any will do.
  std::vector<json::value> values;
};

/// The values that `text`, a condition or a path looked at for its truth, tells apart, by the
/// places in the context where they stand. Filters in paths count.
[[nodiscard]] std::vector<wanted_values> values_of_condition(std::string_view text);
/// The place that a path names, with `values` wanted there, and what its filters compare.
[[nodiscard]] std::vector<wanted_values> values_at(std::string_view path,
                                                   std::vector<json::value> values);
/// The places that a template reads by name.
[[nodiscard]] std::vector<wanted_values> values_of_template(std::string_view text);
/// The segments of a mapping's target or source, with or without "$.".
[[nodiscard]] value_path segments_of(std::string_view path);

/// Puts `value` at `path` below `root`, making objects and arrays of one element on the way; an
/// array that is there keeps its length.
void put(json::value& root, const value_path& path, const json::value& value);
/// Makes an array of `length` elements there.
void put_array(json::value& root, const value_path& path, std::size_t length);
/// "a.b[].c".
[[nodiscard]] std::string describe(const value_path& path);
/// The rest of `path` behind `prefix`, if it begins with that.
[[nodiscard]] std::optional<value_path> rest_behind(const value_path& prefix,
                                                    const value_path& path);
/// One path behind the other.
[[nodiscard]] value_path joined(value_path first, const value_path& second);

} // namespace millrace::simulation

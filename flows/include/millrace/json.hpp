// SPDX-License-Identifier: Apache-2.0
//
// JSON text in and out. Values are Boost.JSON's; numbers are IEEE doubles as in JavaScript, kept as
// int64 where they are whole and within ±2^53, so that equal numbers are equal values.
#pragma once

#include <millrace/error.hpp>

#include <boost/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace {

namespace json = boost::json;

/// Bounds on JSON text that comes from outside.
struct json_limits {
  /// Bytes of text accepted.
  std::size_t text_bytes_max = std::size_t{256} * 1024 * 1024;
  /// Objects and arrays nested in one another.
  std::size_t depth_max = 512;
};

/// Parses one JSON document (RFC 8259, no extensions; a UTF-8 byte order mark is skipped).
/// `source` names the text in error messages: a file name or "--input".
/// Whole numbers outside ±2^53 become doubles; a later duplicate member wins, as in JavaScript
/// (ECMA-262, JSON.parse).
/// Errors: `invalid_syntax` with line, column and what was expected, also for invalid UTF-8;
/// `limit_exceeded` when a bound of `limits` is passed. Thread-safe.
[[nodiscard]] result<json::value> parse_json(std::string_view text, std::string_view source,
                                             const json_limits& limits = {});

/// Serializes as JavaScript's JSON.stringify does: shortest round-trip numbers, integer-like member
/// names first in ascending order, then members as they were added. NaN and infinities give null.
/// Source: ECMA-262, JSON.stringify. Thread-safe.
[[nodiscard]] std::string stringify(const json::value& value);
[[nodiscard]] std::string stringify(const json::object& value);
/// Appends to `out` what stringify gives.
void stringify_to(std::string& out, const json::value& value);
void stringify_to(std::string& out, const json::object& value);
/// The same, with line breaks and `indent` spaces a level, for people.
[[nodiscard]] std::string stringify_pretty(const json::value& value, int indent = 2);

/// A JSON number in its one canonical form: int64 where `number` is whole and within ±2^53 (and not
/// negative zero), else double. Source: docs/decisions/0005.
[[nodiscard]] json::value number(double number) noexcept;

/// Bounds for reading back what Millrace itself has written: contexts within their own bound, and
/// what it wraps around them.
inline constexpr json_limits stored_json_limits{std::size_t{4} * 1024 * 1024 * 1024, 1024};

/// Whether objects and arrays in `value` nest deeper than `levels`. Looks no deeper than that.
[[nodiscard]] bool is_deeper_than(const json::value& value, std::size_t levels) noexcept;
[[nodiscard]] bool is_deeper_than(const json::object& value, std::size_t levels) noexcept;

/// The text `name` of `object`; empty where there is no such member or it is no text.
[[nodiscard]] std::string text_or_empty(const json::object& object, std::string_view name);

/// `text`, or null when it is empty.
[[nodiscard]] json::value text_or_null(std::string_view text);

/// Merges `overlay` over `base` recursively: objects member by member, anything else replaced.
/// Source: Allma core SDK, deepMerge; used for reusable step definitions and step overrides.
[[nodiscard]] json::object deep_merge(const json::object& base, const json::object& overlay);

} // namespace millrace

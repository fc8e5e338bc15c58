// SPDX-License-Identifier: Apache-2.0
//
// JavaScript's coercions, comparisons and printing, as far as the flow language shows them:
// conditions, filters, templates and modules all come here. A null pointer stands for undefined.
// Source of every rule: ECMA-262 (abstract operations ToNumber, ToString, IsLooselyEqual,
// IsStrictlyEqual, IsLessThan, ToBoolean); objects have their default toString ("[object Object]",
// arrays join with ","). Pure functions, thread-safe.
#pragma once

#include <millrace/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::flows::js {

/// ToBoolean: false for undefined, null, false, 0, -0, NaN and "".
[[nodiscard]] bool truthy(const json::value* value) noexcept;
/// ToNumber; NaN where there is none.
[[nodiscard]] double to_number(const json::value* value);
/// ToNumber of a text (StringToNumber: trimmed, hex, octal, binary, Infinity; "" is 0).
[[nodiscard]] double to_number(std::string_view text);
/// ToString; "undefined" for a null pointer.
[[nodiscard]] std::string to_string(const json::value* value);
/// Number::toString with radix 10: shortest round-trip, exponent from 1e21 and below 1e-6.
[[nodiscard]] std::string to_string(double number);
/// The same, appended.
void append_number(std::string& out, double number);

/// `left == right`.
[[nodiscard]] bool loosely_equal(const json::value* left, const json::value* right);
/// `left === right` for values that are not the same object: two objects or arrays are equal only
/// when they are the same one (the same pointer).
[[nodiscard]] bool strictly_equal(const json::value* left, const json::value* right);
/// `left < right`: true, false, or nothing where a NaN makes it undefined.
[[nodiscard]] std::optional<bool> less_than(const json::value* left, const json::value* right);

/// Compares two UTF-8 texts in the order of their UTF-16 units; <0, 0 or >0.
[[nodiscard]] int compare_utf16(std::string_view left, std::string_view right) noexcept;
/// Length of a UTF-8 text in UTF-16 units.
[[nodiscard]] std::size_t utf16_length(std::string_view text) noexcept;

/// Whether `key` is an array index in canonical decimal form ("0", "42", not "01"), below 2^32 - 1.
[[nodiscard]] std::optional<std::uint32_t> as_index(std::string_view key) noexcept;
/// Whether a member of `object` has an integer-like name, so that JavaScript's order is not the
/// order of insertion.
[[nodiscard]] bool has_index_names(const json::object& object) noexcept;
/// The members of `object` in JavaScript's order: integer-like names ascending, then as added.
/// Costs nothing beyond the pointers when there is no integer-like name.
[[nodiscard]] std::vector<const json::key_value_pair*> members(const json::object& object);

/// `text` without the white space and line terminators at its start, its end or both
/// (String.prototype.trimStart, trimEnd, trim).
[[nodiscard]] std::string_view trim_start(std::string_view text) noexcept;
[[nodiscard]] std::string_view trim_end(std::string_view text) noexcept;
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;

/// `value.typeof`, for messages: "undefined", "null", "boolean", "number", "string", "array",
/// "object".
[[nodiscard]] const char* type_name(const json::value* value) noexcept;

} // namespace millrace::flows::js

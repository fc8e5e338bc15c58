// SPDX-License-Identifier: Apache-2.0
//
// Asking JSON values for the shape that a schema wants, and saying in a message what stands there
// instead. Shared by start requests and definitions.
#pragma once

#include <millrace/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::shape {

/// The member `key`, or null where there is none.
[[nodiscard]] const json::value* find(const json::object& object, std::string_view key) noexcept;

/// The whole number that `value` is (1, but also 1.0), if it is one within ±2^53.
[[nodiscard]] std::optional<std::int64_t> whole_number(const json::value& value) noexcept;
/// The number that `value` is, if it is one.
[[nodiscard]] std::optional<double> any_number(const json::value& value) noexcept;

/// `value` in a few words for a message: `the text "abc"`, `the number 1.5`, `an empty array`,
/// `null`, `true`. Long texts are cut.
[[nodiscard]] std::string describe(const json::value& value);
/// `text` in double quotes, cut when it is long.
[[nodiscard]] std::string quoted(std::string_view text);

/// Whether `text` is a URL: a scheme, a colon and, for web addresses, a host. Looser than a
/// browser where a browser would mend the text.
[[nodiscard]] bool is_url(std::string_view text) noexcept;
/// Whether `text` is a time stamp in UTC: YYYY-MM-DDTHH:MM:SS, an optional fraction, Z.
[[nodiscard]] bool is_utc_timestamp(std::string_view text) noexcept;

} // namespace millrace::shape

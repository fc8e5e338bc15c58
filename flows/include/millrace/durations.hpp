// SPDX-License-Identifier: Apache-2.0
//
// Durations as test files write them: "250ms", "3s", "5m", "2h", "30d", or a number of
// milliseconds.
#pragma once

#include <millrace/json.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace millrace {

/// Longer ones are slips of the pen, and a clock that far ahead counts no more milliseconds.
inline constexpr std::chrono::hours duration_max{24 * 36'500};

/// The duration that `value` is; absent when it is none, is negative or more than duration_max.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(const json::value& value);
/// What a duration may look like, for messages.
inline constexpr const char* duration_forms =
    "a duration such as \"250ms\", \"3s\", \"5m\", \"2h\" or \"30d\", or a number of milliseconds";
/// `time` in that form, the largest unit that gives a whole number.
[[nodiscard]] std::string format_duration(std::chrono::milliseconds time);

} // namespace millrace

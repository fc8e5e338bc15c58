// SPDX-License-Identifier: Apache-2.0
//
// How executions are put into words, the same in every command.
#pragma once

#include "table.hpp"

#include <millrace/execution_record.hpp>

#include <cstdint>
#include <string>

namespace millrace::cli {

/// "order-intake v1"; without a version while none is resolved.
[[nodiscard]] std::string flow_name(const execution_record& record);
/// The status in its colour.
[[nodiscard]] cell status_cell(execution_status status);
/// "+12 ms" from `origin` to `at`, both Unix milliseconds; "-" when `at` has not come.
[[nodiscard]] std::string offset(std::int64_t at, std::int64_t origin);
/// "12 ms", "3.25 s", "2 h 5 min".
[[nodiscard]] std::string duration(std::int64_t milliseconds);
/// How long it ran; "-" while it has not ended.
[[nodiscard]] std::string time_taken(const execution_record& record);
/// Cuts a longer `text` at a character and says so by "...".
void cut(std::string& text, std::size_t bytes_max);
/// "PermanentStepError: ..." in one line, cut where it is very long.
[[nodiscard]] std::string error_line(const error_info& error);
/// What a parked execution waits for; empty when it is not parked.
[[nodiscard]] std::string waits_for(const execution_record& record);
/// "10,000"
[[nodiscard]] std::string grouped(std::uint64_t number);

} // namespace millrace::cli

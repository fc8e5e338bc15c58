// SPDX-License-Identifier: Apache-2.0
//
// Arithmetic of coverage counts.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace millrace::flows {

/// Whole numbers up to here are exact in JSON; counts stop there.
inline constexpr std::uint64_t count_max = std::uint64_t{1} << 53;

/// Adds, and stops at count_max.
void add_count(std::uint64_t& to, std::uint64_t more) noexcept;
[[nodiscard]] std::uint64_t
sum_of(const std::map<std::string, std::uint64_t, std::less<>>& counts) noexcept;

} // namespace millrace::flows

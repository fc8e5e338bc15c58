// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::services {

/// A version 7 UUID whose time is `unix_ms` and whose random bits are made of `name`: the same for
/// the same, and like the ids that are minted it sorts by time.
[[nodiscard]] std::string derived_id(std::int64_t unix_ms, std::string_view name);

} // namespace millrace::services

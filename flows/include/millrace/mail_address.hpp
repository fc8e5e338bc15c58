// SPDX-License-Identifier: Apache-2.0
//
// Addresses of mail, as the reference's schemas take them.
#pragma once

#include <string_view>

namespace millrace {

/// Whether `text` is an address such as "ann@example.com", alone. Source: the reference's schema
/// library (zod), email(). Thread-safe.
[[nodiscard]] bool is_mail_address(std::string_view text) noexcept;

} // namespace millrace

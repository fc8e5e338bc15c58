// SPDX-License-Identifier: Apache-2.0
//
// Bytes from outside as texts that JSON can hold.
#pragma once

#include <string>
#include <string_view>

namespace millrace {

/// `bytes` as UTF-8: each byte that is no part of a character becomes U+FFFD, and a byte order mark
/// at the beginning is left out. As the reference's runtime decodes what it receives. Thread-safe.
[[nodiscard]] std::string to_utf8(std::string_view bytes);

/// Whether `text` is a URL as the reference's schemas take it: a scheme, and a host where the
/// scheme is one of the web. Thread-safe.
[[nodiscard]] bool is_url(std::string_view text) noexcept;

} // namespace millrace

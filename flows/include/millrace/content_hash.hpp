// SPDX-License-Identifier: Apache-2.0
//
// A name for a text by its content. Stored with executions: never change what it gives.
#pragma once

#include <string>
#include <string_view>

namespace millrace::flows {

/// The SHA-256 digest (FIPS 180-4) of `text` in lower-case hexadecimal. Throws std::runtime_error
/// where the libcrypto in use refuses to compute it. Thread-safe.
[[nodiscard]] std::string content_hash(std::string_view text);

} // namespace millrace::flows

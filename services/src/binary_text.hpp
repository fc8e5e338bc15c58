// SPDX-License-Identifier: Apache-2.0
//
// Bytes as texts, in the encodings of the reference's runtime.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace millrace::services {

[[nodiscard]] std::string encode_base64(std::string_view bytes);
/// Leaves out what is no base64, takes both alphabets, stops at padding; as Node's Buffer does.
[[nodiscard]] std::string decode_base64(std::string_view text);
/// `bytes` as a text in one of Node's encodings: utf8, utf-8, latin1, binary, ascii, base64, hex,
/// in any case; absent for another one.
[[nodiscard]] std::optional<std::string> decode_text(std::string_view bytes,
                                                     std::string_view encoding);

} // namespace millrace::services

// SPDX-License-Identifier: Apache-2.0
//
// Texts of received mail as UTF-8: character sets, transfer encodings, words in headers. Nothing
// here fails: what cannot be decoded becomes U+FFFD or stays as it is. Source: RFC 2045, RFC 2047;
// names of character sets as the Encoding Standard has them.
#pragma once

#include <string>
#include <string_view>

namespace millrace::services {

/// `bytes` of a character set as UTF-8. A set that is not known is read as UTF-8. ISO-8859-1 is
/// read as Windows-1252, as browsers and the reference's runtime do.
[[nodiscard]] std::string decode_charset(std::string_view bytes, std::string_view charset);

/// What a part's Content-Transfer-Encoding stands for: base64 and quoted-printable are undone.
[[nodiscard]] std::string decode_transfer(std::string_view bytes, std::string_view encoding);

/// A header's text with its encoded words ("=?utf-8?Q?...?=") decoded.
[[nodiscard]] std::string decode_words(std::string_view text);

} // namespace millrace::services

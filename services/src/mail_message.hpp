// SPDX-License-Identifier: Apache-2.0
//
// A mail as it is sent: an HTML body, attachments, and headers that no value can break out of.
// Source: RFC 5322, RFC 2045 to 2047.
#pragma once

#include <millrace/step_result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::services {

struct mail_attachment {
  std::string file_name;
  std::string content_type;
  std::string bytes;
};

/// Addresses are bare: "a@example.com".
struct mail_message {
  std::string id; ///< without brackets
  std::string from;
  std::string from_name; ///< empty: none
  std::vector<std::string> to;
  std::vector<std::string> cc;
  std::vector<std::string> bcc; ///< get the mail and are not named in it
  std::vector<std::string> reply_to;
  std::string subject;
  std::string body; ///< HTML, UTF-8
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<mail_attachment> attachments;
  std::int64_t date = 0; ///< Unix milliseconds
};

/// Why a header cannot be sent; empty: it can. Refused are line breaks and other control
/// characters, names that are none, and names that the message itself has.
[[nodiscard]] std::string why_no_header(std::string_view name, std::string_view value);

/// The bytes of a message, lines ended with CRLF. Every value must have passed why_no_header().
[[nodiscard]] std::string to_bytes(const mail_message& message);

/// "Name <a@b.c>" without what stands around the address.
[[nodiscard]] std::string bare_address(std::string_view text);
/// The addresses in a text: a JSON list, or separated by commas outside names and brackets.
[[nodiscard]] std::vector<std::string> split_addresses(std::string_view text);

} // namespace millrace::services

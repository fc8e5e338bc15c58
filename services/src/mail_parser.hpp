// SPDX-License-Identifier: Apache-2.0
//
// A received message taken apart: headers, texts, attachments. Every bound is checked before the
// work is done, so that no message costs more than its size allows. Source: RFC 5322, RFC 2045 to
// 2047, RFC 2183, RFC 2231.
#pragma once

#include <millrace/error.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::services {

/// Bounds on one message besides its size.
struct mail_limits {
  std::size_t headers_max = 1'000;           ///< of one part
  std::size_t header_bytes_max = 256 * 1024; ///< of one part, together
  std::size_t parts_max = 500;               ///< attachments, texts and what they are in
  std::size_t depth_max = 20;                ///< parts in parts
};

struct received_attachment {
  std::string file_name; ///< as the sender has it: no name of a file here
  std::string content_type;
  std::string content_id;  ///< empty: none
  std::string disposition; ///< "attachment" where the part says nothing
  std::string bytes;
};

struct received_mail {
  /// In order, names in lower case, values unfolded and otherwise as they came.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string text; ///< of all plain parts, a line end between them
  std::string html; ///< empty: none
  std::vector<received_attachment> attachments;

  /// The value of the first header of that name; null: there is none.
  [[nodiscard]] const std::string* header(std::string_view name) const;
};

/// Errors: `invalid_input`, a sentence part that says what the message has too much of, or that it
/// has no headers at all.
[[nodiscard]] result<received_mail> parse_mail(std::string_view bytes,
                                               const mail_limits& limits = {});

/// An address in a header.
struct mail_contact {
  std::string name; ///< empty: none
  std::string address;
};
/// The addresses of a header such as `"Doe, Jane" <jane@example.com>, bo@example.com (Bo)`; what
/// has no @ is left out. Groups are taken apart.
[[nodiscard]] std::vector<mail_contact> parse_contacts(std::string_view header);

/// A header such as `text/plain; charset="utf-8"`.
struct structured_header {
  std::string value;                                           ///< in lower case
  std::vector<std::pair<std::string, std::string>> parameters; ///< names in lower case, decoded

  /// Empty: there is none.
  [[nodiscard]] std::string parameter(std::string_view name) const;
};
[[nodiscard]] structured_header parse_structured(std::string_view header);

} // namespace millrace::services

// SPDX-License-Identifier: Apache-2.0
//
// CSV text as join-data reads and writes it: commas, double quotes, a header line.
#pragma once

#include <millrace/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace millrace::steps {

/// A CSV text taken apart. Every row is an object with the header's names as members and texts as
/// values; rows with another number of fields than the header are left out.
struct csv_table {
  /// As written; empty for a blank text.
  std::vector<std::string> header;
  json::array rows;
};

/// Reads a table. Never fails. White space around the whole text and blank lines do not count.
/// Anywhere in a field, a quote opens or closes a quoted stretch in which commas are text and two
/// quotes are one. A line break ends the row, except inside a field that is properly quoted from
/// its first character to its last (RFC 4180): a stray quote spoils its own line only.
[[nodiscard]] csv_table parse_csv(std::string_view text);

/// Appends `field`, quoted where it holds a quote, a comma or a line feed.
void append_csv_field(std::string& out, std::string_view field);

} // namespace millrace::steps

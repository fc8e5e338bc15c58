// SPDX-License-Identifier: Apache-2.0
//
// Where a value stands in a JSON text, for messages that an editor can follow.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace millrace {

/// A place in a text, both from 1 on; the column in bytes.
struct text_position {
  std::size_t line = 1;
  std::size_t column = 1;
};

/// The place of what `pointer` (RFC 6901) names in `text`, which must be valid JSON: of its name
/// for a member of an object, of the value else. Absent when there is no such value. Where a name
/// stands twice, the last one counts, as in parse_json.
[[nodiscard]] std::optional<text_position> find_position(std::string_view text,
                                                         std::string_view pointer);

} // namespace millrace

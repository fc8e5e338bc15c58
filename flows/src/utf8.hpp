// SPDX-License-Identifier: Apache-2.0
//
// Code points in UTF-8 text. `length_at` checks; everything else takes valid UTF-8 and stays within
// the text even when it is not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::flows::utf8 {

/// What some programs write before a text.
inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// Length of the well-formed sequence that starts `text` (no over-long forms, no surrogates, at
/// most U+10FFFF); 0 when there is none. Requires text not empty.
[[nodiscard]] std::size_t length_at(std::string_view text) noexcept;

/// The code point that starts at `position`, which moves behind it. A byte that starts no sequence
/// counts as one code point. Requires position < text.size().
[[nodiscard]] std::uint32_t next(std::string_view text, std::size_t& position) noexcept;

/// Appends `point`.
void append(std::string& out, std::uint32_t point);

/// The byte offset of the UTF-16 unit `unit`, at most text.size(). A unit inside a surrogate pair
/// gives the offset behind the pair.
[[nodiscard]] std::size_t offset_of_unit(std::string_view text, std::size_t unit) noexcept;

/// The UTF-16 unit `unit` as a text; half of a surrogate pair, which has no UTF-8 form, is U+FFFD.
/// Requires that there is such a unit.
[[nodiscard]] std::string unit_at(std::string_view text, std::size_t unit);

} // namespace millrace::flows::utf8

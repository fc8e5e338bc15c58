// SPDX-License-Identifier: Apache-2.0
//
// Where the small parts of a template's tags end.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace::flows::templates {

inline constexpr std::size_t npos = std::string_view::npos;

/// A letter, a digit or `_`.
[[nodiscard]] bool is_word(char c) noexcept;
/// Whether at `at` is what must follow a name: white space or one of `=~}/.)|`.
[[nodiscard]] bool follows_name(std::string_view text, std::size_t at) noexcept;
/// Whether at `at` is what must follow a literal: white space or one of `~})`.
[[nodiscard]] bool follows_literal(std::string_view text, std::size_t at) noexcept;
/// Where the name that starts at `from` ends.
[[nodiscard]] std::size_t name_end(std::string_view text, std::size_t from) noexcept;
/// Behind an optional `~` at `from`.
[[nodiscard]] std::size_t skip_tilde(std::string_view text, std::size_t from) noexcept;
/// Behind `~?}}` at `from`, or npos.
[[nodiscard]] std::size_t close_end(std::string_view text, std::size_t from);
/// Length of the number at `from`; 0 where there is none.
[[nodiscard]] std::size_t number_length(std::string_view text, std::size_t from) noexcept;
/// `text` without the backslashes that stand before `escaped`.
[[nodiscard]] std::string unescape(std::string_view text, std::string_view escaped);

} // namespace millrace::flows::templates

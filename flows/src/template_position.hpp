// SPDX-License-Identifier: Apache-2.0
//
// Places in a template text, as error messages show them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace::flows::templates {

/// Line (from 1) and column (from 0, in UTF-16 units) of a byte of the text.
struct position {
  std::size_t line = 1;
  std::size_t column = 0;
};
[[nodiscard]] position position_of(std::string_view text, std::size_t at) noexcept;

/// The line of the text around `at` and a mark below it.
[[nodiscard]] std::string show_position(std::string_view text, std::size_t begin, std::size_t end);

} // namespace millrace::flows::templates

// SPDX-License-Identifier: Apache-2.0
//
// Aligned columns for people.
#pragma once

#include "terminal.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace millrace::cli {

/// One field of a row; its text is made printable.
struct cell {
  std::string text;
  tint colour = tint::none;
};

/// Collects rows, then draws them with a header; a column is as wide as its widest field.
class table {
public:
  struct column {
    std::string title;
    bool right = false; ///< aligned to the right, for numbers
  };

  explicit table(std::vector<column> columns_of_table);

  /// As many cells as there are columns.
  void add(std::vector<cell> row);
  /// A line of its own below the last row, not part of any column.
  void add_note(cell note);
  [[nodiscard]] bool is_empty() const noexcept { return rows_.empty(); }
  /// All lines, each with a line break; no header when there is no row.
  [[nodiscard]] std::string draw(const look& how) const;

private:
  struct line {
    std::vector<cell> cells;
    bool is_note = false;
  };

  void draw_row(std::string& out, const std::vector<cell>& row,
                const std::vector<std::size_t>& widths, const look& how) const;
  [[nodiscard]] std::vector<std::size_t> widths() const;

  std::vector<column> columns_;
  std::vector<line> rows_;
};

} // namespace millrace::cli

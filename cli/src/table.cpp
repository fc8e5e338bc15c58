// SPDX-License-Identifier: Apache-2.0
#include "table.hpp"

#include <algorithm>

namespace millrace::cli {
namespace {

constexpr std::string_view gap = "  ";

} // namespace

table::table(std::vector<column> columns_of_table) : columns_(std::move(columns_of_table)) {}

void table::add(std::vector<cell> row) {
  row.resize(columns_.size());
  for (cell& each : row)
    each.text = printable(each.text);
  rows_.push_back({std::move(row), false});
}

void table::add_note(cell note) {
  note.text = printable(note.text);
  rows_.push_back({{std::move(note)}, true});
}

std::vector<std::size_t> table::widths() const {
  std::vector<std::size_t> found;
  for (const column& each : columns_)
    found.push_back(columns(each.title));
  for (const line& each : rows_)
    for (std::size_t i = 0; !each.is_note && i < found.size(); ++i)
      found[i] = std::max(found[i], columns(each.cells[i].text));
  return found;
}

void table::draw_row(std::string& out, const std::vector<cell>& row,
                     const std::vector<std::size_t>& widths, const look& how) const {
  std::size_t owed = 0; // blanks that only matter when something follows
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::size_t padding = widths[i] - columns(row[i].text);
    if (!row[i].text.empty()) {
      out.append(owed + (columns_[i].right ? padding : 0), ' ');
      out += tinted(row[i].text, row[i].colour, how);
      owed = columns_[i].right ? 0 : padding;
    } else {
      owed += widths[i];
    }
    owed += gap.size();
  }
  out += '\n';
}

std::string table::draw(const look& how) const {
  std::string out;
  if (rows_.empty())
    return out;
  const std::vector<std::size_t> wide = widths();
  std::vector<cell> titles;
  for (const column& each : columns_)
    titles.push_back({each.title, tint::bold});
  draw_row(out, titles, wide, how);
  for (const line& each : rows_) {
    if (each.is_note)
      out += tinted(each.cells.front().text, each.cells.front().colour, how) + '\n';
    else
      draw_row(out, each.cells, wide, how);
  }
  return out;
}

} // namespace millrace::cli

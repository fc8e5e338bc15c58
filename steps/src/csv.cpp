// SPDX-License-Identifier: Apache-2.0
#include "csv.hpp"

#include <array>

namespace millrace::steps {

namespace {

/// White space and line ends of ECMA-262 (String.prototype.trim), in UTF-8.
constexpr std::array<std::string_view, 25> white_space = {
    "\t",           "\n",           "\v",           "\f",           "\r",           " ",
    "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81", "\xE2\x80\x82", "\xE2\x80\x83",
    "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86", "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89",
    "\xE2\x80\x8A", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80",
    "\xEF\xBB\xBF"};

std::string_view trim(std::string_view text) {
  const auto trim_one = [&text] {
    for (const std::string_view space : white_space) {
      if (text.substr(0, space.size()) == space) {
        text.remove_prefix(space.size());
        return true;
      }
      if (text.size() >= space.size() && text.substr(text.size() - space.size()) == space) {
        text.remove_suffix(space.size());
        return true;
      }
    }
    return false;
  };
  while (trim_one()) {
  }
  return text;
}

/// Cuts a text into rows of fields, from left to right.
class csv_reader {
public:
  explicit csv_reader(std::string_view text) : text_(text) {}

  [[nodiscard]] bool at_end() const { return position_ > text_.size(); }
  /// The fields of the next row. `is_blank`: its line holds nothing but white space.
  std::vector<std::string> row(bool& is_blank);

private:
  /// Length of the line break at `at`; 0 where there is none.
  [[nodiscard]] std::size_t line_break(std::size_t at) const {
    if (at < text_.size() && text_[at] == '\n') {
      return 1;
    }
    return text_.substr(at, 2) == "\r\n" ? 2 : 0;
  }
  /// Whether `at` is where a field may end.
  [[nodiscard]] bool ends_field(std::size_t at) const {
    return at >= text_.size() || text_[at] == ',' || line_break(at) != 0;
  }
  /// For a quote at `open`, the first character of a field: one past the quote that closes the
  /// field, or npos where it is not properly quoted.
  [[nodiscard]] std::size_t quoted_end(std::size_t open) const;

  std::string_view text_;
  std::size_t position_ = 0; // one past the end when the last row was read
};

std::size_t csv_reader::quoted_end(std::size_t open) const {
  std::size_t quote = text_.find('"', open + 1);
  while (quote != std::string_view::npos && text_.substr(quote + 1, 1) == "\"") {
    quote = text_.find('"', quote + 2);
  }
  const bool closes = quote != std::string_view::npos && ends_field(quote + 1);
  return closes ? quote + 1 : std::string_view::npos;
}

std::vector<std::string> csv_reader::row(bool& is_blank) {
  const std::size_t begin = position_;
  std::vector<std::string> fields(1);
  std::size_t field_begin = begin;
  std::size_t may_break_until = begin; // line breaks before this are part of a quoted field
  bool in_quotes = false;
  std::size_t at = begin;
  while (at < text_.size() && (at < may_break_until || line_break(at) == 0)) {
    const char c = text_[at];
    if (c == '"' && in_quotes && text_.substr(at + 1, 1) == "\"") {
      fields.back().push_back('"');
      ++at;
    } else if (c == '"') {
      if (at == field_begin) {
        const std::size_t end = quoted_end(at);
        may_break_until = end == std::string_view::npos ? at : end;
      }
      in_quotes = !in_quotes;
    } else if (c == ',' && !in_quotes) {
      fields.emplace_back();
      field_begin = at + 1;
    } else {
      fields.back().push_back(c);
    }
    ++at;
  }
  is_blank = trim(text_.substr(begin, at - begin)).empty();
  position_ = at >= text_.size() ? text_.size() + 1 : at + line_break(at);
  return fields;
}

} // namespace

csv_table parse_csv(std::string_view text) {
  csv_table table;
  const std::string_view trimmed = trim(text);
  if (trimmed.empty()) {
    return table;
  }
  csv_reader reader(trimmed);
  bool is_blank = false;
  table.header = reader.row(is_blank);
  while (!reader.at_end()) {
    const std::vector<std::string> fields = reader.row(is_blank);
    if (is_blank || fields.size() != table.header.size()) {
      continue;
    }
    json::object row;
    row.reserve(fields.size());
    for (std::size_t i = 0; i < fields.size(); ++i) {
      row.insert_or_assign(table.header[i], fields[i]);
    }
    table.rows.emplace_back(std::move(row));
  }
  return table;
}

void append_csv_field(std::string& out, std::string_view field) {
  if (field.find_first_of("\",\n") == std::string_view::npos) {
    out.append(field);
    return;
  }
  out.push_back('"');
  for (const char c : field) {
    out.append(c == '"' ? 2 : 1, c);
  }
  out.push_back('"');
}

} // namespace millrace::steps

// SPDX-License-Identifier: Apache-2.0
#include <millrace/json_position.hpp>

#include <millrace/json.hpp>

#include "utf8.hpp"

#include <string>
#include <vector>

namespace millrace {
namespace {

std::vector<std::string> segments_of(std::string_view pointer) {
  std::vector<std::string> all;
  for (const char c : pointer) {
    if (c == '/')
      all.emplace_back();
    else if (!all.empty() && !all.back().empty() && all.back().back() == '~' &&
             (c == '0' || c == '1'))
      all.back().back() = c == '0' ? '\0' : '/'; // "~0" is kept apart from a "~" until the end
    else if (!all.empty())
      all.back() += c;
  }
  for (std::string& segment : all)
    for (char& c : segment)
      if (c == '\0')
        c = '~';
  return all;
}

/// Walks through a text that is known to be JSON; whatever it meets otherwise ends the walk.
class walker {
public:
  explicit walker(std::string_view text) : text_(text) {
    if (text_.starts_with(flows::utf8::byte_order_mark))
      at_ = flows::utf8::byte_order_mark.size();
  }

  // To the value of the next segment. Leaves `place` where messages point to.
  bool enter(const std::string& segment, std::size_t& place) {
    skip_blanks();
    if (peek() == '{')
      return enter_member(segment, place);
    return peek() == '[' && enter_element(segment, place);
  }

  std::size_t at_value() {
    skip_blanks();
    return at_;
  }

private:
  bool enter_member(const std::string& name, std::size_t& place) {
    std::size_t value_at = 0;
    ++at_;
    for (skip_blanks(); peek() == '"'; skip_blanks()) {
      const std::size_t name_at = at_;
      skip_text();
      const auto read = parse_json(text_.substr(name_at, at_ - name_at), "name");
      skip_blanks();
      ++at_; // the colon
      skip_blanks();
      if (read && read->is_string() && std::string_view(read->get_string()) == name) {
        place = name_at;
        value_at = at_;
      }
      skip_value();
      skip_blanks();
      if (peek() == ',')
        ++at_;
    }
    at_ = value_at;
    return value_at != 0;
  }

  bool enter_element(const std::string& index, std::size_t& place) {
    std::size_t count = 0;
    ++at_;
    for (skip_blanks(); at_ < text_.size() && peek() != ']'; skip_blanks()) {
      if (std::to_string(count++) == index) {
        place = at_;
        return true;
      }
      skip_value();
      skip_blanks();
      if (peek() == ',')
        ++at_;
    }
    return false;
  }

  // Brackets are counted, not recursed into: texts are the only values that hold others' signs.
  void skip_value() {
    std::size_t depth = 0;
    do {
      const char c = peek();
      if (c == '"') {
        skip_text();
        continue;
      }
      if (c == '{' || c == '[')
        ++depth;
      else if (c == '}' || c == ']')
        --depth;
      ++at_;
    } while (at_ < text_.size() && (depth > 0 || !ends_value(peek())));
  }

  static bool ends_value(char c) {
    return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\t' || c == '\n' || c == '\r';
  }

  void skip_text() {
    for (++at_; at_ < text_.size() && peek() != '"'; ++at_)
      if (peek() == '\\')
        ++at_;
    ++at_;
  }

  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')
      ++at_;
  }

  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  std::string_view text_;
  std::size_t at_ = 0;
};

text_position position_of(std::string_view text, std::size_t offset) {
  text_position found;
  for (const char c : text.substr(0, offset)) {
    ++found.column;
    if (c == '\n')
      found = {found.line + 1, 1};
  }
  return found;
}

} // namespace

std::optional<text_position> find_position(std::string_view text, std::string_view pointer) {
  walker walk(text);
  std::size_t place = walk.at_value();
  for (const std::string& segment : segments_of(pointer))
    if (!walk.enter(segment, place))
      return std::nullopt;
  return position_of(text, place);
}

} // namespace millrace

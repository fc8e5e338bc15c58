// SPDX-License-Identifier: Apache-2.0
//
// Taking the quoted and dynamic keys out of a path's text.
#include "path_characters.hpp"
#include "path_text.hpp"

#include <charconv>

namespace millrace::flows::detail {

namespace {

/// Failed attempts to read a key before no more are made: each costs a look at the rest.
constexpr std::size_t failed_attempts_max = 16;

/// Marks stay below the bytes that stand for something in path_text.cpp.
constexpr char last_mark = '\x1b';

class key_marker {
public:
  key_marker(std::string_view path, bool with_dynamic_keys)
      : path_(path), with_dynamic_keys_(with_dynamic_keys) {
    while (path.find(result_.mark) != npos && result_.mark < last_mark)
      ++result_.mark;
  }

  marked_text run();

private:
  bool dynamic_key();
  bool quoted_keys();
  void copy_script();
  void add(std::string key, bool is_dynamic);
  [[nodiscard]] bool at_quote(std::size_t position) const {
    return position < path_.size() && is_quote(path_[position]);
  }
  [[nodiscard]] std::size_t matching_bracket(std::size_t open) const;

  std::string_view path_;
  bool with_dynamic_keys_;
  std::size_t position_ = 0;
  std::size_t script_until_ = 0; // inside a script up to here: only dynamic keys are marked
  bool scripts_end_ = true;      // false: no script that opens on this line has an end
  std::size_t attempts_failed_ = 0;
  marked_text result_;
};

marked_text key_marker::run() {
  while (position_ < path_.size()) {
    const bool in_script = position_ < script_until_;
    if (is_line_end(path_[position_]))
      scripts_end_ = true;
    if (path_[position_] == '[' && attempts_failed_ < failed_attempts_max) {
      if (!in_script)
        copy_script();
      if (dynamic_key())
        continue;
      if (position_ >= script_until_ && at_quote(position_ + 1)) {
        if (quoted_keys())
          continue;
        ++attempts_failed_;
      }
    }
    result_.text += path_[position_++];
  }
  return std::move(result_);
}

/// A script keeps its text: quotes in it are its own literals.
void key_marker::copy_script() {
  std::string_view script;
  const bool may_open = at(path_, position_ + 1, '(') ||
                        (at(path_, position_ + 1, '?') && at(path_, position_ + 2, '('));
  if (!may_open || !scripts_end_)
    return;
  const std::size_t end = script_end(path_, position_, script);
  scripts_end_ = end != npos;
  if (scripts_end_)
    script_until_ = end;
}

void key_marker::add(std::string key, bool is_dynamic) {
  result_.text += result_.mark;
  result_.text += std::to_string(result_.keys.size());
  result_.text += result_.mark;
  result_.keys.push_back({std::move(key), is_dynamic, 0});
}

/// The bracket that closes the one at `open`, brackets in quotes not counted; npos if none does.
std::size_t key_marker::matching_bracket(std::size_t open) const {
  std::size_t depth = 0;
  char quote = '\0';
  for (std::size_t i = open; i < path_.size(); ++i) {
    const char c = path_[i];
    if (quote != '\0') {
      quote = c == quote ? '\0' : quote;
    } else if (is_quote(c)) {
      quote = c;
    } else if (c == '[') {
      ++depth;
    } else if (c == ']' && --depth == 0) {
      return i;
    }
  }
  return npos;
}

bool key_marker::dynamic_key() {
  if (!with_dynamic_keys_ || path_.substr(position_, 3) != "[$.")
    return false;
  std::size_t end = matching_bracket(position_);
  if (end == npos)
    end = path_.find(']', position_);
  if (end == npos) {
    ++attempts_failed_;
    return false;
  }
  result_.text += "['";
  add(std::string(path_.substr(position_ + 1, end - position_ - 1)), true);
  result_.text += "']";
  position_ = end + 1;
  // What is glued to the bracket is a segment of its own.
  if (position_ < path_.size() && position_ >= script_until_ &&
      std::string_view(".[^~@;,)]").find(path_[position_]) == npos)
    result_.text += '.';
  return true;
}

/// `['a']`, `["a"]` or `['a','b']`: keys are what the quotes enclose, whatever it is; \' and \"
/// stand for the quote.
bool key_marker::quoted_keys() {
  std::vector<std::string> keys;
  std::size_t i = position_ + 1;
  while (true) {
    if (i >= path_.size() || !is_quote(path_[i]))
      return false;
    const char quote = path_[i++];
    std::string key;
    while (i < path_.size() &&
           !(path_[i] == quote &&
             (at(path_, i + 1, ']') ||
              (at(path_, i + 1, ',') && i + 2 < path_.size() && is_quote(path_[i + 2]))))) {
      if (path_[i] == '\\' && at(path_, i + 1, quote))
        ++i;
      key += path_[i++];
    }
    if (i >= path_.size())
      return false;
    keys.push_back(std::move(key));
    ++i;
    if (path_[i] == ']')
      break;
    ++i; // the comma
  }
  const std::size_t behind = i + 1;
  if (behind < path_.size() && std::string_view(".[^~@").find(path_[behind]) == npos)
    return false; // glued to something: not a key on its own
  if (result_.text.size() > 1 && result_.text.back() == '.' &&
      result_.text[result_.text.size() - 2] != '.')
    result_.text.pop_back(); // ".['a']" is "['a']"
  const bool several = keys.size() > 1;
  result_.text += several ? "[" : "['";
  for (std::size_t k = 0; k < keys.size(); ++k) {
    if (k > 0)
      result_.text += ',';
    add(std::move(keys[k]), false);
  }
  result_.text += several ? "]" : "']";
  position_ = behind;
  return true;
}

} // namespace

std::optional<std::size_t> marked_text::key_of(std::string_view segment) const {
  if (segment.size() < 3 || segment.front() != mark || segment.back() != mark)
    return std::nullopt;
  std::size_t number = 0;
  const char* const end = segment.data() + segment.size() - 1;
  const auto [stopped, code] = std::from_chars(segment.data() + 1, end, number);
  if (code != std::errc{} || stopped != end || number >= keys.size())
    return std::nullopt;
  return number;
}

std::string marked_text::expand(std::string_view segment) const {
  std::string out;
  while (!segment.empty()) {
    const std::size_t end = segment.front() == mark ? segment.find(mark, 1) : npos;
    const auto found = end == npos ? std::nullopt : key_of(segment.substr(0, end + 1));
    if (found) {
      out += keys[*found].text;
      segment.remove_prefix(end + 1);
    } else {
      out += segment.front();
      segment.remove_prefix(1);
    }
  }
  return out;
}

marked_text mark_keys(std::string_view path, bool with_dynamic_keys) {
  return key_marker(path, with_dynamic_keys).run();
}

} // namespace millrace::flows::detail

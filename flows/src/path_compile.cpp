// SPDX-License-Identifier: Apache-2.0
#include "path_characters.hpp"
#include "path_program.hpp"

#include <millrace/js.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace millrace::flows::detail {

namespace {

error limit_error(std::string_view text, std::string_view what, std::string_view name,
                  std::size_t limit) {
  constexpr std::size_t shown_max = 80;
  std::string message = "The path '" + std::string(text.substr(0, shown_max));
  message += text.size() > shown_max ? "...' " : "' ";
  message += std::string(what) + " than " + std::string(name) + " = " + std::to_string(limit) + ".";
  return {errc::limit_exceeded, std::move(message)};
}

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

/// Where the filter within a filter (`@.key[?(...)]`) is; the rules for what is one are the
/// library's. Every "@" may start one; the last bracket or quote before the next question mark that
/// opens an expression with an end is its begin.
struct nested_filter {
  std::string key;
  std::string expression; // "?(...)" or "(...)"
};

class nested_filter_search {
public:
  explicit nested_filter_search(std::string_view text) : text_(text) {}

  std::optional<nested_filter> run() const;

private:
  [[nodiscard]] char at(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
  [[nodiscard]] std::vector<std::size_t> ends() const;
  [[nodiscard]] std::size_t end_of(std::size_t open, const std::vector<std::size_t>& ends) const;

  std::string_view text_;
};

/// Per place: the first parenthesis at or behind it, on the same line, that may close a nested
/// expression.
std::vector<std::size_t> nested_filter_search::ends() const {
  std::vector<std::size_t> next(text_.size() + 1, npos);
  for (std::size_t i = text_.size(); i-- > 0;) {
    const char c = text_[i];
    const bool continues = at(i + 1) != '\n' && at(i + 2) == ')' && at(i + 3) == ']';
    const bool closes = c == ')' && (at(i + 1) == ']' || at(i + 1) == '\'') && !continues;
    next[i] = closes ? i : c == '\n' || c == '\r' ? npos : next[i + 1];
  }
  return next;
}

/// The closing parenthesis of the expression that opens at the bracket or quote `open`.
std::size_t nested_filter_search::end_of(std::size_t open,
                                         const std::vector<std::size_t>& ends) const {
  if (text_[open] != '[' && text_[open] != '\'')
    return npos;
  const std::size_t parenthesis = at(open + 1) == '?' ? open + 2 : open + 1;
  return at(parenthesis) == '(' ? ends[parenthesis + 1] : npos;
}

std::optional<nested_filter> nested_filter_search::run() const {
  const std::vector<std::size_t> closing = ends();
  // last[i]: the last opening at or before i that has an end.
  std::vector<std::size_t> last(text_.size(), npos);
  for (std::size_t i = 0; i < text_.size(); ++i)
    last[i] = end_of(i, closing) != npos ? i : i > 0 ? last[i - 1] : npos;
  for (std::size_t start = text_.find('@'); start != npos; start = text_.find('@', start + 1)) {
    for (const std::size_t skipped : {std::size_t{1}, std::size_t{0}}) {
      const std::size_t begin = start + 1 + skipped;
      if (begin >= text_.size() || (skipped == 1 && at(start + 1) == '\n'))
        continue;
      const std::size_t question = std::min(text_.find('?', begin), text_.size());
      const std::size_t open = question > begin ? last[question - 1] : npos;
      if (open == npos || open < begin)
        continue;
      const std::size_t end = end_of(open, closing);
      return nested_filter{std::string(text_.substr(begin, open - begin)),
                           std::string(text_.substr(open + 1, end - open))};
    }
  }
  return std::nullopt;
}

class compiler {
public:
  compiler(path_program& program, marked_text marked)
      : program_(program), marked_(std::move(marked)) {}

  [[nodiscard]] const marked_text& marked() const { return marked_; }
  /// Compiles the dynamic keys' paths.
  void dynamic_keys(std::size_t depth);
  /// Segments of which each is only a key.
  std::vector<segment> plain(std::string_view text, bool& starts_at_root);
  /// Segments that may be operators.
  std::vector<segment> complex(std::string_view text);

private:
  segment key_segment(const std::string& text) const;
  segment operator_segment(const std::string& text, std::size_t depth);
  void filter_segment(segment& out, std::size_t depth);
  void list_segment(segment& out, std::size_t depth);
  static bool slice_segment(segment& out);
  void doubt(const filter& expression);
  bool within_limit(std::size_t count);

  path_program& program_;
  marked_text marked_;
};

void compiler::dynamic_keys(std::size_t depth) {
  for (marked_text::key& each : marked_.keys) {
    if (!each.is_dynamic)
      continue;
    if (!within_limit(program_.dynamic_keys.size() + 1) || !within_limit(depth + 1))
      return;
    each.dynamic_index = program_.dynamic_keys.size();
    program_.dynamic_keys.push_back(path_access::compile(each.text, depth + 1));
    if (const error* const inner = program_.dynamic_keys.back().problem())
      program_.problem = *inner;
  }
}

bool compiler::within_limit(std::size_t count) {
  if (count <= limits().expression_depth_max)
    return true;
  program_.problem = limit_error(program_.text, "has more or deeper nested segments",
                                 "expression_depth_max", limits().expression_depth_max);
  return false;
}

segment compiler::key_segment(const std::string& text) const {
  segment out;
  if (const auto mark = marked_.key_of(text)) {
    const marked_text::key& key = marked_.keys[*mark];
    out.what = key.is_dynamic ? segment::kind::dynamic : segment::kind::literal;
    out.key = key.text;
    out.dynamic_key = key.dynamic_index;
  } else {
    out.key = marked_.expand(text);
  }
  out.index = js::as_index(out.key);
  return out;
}

std::vector<segment> compiler::plain(std::string_view text, bool& starts_at_root) {
  const std::vector<std::string> texts = cut_segments(text);
  starts_at_root = texts.front() == "$";
  std::vector<segment> out;
  if (!within_limit(texts.size()))
    return out;
  for (std::size_t i = 1; i < texts.size(); ++i)
    out.push_back(key_segment(texts[i]));
  return out;
}

std::vector<segment> compiler::complex(std::string_view text) {
  std::vector<std::string> texts = cut_segments(text);
  if (texts.front() == "$" && texts.size() > 1)
    texts.erase(texts.begin());
  std::vector<segment> out;
  if (!within_limit(texts.size()))
    return out;
  for (const std::string& each : texts)
    out.push_back(operator_segment(each, 0));
  return out;
}

segment compiler::operator_segment(const std::string& text, std::size_t depth) {
  segment out = key_segment(text);
  if (out.what != segment::kind::name || text.empty())
    return out;
  if (text == "*") {
    out.what = segment::kind::wildcard;
  } else if (text == "..") {
    out.what = segment::kind::descend;
  } else if (text == "^") {
    out.what = segment::kind::parent;
    program_.has_parent_operator = true;
  } else if (text == "~") {
    out.what = segment::kind::property;
  } else if (text == "$") {
    out.what = segment::kind::root;
  } else if (slice_segment(out)) {
    out.what = segment::kind::slice;
  } else if (starts_with(text, "?(")) {
    out.key = text;
    filter_segment(out, depth);
  } else if (text.front() == '(') {
    out.what = segment::kind::script;
    out.expression = filter::compile(text, marked_);
    doubt(out.expression);
  } else if (text.front() == '@') {
    out.what = segment::kind::type;
    out.inner_key = text.size() > 3 ? text.substr(1, text.size() - 3) : std::string();
  } else if (text.find(',') != npos) {
    out.key = text;
    list_segment(out, depth);
  }
  return out;
}

bool compiler::slice_segment(segment& out) {
  const std::string& text = out.key;
  std::size_t position = 0;
  const auto number = [&](bool may_be_negative) {
    const std::size_t begin = position;
    if (may_be_negative && position < text.size() && text[position] == '-')
      ++position;
    while (position < text.size() && text[position] >= '0' && text[position] <= '9')
      ++position;
    return std::strtod(text.substr(begin, position - begin).c_str(), nullptr);
  };
  const auto colon = [&] {
    const bool found = position < text.size() && text[position] == ':';
    position += found;
    return found;
  };
  out.slice.from = number(true);
  if (!colon())
    return false;
  out.slice.to = number(true);
  colon();
  out.slice.step = number(false);
  return position == text.size();
}

void compiler::filter_segment(segment& out, std::size_t depth) {
  const std::string& text = out.key;
  // The library strips "?(" and ")" only when nothing follows.
  const bool whole = text.size() > 2 && text.back() == ')';
  const std::string expression = whole ? text.substr(2, text.size() - 3) : text;
  const auto nested = nested_filter_search(expression).run();
  if (!nested) {
    out.what = segment::kind::filter;
    out.expression = filter::compile(expression, marked_);
    doubt(out.expression);
    return;
  }
  out.what = segment::kind::nested;
  out.inner_key = nested->key;
  if (within_limit(depth + 1))
    out.parts.push_back(operator_segment(nested->expression, depth + 1));
}

void compiler::list_segment(segment& out, std::size_t depth) {
  out.what = segment::kind::list;
  const std::string text = out.key;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    if (!within_limit(out.parts.size() + 1))
      return;
    out.parts.push_back(operator_segment(text.substr(begin, end - begin), depth + 1));
    begin = end + 1;
  }
}

void compiler::doubt(const filter& expression) {
  if (expression.problem() && !program_.doubt)
    program_.doubt = error(expression.problem()->code(),
                           "The path '" + program_.text +
                               "' can find nothing: " + expression.problem()->message());
}

/// A new program for `text`; without a problem only when the text is not too long.
std::shared_ptr<path_program> new_program(std::string_view text) {
  auto program = std::make_shared<path_program>();
  program->text = text;
  if (text.size() > limits().expression_bytes_max)
    program->problem =
        limit_error(text, "is longer", "expression_bytes_max", limits().expression_bytes_max);
  return program;
}

} // namespace

std::shared_ptr<const path_program> compile_path(std::string_view text, std::size_t depth) {
  auto program = new_program(text);
  if (program->problem)
    return program;
  compiler parts(*program, mark_keys(text, true));
  parts.dynamic_keys(depth);
  if (program->problem)
    return program;
  const std::string_view marked = parts.marked().text;
  const std::optional<std::size_t> split = first_complex_operator(marked);
  program->plain = parts.plain(marked.substr(0, split.value_or(npos)), program->starts_at_root);
  if (split) {
    program->is_complex = true;
    program->complex = parts.complex("$" + std::string(marked.substr(*split)));
  }
  return program;
}

std::shared_ptr<const path_program> compile_json_path(std::string_view text) {
  auto program = new_program(text);
  if (program->problem)
    return program;
  compiler parts(*program, mark_keys(text, false));
  program->is_complex = true;
  program->starts_at_root = true;
  program->complex = parts.complex(parts.marked().text);
  return program;
}

} // namespace millrace::flows::detail

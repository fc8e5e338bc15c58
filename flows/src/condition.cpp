// SPDX-License-Identifier: Apache-2.0
#include <millrace/condition.hpp>

#include "condition_parts.hpp"
#include "path_program.hpp"

#include <millrace/js.hpp>
#include <millrace/limits.hpp>

#include <algorithm>
#include <array>

namespace millrace::flows {

namespace {

constexpr std::size_t npos = std::string_view::npos;

enum class comparison : unsigned char {
  none, ///< a bare path
  less,
  greater,
  less_or_equal,
  greater_or_equal,
  equal,
  not_equal,
  same,
  not_same,
  unknown, ///< looks like an operator and is none: never holds
};

struct named_comparison {
  std::string_view text;
  comparison what;
};

constexpr std::array comparisons{
    named_comparison{"==", comparison::equal},
    named_comparison{"=", comparison::equal},
    named_comparison{"!=", comparison::not_equal},
    named_comparison{"===", comparison::same},
    named_comparison{"!==", comparison::not_same},
    named_comparison{"<", comparison::less},
    named_comparison{">", comparison::greater},
    named_comparison{"<=", comparison::less_or_equal},
    named_comparison{">=", comparison::greater_or_equal},
};

constexpr std::size_t operator_length_max = 3;

/// One `path op right` or bare path.
struct part {
  path left;
  comparison what = comparison::none;
  path right; // unless the right side is a literal
  std::optional<json::value> right_literal;
  bool right_is_undefined = false;
};

bool is_operator_character(char c) noexcept {
  return c == '<' || c == '>' || c == '=' || c == '!';
}

bool is_quote(char c) noexcept {
  return c == '\'' || c == '"';
}

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool has_line_end(std::string_view text) noexcept {
  return text.find_first_of("\n\r") != npos || text.find("\xE2\x80\xA8") != npos ||
         text.find("\xE2\x80\xA9") != npos;
}

// ---- the right side -----------------------------------------------------------------------------

bool is_number_literal(std::string_view text) {
  std::size_t position = !text.empty() && text.front() == '-' ? 1 : 0;
  const auto digits = [&] {
    const std::size_t first = position;
    while (position < text.size() && is_digit(text[position]))
      ++position;
    return position != first;
  };
  if (!digits())
    return false;
  if (position < text.size() && text[position] == '.') {
    ++position;
    if (!digits())
      return false;
  }
  return position == text.size();
}

/// Whether the whole of `text` is one quoted literal. There are no escapes in it.
bool is_quoted_literal(std::string_view text) {
  return text.size() >= 2 && is_quote(text.front()) && text.back() == text.front() &&
         text.find(text.front(), 1) == text.size() - 1;
}

/// Reads the right side of a comparison into `out`; false when it is none.
bool read_right(std::string_view text, part& out) {
  if (text == "true" || text == "false")
    out.right_literal = text == "true";
  else if (text == "null")
    out.right_literal = nullptr;
  else if (text == "undefined")
    out.right_is_undefined = true;
  else if (is_number_literal(text))
    out.right_literal = number(js::to_number(text));
  else if (is_quoted_literal(text))
    out.right_literal = json::value(text.substr(1, text.size() - 2));
  else if (text.size() > 1 && text.front() == '$' && !has_line_end(text))
    out.right = path::compile(text);
  else
    return false;
  return true;
}

// ---- one part -----------------------------------------------------------------------------------

comparison comparison_of(std::string_view text) {
  const auto found = std::find_if(comparisons.begin(), comparisons.end(),
                                  [&](const named_comparison& each) { return each.text == text; });
  return found == comparisons.end() ? comparison::unknown : found->what;
}

/// Behind the bracket that closes the one at `open`; npos if none does. Brackets in quotes do not
/// count.
std::size_t bracket_end(std::string_view text, std::size_t open) {
  std::size_t depth = 0;
  char quote = 0;
  for (std::size_t i = open; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0)
      quote = c == quote ? '\0' : quote;
    else if (is_quote(c))
      quote = c;
    else if (c == '[')
      ++depth;
    else if (c == ']' && --depth == 0)
      return i + 1;
  }
  return npos;
}

/// Finds brackets' ends; stops looking after some that have none, of which each costs a look at the
/// rest of the text.
class bracket_finder {
public:
  explicit bracket_finder(std::string_view text) : text_(text) {}
  /// Behind the bracket that opens at `open`, or just behind `open` where none closes it.
  std::size_t behind(std::size_t open) {
    const std::size_t end = failures_ < failures_max ? bracket_end(text_, open) : npos;
    failures_ += end == npos;
    return end == npos ? open + 1 : end;
  }

private:
  static constexpr std::size_t failures_max = 16;
  std::string_view text_;
  std::size_t failures_ = 0;
};

/// One attempt to read a comparison whose operator starts at `at`: the operator is as long as
/// possible.
std::optional<part> read_comparison_at(std::string_view text, std::size_t at) {
  constexpr std::size_t left_min = 3; // "$.x"; the x may be a blank
  std::size_t length = 1;
  while (length < operator_length_max && at + length < text.size() &&
         is_operator_character(text[at + length]))
    ++length;
  for (; length > 0; --length) {
    part out;
    if (!read_right(js::trim(text.substr(at + length)), out))
      continue;
    const std::string_view left = js::trim_end(text.substr(0, at));
    out.left = path::compile(text.substr(0, std::max(left.size(), left_min)));
    out.what = comparison_of(text.substr(at, length));
    return out;
  }
  return std::nullopt;
}

/// A comparison: path, operator and right side, cut at the first operator where that is possible.
/// Operators in the brackets of the path are the path's. The path starts with "$.", or with "$[",
/// which Allma's pattern forgets.
std::optional<part> read_comparison(std::string_view text) {
  constexpr std::size_t first = 3;
  if (text.size() <= first || text.front() != '$' || (text[1] != '.' && text[1] != '['))
    return std::nullopt;
  bracket_finder brackets(text);
  for (std::size_t i = 1; i < text.size();) {
    if (text[i] == '\n' || text[i] == '\r') {
      // The path cannot go on behind a line end; only blanks may.
      const std::size_t next = text.size() - js::trim_start(text.substr(i)).size();
      return next < text.size() && next >= first && is_operator_character(text[next])
                 ? read_comparison_at(text, next)
                 : std::nullopt;
    }
    if (text[i] == '[') {
      i = brackets.behind(i);
      continue;
    }
    if (i >= first && is_operator_character(text[i]))
      if (auto found = read_comparison_at(text, i))
        return found;
    ++i;
  }
  return std::nullopt;
}

part read_part(std::string_view text) {
  if (auto compared = read_comparison(text))
    return std::move(*compared);
  part bare;
  bare.left = path::compile(text);
  return bare;
}

// ---- cutting ------------------------------------------------------------------------------------

/// Behind a quoted literal that starts at `open` and ends its part; just behind any other quote.
std::size_t literal_end(std::string_view text, std::size_t open) {
  const std::size_t close = text.find(text[open], open + 1);
  if (close == npos)
    return open + 1;
  const std::string_view rest = js::trim_start(text.substr(close + 1));
  const bool ends_part = rest.empty() || rest.substr(0, 2) == "&&" || rest.substr(0, 2) == "||";
  return ends_part ? close + 1 : open + 1;
}

/// Cuts a condition at || and &&, but not inside a quoted literal on a right side or a bracket of a
/// path. Quotes and brackets that are not closed are text like any other.
class cutter {
public:
  explicit cutter(std::string_view text) : text_(text), brackets_(text) {}

  /// Calls `take(part, starts_alternative)` for every part, in order.
  template <class Take>
  void run(Take take) {
    std::size_t begin = 0;
    bool starts_alternative = true;
    while (true) {
      const std::size_t end = next_cut(begin);
      take(js::trim(text_.substr(begin, end - begin)), starts_alternative);
      if (end == npos)
        return;
      starts_alternative = text_[end] == '|';
      begin = end + 2;
    }
  }

private:
  std::size_t next_cut(std::size_t from) {
    char before = 0; // the last character that is no blank
    for (std::size_t i = from; i < text_.size();) {
      const std::string_view pair = text_.substr(i, 2);
      if (pair == "||" || pair == "&&")
        return i;
      const char c = text_[i];
      std::size_t behind = i + 1;
      if (c == '[')
        behind = brackets_.behind(i);
      else if (is_quote(c) && is_operator_character(before))
        behind = literal_end(text_, i);
      if (c != ' ')
        before = c;
      i = behind;
    }
    return npos;
  }

  std::string_view text_;
  bracket_finder brackets_;
};

// ---- evaluation ---------------------------------------------------------------------------------

bool compare(comparison what, const json::value* left, const json::value* right) {
  switch (what) {
  case comparison::less: return js::less_than(left, right).value_or(false);
  case comparison::greater: return js::less_than(right, left).value_or(false);
  case comparison::less_or_equal: return !js::less_than(right, left).value_or(true);
  case comparison::greater_or_equal: return !js::less_than(left, right).value_or(true);
  case comparison::equal: return js::loosely_equal(left, right);
  case comparison::not_equal: return !js::loosely_equal(left, right);
  case comparison::same: return js::strictly_equal(left, right);
  case comparison::not_same: return !js::strictly_equal(left, right);
  default: return false;
  }
}

/// Whether a bare path's value counts as true: an array when it is not empty, anything else as in
/// JavaScript.
bool counts_as_true(const json::value* value) {
  return value && value->is_array() ? !value->get_array().empty() : js::truthy(value);
}

std::optional<json::value> traced(const resolved& value) {
  if (value.is_undefined())
    return std::nullopt;
  return *value.get();
}

/// Comparing an array, or a long text, reads all of it.
bool pay_for(const json::value* left, const json::value* right, detail::work_budget& budget) {
  return budget.spend_read(left) && budget.spend_read(right);
}

result<bool> part_holds(const part& each, const scope& visible, condition_trace* trace,
                        detail::work_budget& budget) {
  const auto left = detail::path_access::evaluate(each.left, visible, budget);
  if (!left)
    return left.error();
  if (trace)
    trace->resolved.back().push_back(traced(*left));
  if (each.what == comparison::none)
    return counts_as_true(left->get());
  resolved right;
  if (each.right_literal) {
    right = resolved(&*each.right_literal);
  } else if (!each.right_is_undefined) {
    auto found = detail::path_access::evaluate(each.right, visible, budget);
    if (!found)
      return found.error();
    right = std::move(*found);
  }
  if (!pay_for(left->get(), right.get(), budget))
    return detail::work_limit_error();
  return compare(each.what, left->get(), right.get());
}

} // namespace

struct condition::program {
  std::string text;
  std::optional<error> problem;
  std::vector<std::vector<part>> alternatives;
};

condition::condition(std::shared_ptr<const program> compiled) : program_(std::move(compiled)) {}

condition::condition() {
  static const condition empty = compile("");
  program_ = empty.program_;
}

condition condition::compile(std::string_view text) {
  auto compiled = std::make_shared<program>();
  compiled->text = text;
  std::size_t parts = 0;
  if (text.size() > limits().expression_bytes_max) {
    compiled->problem =
        error(errc::limit_exceeded, "A condition of " + std::to_string(text.size()) +
                                        " bytes is longer than expression_bytes_max = " +
                                        std::to_string(limits().expression_bytes_max) + ".");
  } else {
    cutter(text).run([&](std::string_view each, bool starts_alternative) {
      if (++parts > limits().condition_parts_max)
        return;
      if (starts_alternative)
        compiled->alternatives.emplace_back();
      compiled->alternatives.back().push_back(read_part(each));
    });
  }
  if (parts > limits().condition_parts_max)
    compiled->problem =
        error(errc::limit_exceeded, "The condition '" + compiled->text.substr(0, 80) +
                                        "...' has more parts than condition_parts_max = " +
                                        std::to_string(limits().condition_parts_max) + ".");
  return condition(std::move(compiled));
}

const std::string& condition::text() const noexcept {
  return program_->text;
}

result<bool> condition::holds(const scope& visible, condition_trace* trace) const {
  if (program_->problem)
    return *program_->problem;
  detail::work_budget budget; // of all parts together
  for (const std::vector<part>& alternative : program_->alternatives) {
    if (trace)
      trace->resolved.emplace_back();
    bool all_hold = true;
    for (const part& each : alternative) {
      const auto holds = part_holds(each, visible, trace, budget);
      if (!holds)
        return holds.error();
      all_hold = *holds;
      if (!all_hold)
        break;
    }
    if (all_hold)
      return true;
  }
  return false;
}

condition_parts parts_of_condition(std::string_view text) {
  condition_parts out;
  if (text.size() > limits().expression_bytes_max)
    return out;
  std::size_t cuts = 0;
  cutter(text).run([&](std::string_view each, bool) {
    if (++cuts > limits().condition_parts_max)
      return;
    const part read = read_part(each);
    out.compares_bracket =
        out.compares_bracket || (read.what != comparison::none && each.substr(0, 2) == "$[");
    out.paths.push_back(read.left.text());
    if (read.what != comparison::none && !read.right_literal && !read.right_is_undefined)
      out.paths.push_back(read.right.text());
  });
  std::size_t joints = 0;
  for (std::size_t i = 0; i + 1 < text.size(); ++i)
    if (text[i] == text[i + 1] && (text[i] == '&' || text[i] == '|')) {
      ++joints;
      ++i;
    }
  out.has_joint_inside = joints >= cuts; // every cut but the last part's end is one
  return out;
}

} // namespace millrace::flows

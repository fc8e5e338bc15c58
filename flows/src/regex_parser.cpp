// SPDX-License-Identifier: Apache-2.0
#include "regex.hpp"

#include "utf8.hpp"

#include <algorithm>

namespace millrace::flows::detail {

namespace {

constexpr std::size_t repeat_max = 1'000;        // of {n,m}: the body is copied that often
constexpr std::size_t instructions_max = 20'000; // a pattern compiles to
constexpr std::size_t group_depth_max = 64;
constexpr std::size_t unlimited = static_cast<std::size_t>(-1);
constexpr std::uint32_t point_max = 0x10FFFF;

using ranges = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

ranges class_ranges(char name) {
  switch (name) {
  case 'd': return {{'0', '9'}};
  case 'w': return {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
  default:
    return {{'\t', '\r'},     {' ', ' '},       {0xA0, 0xA0},     {0x1680, 0x1680},
            {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F},
            {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};
  }
}

ranges inverted(ranges of) {
  std::sort(of.begin(), of.end());
  ranges out;
  std::uint32_t next = 0;
  for (const auto& [from, to] : of) {
    if (from > next)
      out.emplace_back(next, from - 1);
    next = to + 1;
  }
  out.emplace_back(next, point_max);
  return out;
}

std::optional<std::uint32_t> control_escape(char c) {
  switch (c) {
  case 'n': return '\n';
  case 'r': return '\r';
  case 't': return '\t';
  case 'f': return '\f';
  case 'v': return '\v';
  case '0': return 0;
  default: return std::nullopt;
  }
}

} // namespace

/// Recursive descent over the pattern, at most group_depth_max deep; emits code as it goes.
class regex_parser {
public:
  explicit regex_parser(regex& out) : out_(out), text_(out.pattern_) {}

  bool run() {
    if (!disjunction(0) || !failure_.empty())
      return false;
    if (position_ != text_.size())
      return fail("unmatched ')'");
    emit(regex::opcode::match);
    return failure_.empty();
  }
  [[nodiscard]] error problem() const {
    return {errc::invalid_syntax, "Invalid regular expression /" + out_.pattern_ +
                                      "/ at character " + std::to_string(position_ + 1) + ": " +
                                      failure_ + "."};
  }

private:
  bool disjunction(std::size_t depth);
  bool alternative(std::size_t depth);
  bool term(std::size_t depth);
  bool group(std::size_t depth);
  bool look_ahead(std::size_t depth, bool negative);
  bool escape();
  bool hexadecimal(std::size_t digits, std::uint32_t& point);
  bool unicode_escape(std::uint32_t& point);
  bool character_class();
  bool class_atom(ranges& into, std::uint32_t& point, bool& is_single);
  bool quantifier(std::size_t begin, std::size_t first_group);
  bool counts(std::size_t& least, std::size_t& most);
  bool repeat(std::size_t begin, std::size_t first_group, std::size_t least, std::size_t most,
              bool lazy);

  std::size_t emit(regex::opcode code, std::uint32_t point = 0, std::size_t target = 0,
                   std::size_t other = 0) {
    if (out_.code_.size() >= instructions_max)
      failure_ = "the pattern is too large";
    else
      out_.code_.push_back({code, point, target, other});
    return out_.code_.size() - 1;
  }
  void emit_set(ranges of, bool negated) {
    out_.sets_.push_back({negated, std::move(of)});
    emit(regex::opcode::set, 0, out_.sets_.size() - 1);
  }
  void append(std::vector<regex::instruction> body, std::size_t from);
  bool fail(std::string what) {
    if (failure_.empty())
      failure_ = std::move(what);
    return false;
  }
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0';
  }
  [[nodiscard]] bool at_end() const { return position_ >= text_.size(); }
  bool take(char c) {
    const bool found = !at_end() && text_[position_] == c;
    position_ += found;
    return found;
  }

  regex& out_;
  std::string_view text_;
  std::size_t position_ = 0;
  std::string failure_;
};

bool regex_parser::disjunction(std::size_t depth) {
  if (depth > group_depth_max)
    return fail("groups are nested too deep");
  std::vector<std::size_t> jumps;
  while (true) {
    const std::size_t begin = out_.code_.size();
    if (!alternative(depth))
      return false;
    if (peek() != '|' || at_end())
      break;
    ++position_;
    // Make room for the split in front of the alternative; its own targets move along.
    std::vector<regex::instruction> body(out_.code_.begin() + static_cast<std::ptrdiff_t>(begin),
                                         out_.code_.end());
    out_.code_.resize(begin);
    const std::size_t split = emit(regex::opcode::split, 0, begin + 1);
    append(std::move(body), begin);
    jumps.push_back(emit(regex::opcode::jump));
    out_.code_[split].other = out_.code_.size();
    if (!failure_.empty())
      return false;
  }
  for (const std::size_t jump : jumps)
    out_.code_[jump].target = out_.code_.size();
  return true;
}

bool regex_parser::alternative(std::size_t depth) {
  while (!at_end() && peek() != '|' && peek() != ')')
    if (!term(depth) || !failure_.empty())
      return false;
  return true;
}

bool regex_parser::term(std::size_t depth) {
  const std::size_t begin = out_.code_.size();
  const std::size_t first_group = out_.group_count_;
  switch (peek()) {
  case '^':
    ++position_;
    emit(regex::opcode::line_begin);
    return true;
  case '$':
    ++position_;
    emit(regex::opcode::line_end);
    return true;
  case '(':
    if (!group(depth))
      return false;
    break;
  case '.':
    ++position_;
    emit(out_.dot_is_all_ ? regex::opcode::any_at_all : regex::opcode::any);
    break;
  case '[':
    if (!character_class())
      return false;
    break;
  case '\\': {
    if (peek(1) == 'b' || peek(1) == 'B') {
      emit(peek(1) == 'b' ? regex::opcode::word_border : regex::opcode::no_word_border);
      position_ += 2;
      return true;
    }
    if (!escape())
      return false;
    break;
  }
  case '*':
  case '+':
  case '?': return fail("nothing to repeat");
  default: {
    const std::uint32_t point = utf8::next(text_, position_);
    emit(regex::opcode::character, out_.ignores_case_ ? to_lower(point) : point);
  }
  }
  return quantifier(begin, first_group);
}

bool regex_parser::group(std::size_t depth) {
  ++position_;
  bool captures = true;
  if (take('?')) {
    captures = false;
    if (take('=') || peek() == '!')
      return look_ahead(depth, take('!'));
    if (take('<')) {
      if (peek() == '=' || peek() == '!')
        return fail("look-behind is not supported");
      const std::size_t end = text_.find('>', position_);
      if (end == std::string_view::npos || end == position_)
        return fail("invalid group name");
      position_ = end + 1;
      captures = true;
    } else if (!take(':')) {
      return fail("invalid group");
    }
  }
  const std::size_t number = captures ? out_.group_count_++ : 0;
  if (captures)
    emit(regex::opcode::save, 0, 2 * number);
  if (!disjunction(depth + 1))
    return false;
  if (!take(')'))
    return fail("unterminated group");
  if (captures)
    emit(regex::opcode::save, 0, 2 * number + 1);
  return true;
}

bool regex_parser::look_ahead(std::size_t depth, bool negative) {
  const std::size_t start =
      emit(negative ? regex::opcode::negative_look_ahead : regex::opcode::look_ahead);
  if (!disjunction(depth + 1))
    return false;
  if (!take(')'))
    return fail("unterminated group");
  emit(regex::opcode::match);
  if (!failure_.empty())
    return false;
  out_.code_[start].target = out_.code_.size();
  return true;
}

bool regex_parser::hexadecimal(std::size_t digits, std::uint32_t& point) {
  point = 0;
  for (std::size_t i = 0; i < digits; ++i, ++position_) {
    const char c = static_cast<char>(peek() | 0x20);
    if (peek() >= '0' && peek() <= '9')
      point = point * 16 + static_cast<std::uint32_t>(peek() - '0');
    else if (c >= 'a' && c <= 'f')
      point = point * 16 + static_cast<std::uint32_t>(c - 'a' + 10);
    else
      return fail("invalid escape");
  }
  return true;
}

/// Behind "\u": four digits, a surrogate pair of two escapes, or {digits}.
bool regex_parser::unicode_escape(std::uint32_t& point) {
  constexpr std::size_t braced_digits_max = 6;
  if (take('{')) {
    const std::size_t end = text_.find('}', position_);
    if (end == std::string_view::npos || end == position_ || end - position_ > braced_digits_max ||
        !hexadecimal(end - position_, point) || point > point_max)
      return fail("invalid escape");
    return take('}');
  }
  if (!hexadecimal(4, point))
    return false;
  if (point < 0xD800 || point > 0xDBFF || text_.substr(position_, 2) != "\\u")
    return true;
  position_ += 2;
  std::uint32_t low = 0;
  if (!hexadecimal(4, low))
    return false;
  point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
  return true;
}

bool regex_parser::escape() {
  ++position_;
  if (at_end())
    return fail("\\ at the end");
  const char c = peek();
  const char lower = static_cast<char>(c | 0x20);
  if (lower == 'd' || lower == 'w' || lower == 's') {
    ++position_;
    emit_set(class_ranges(lower), c != lower);
    return true;
  }
  if (c == 'p' || c == 'P' || c == 'k')
    return fail("\\p and \\k are not supported");
  if (c >= '1' && c <= '9') {
    std::size_t number = 0;
    while (peek() >= '0' && peek() <= '9' && number < instructions_max)
      number = number * 10 + static_cast<std::size_t>(text_[position_++] - '0');
    emit(regex::opcode::back_reference, 0, number);
    return true;
  }
  ranges unused;
  std::uint32_t point = 0;
  bool is_single = true;
  --position_;
  if (!class_atom(unused, point, is_single))
    return false;
  emit(regex::opcode::character, out_.ignores_case_ ? to_lower(point) : point);
  return true;
}

/// One character of a class (`is_single`), or a class escape, which goes into `into`.
bool regex_parser::class_atom(ranges& into, std::uint32_t& point, bool& is_single) {
  is_single = true;
  if (peek() != '\\') {
    point = utf8::next(text_, position_);
    return true;
  }
  ++position_;
  if (at_end())
    return fail("\\ at the end");
  const char c = peek();
  const char lower = static_cast<char>(c | 0x20);
  if (lower == 'd' || lower == 'w' || lower == 's') {
    ++position_;
    is_single = false;
    const ranges named = c == lower ? class_ranges(lower) : inverted(class_ranges(lower));
    into.insert(into.end(), named.begin(), named.end());
    return true;
  }
  if (c == 'b') {
    ++position_;
    point = '\b';
    return true;
  }
  if (const auto control = control_escape(c)) {
    ++position_;
    point = *control;
    return true;
  }
  if (c == 'x' || c == 'u') {
    ++position_;
    return c == 'x' ? hexadecimal(2, point) : unicode_escape(point);
  }
  if (c == 'c' && peek(1) != '\0') {
    point = static_cast<std::uint32_t>(peek(1)) & 31;
    position_ += 2;
    return true;
  }
  point = utf8::next(text_, position_);
  return true;
}

bool regex_parser::character_class() {
  ++position_;
  const bool negated = take('^');
  ranges set;
  while (!take(']')) {
    if (at_end())
      return fail("unterminated character class");
    std::uint32_t from = 0;
    bool from_single = true;
    if (!class_atom(set, from, from_single))
      return false;
    std::uint32_t to = from;
    bool to_single = from_single;
    if (peek() == '-' && peek(1) != ']' && position_ + 1 < text_.size() && from_single) {
      ++position_;
      if (!class_atom(set, to, to_single))
        return false;
      if (!to_single) { // "a-\d": three things
        set.emplace_back('-', '-');
        to = from;
      } else if (to < from) {
        return fail("range out of order in a character class");
      }
    }
    if (from_single)
      set.emplace_back(from, to);
  }
  emit_set(std::move(set), negated);
  return true;
}

bool regex_parser::counts(std::size_t& least, std::size_t& most) {
  const std::size_t begin = position_;
  const auto digits = [&](std::size_t& value) {
    const std::size_t first = position_;
    value = 0;
    while (peek() >= '0' && peek() <= '9') {
      value = std::min<std::size_t>(value * 10 + static_cast<std::size_t>(peek() - '0'),
                                    instructions_max);
      ++position_;
    }
    return position_ != first;
  };
  ++position_; // the brace
  bool valid = digits(least);
  most = least;
  if (valid && take(',') && !digits(most))
    most = unlimited;
  valid = valid && take('}');
  if (!valid)
    position_ = begin; // a brace that counts nothing is a brace
  return valid;
}

bool regex_parser::quantifier(std::size_t begin, std::size_t first_group) {
  std::size_t least = 0;
  std::size_t most = unlimited;
  switch (peek()) {
  case '*': ++position_; break;
  case '+':
    ++position_;
    least = 1;
    break;
  case '?':
    ++position_;
    most = 1;
    break;
  case '{':
    if (!counts(least, most))
      return true;
    break;
  default: return true;
  }
  if (at_end() && text_.empty())
    return true;
  if (least > most)
    return fail("numbers out of order in {}");
  if (least > repeat_max || (most != unlimited && most > repeat_max))
    return fail("more repetitions than " + std::to_string(repeat_max));
  return repeat(begin, first_group, least, most, take('?'));
}

/// Appends code that was written for place `from`, with its targets moved.
void regex_parser::append(std::vector<regex::instruction> body, std::size_t from) {
  const std::size_t moved = out_.code_.size() - from;
  for (regex::instruction& each : body) {
    switch (each.code) {
    case regex::opcode::split: each.other += moved; [[fallthrough]];
    case regex::opcode::jump:
    case regex::opcode::look_ahead:
    case regex::opcode::negative_look_ahead: each.target += moved; break;
    default: break;
    }
    emit(each.code, each.point, each.target, each.other);
    if (!failure_.empty())
      return;
  }
}

bool regex_parser::repeat(std::size_t begin, std::size_t first_group, std::size_t least,
                          std::size_t most, bool lazy) {
  const std::vector<regex::instruction> body(
      out_.code_.begin() + static_cast<std::ptrdiff_t>(begin), out_.code_.end());
  out_.code_.resize(begin);
  const auto clear_groups = [&] { // what the last round captured is forgotten
    if (out_.group_count_ > first_group)
      emit(regex::opcode::clear, 0, 2 * first_group, 2 * out_.group_count_);
  };
  const auto branch = [&](std::size_t split, std::size_t in, std::size_t around) {
    out_.code_[split].target = lazy ? around : in;
    out_.code_[split].other = lazy ? in : around;
  };
  for (std::size_t i = 0; i < least && failure_.empty(); ++i) {
    clear_groups();
    append(body, begin);
  }
  if (most == unlimited) {
    const std::size_t split = emit(regex::opcode::split);
    const std::size_t place = out_.register_count_++;
    emit(regex::opcode::save, 0, place); // registers of progress are renumbered at the end
    out_.code_.back().other = 1;
    clear_groups();
    append(body, begin);
    emit(regex::opcode::check_progress, 0, place);
    emit(regex::opcode::jump, 0, split);
    if (failure_.empty())
      branch(split, split + 1, out_.code_.size());
    return failure_.empty();
  }
  std::vector<std::size_t> splits;
  for (std::size_t i = least; i < most && failure_.empty(); ++i) {
    splits.push_back(emit(regex::opcode::split));
    clear_groups();
    append(body, begin);
  }
  for (const std::size_t split : splits)
    branch(split, split + 1, out_.code_.size());
  return failure_.empty();
}

result<regex> regex::compile(std::string_view pattern, std::string_view flags) {
  regex out;
  out.pattern_ = pattern;
  out.flags_ = flags;
  for (std::size_t i = 0; i < flags.size(); ++i)
    if (std::string_view("dgimsuy").find(flags[i]) == std::string_view::npos ||
        flags.find(flags[i], i + 1) != std::string_view::npos)
      return error(errc::invalid_syntax,
                   "Invalid flags '" + std::string(flags) + "' of a regular expression.");
  out.ignores_case_ = flags.find('i') != std::string_view::npos;
  out.is_multiline_ = flags.find('m') != std::string_view::npos;
  out.dot_is_all_ = flags.find('s') != std::string_view::npos;
  out.register_count_ = 0;
  regex_parser parser(out);
  if (!parser.run())
    return parser.problem();
  // Registers: two per group, then those that watch the progress of loops.
  const std::size_t group_registers = 2 * out.group_count_;
  for (instruction& each : out.code_)
    if (each.code == opcode::check_progress || (each.code == opcode::save && each.other == 1))
      each.target += group_registers;
  out.register_count_ += group_registers;
  return out;
}

} // namespace millrace::flows::detail

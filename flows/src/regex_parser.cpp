// SPDX-License-Identifier: Apache-2.0
#include "regex_parser.hpp"

#include "utf8.hpp"

#include <algorithm>

namespace millrace::flows::detail {

bool regex_parser::run() {
  if (!disjunction(0) || !failure_.empty())
    return false;
  if (position_ != text_.size())
    return fail("unmatched ')'");
  emit(regex::opcode::match);
  return failure_.empty();
}

error regex_parser::problem() const {
  return {errc::invalid_syntax, "Invalid regular expression /" + out_.pattern_ + "/ at character " +
                                    std::to_string(position_ + 1) + ": " + failure_ + "."};
}

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
    const std::vector<regex::instruction> body(
        out_.code_.begin() + static_cast<std::ptrdiff_t>(begin), out_.code_.end());
    out_.code_.resize(begin);
    const std::size_t split = emit(regex::opcode::split, 0, begin + 1);
    append(body, begin);
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

std::size_t regex_parser::emit(regex::opcode code, std::uint32_t point, std::size_t target,
                               std::size_t other) {
  if (out_.code_.size() >= instructions_max)
    failure_ = "the pattern is too large";
  else
    out_.code_.push_back({code, point, target, other});
  return out_.code_.size() - 1;
}

/// Appends code that was written for place `from`, with its targets moved.
void regex_parser::append(const std::vector<regex::instruction>& body, std::size_t from) {
  const std::size_t moved = out_.code_.size() - from;
  for (regex::instruction each : body) {
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

// SPDX-License-Identifier: Apache-2.0
#include "regex.hpp"

#include "utf8.hpp"

#include <algorithm>

namespace millrace::flows::detail {

namespace {

constexpr std::size_t unset = static_cast<std::size_t>(-1);

bool is_line_end(std::uint32_t point) noexcept {
  return point == '\n' || point == '\r' || point == 0x2028 || point == 0x2029;
}

bool is_word(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

} // namespace

std::uint32_t to_lower(std::uint32_t point) noexcept {
  const auto within = [&](std::uint32_t from, std::uint32_t to) {
    return point >= from && point <= to;
  };
  if (within('A', 'Z') || (within(0xC0, 0xDE) && point != 0xD7) || within(0x391, 0x3A9) ||
      within(0x410, 0x42F))
    return point + 32;
  if (within(0x400, 0x40F))
    return point + 80;
  const bool even_upper = within(0x100, 0x12F) || within(0x132, 0x137) || within(0x14A, 0x177) ||
                          within(0x1E00, 0x1E95) || within(0x460, 0x481) || within(0x48A, 0x4BF);
  const bool odd_upper = within(0x139, 0x148) || within(0x179, 0x17E);
  if ((even_upper && point % 2 == 0) || (odd_upper && point % 2 == 1))
    return point + 1;
  return point == 0x178 ? 0xFF : point;
}

std::uint32_t to_upper(std::uint32_t point) noexcept {
  const auto within = [&](std::uint32_t from, std::uint32_t to) {
    return point >= from && point <= to;
  };
  if (within('a', 'z') || (within(0xE0, 0xFE) && point != 0xF7) ||
      (within(0x3B1, 0x3C9) && point != 0x3C2) || within(0x430, 0x44F))
    return point - 32;
  if (within(0x450, 0x45F))
    return point - 80;
  if (point == 0x3C2) // final sigma
    return 0x3A3;
  if (point == 0xFF)
    return 0x178;
  return point > 0x100 && to_lower(point - 1) == point ? point - 1 : point;
}

bool regex::character_set::contains(std::uint32_t point) const noexcept {
  return std::any_of(ranges.begin(), ranges.end(), [&](const auto& range) {
    return point >= range.first && point <= range.second;
  });
}

/// One attempt to match at one place. Choices not taken yet are kept in a list, with what to
/// restore.
class regex_matcher {
public:
  regex_matcher(const regex& program, std::string_view text, const spend_function& spend,
                std::uint64_t preparation)
      : program_(program), text_(text), spend_(spend), registers_(program.register_count_, unset),
        out_of_work_(!spend(preparation)) {}

  bool match_at(std::size_t position) {
    if (!spend(registers_.size() / items_per_unit))
      return false;
    std::fill(registers_.begin(), registers_.end(), unset);
    registers_[0] = position;
    return run(0, position);
  }
  [[nodiscard]] bool is_out_of_work() const { return out_of_work_; }
  [[nodiscard]] const std::vector<std::size_t>& registers() const { return registers_; }
  [[nodiscard]] std::size_t end() const { return end_; }

private:
  /// A choice (`place` is where to go on), or a register to restore on the way back to one.
  struct pending {
    bool is_choice;
    std::size_t place; // instruction, or register
    std::size_t value; // position, or the register's old value
  };

  /// Registers, ranges of a set and bytes that are looked at in the time of one step.
  static constexpr std::size_t items_per_unit = 8;

  bool spend(std::uint64_t units) {
    out_of_work_ = out_of_work_ || !spend_(units);
    return !out_of_work_;
  }
  bool run(std::size_t place, std::size_t position);
  bool step(std::size_t& place, std::size_t& position, std::vector<pending>& choices);
  bool consume(const regex::instruction& each, std::size_t& position);
  bool refer_back(std::size_t group, std::size_t& position);
  [[nodiscard]] bool holds(regex::opcode code, std::size_t position) const;
  void set(std::size_t which, std::size_t value, std::vector<pending>& choices) {
    choices.push_back({false, which, registers_[which]});
    registers_[which] = value;
  }

  const regex& program_;
  std::string_view text_;
  const spend_function& spend_;
  std::vector<std::size_t> registers_;
  std::size_t end_ = 0;
  bool out_of_work_;
};

bool regex_matcher::run(std::size_t place, std::size_t position) {
  std::vector<pending> choices;
  while (true) {
    if (!spend(1))
      return false;
    if (program_.code_[place].code == regex::opcode::match) {
      end_ = position;
      return true;
    }
    if (step(place, position, choices))
      continue;
    if (out_of_work_)
      return false;
    while (!choices.empty() && !choices.back().is_choice) {
      registers_[choices.back().place] = choices.back().value;
      choices.pop_back();
    }
    if (choices.empty())
      return false;
    place = choices.back().place;
    position = choices.back().value;
    choices.pop_back();
  }
}

bool regex_matcher::step(std::size_t& place, std::size_t& position, std::vector<pending>& choices) {
  const regex::instruction& each = program_.code_[place];
  ++place;
  switch (each.code) {
  case regex::opcode::split:
    choices.push_back({true, each.other, position});
    place = each.target;
    return true;
  case regex::opcode::jump: place = each.target; return true;
  case regex::opcode::save: set(each.target, position, choices); return true;
  case regex::opcode::clear:
    if (!spend((each.other - each.target) / items_per_unit))
      return false;
    for (std::size_t i = each.target; i < each.other; ++i)
      set(i, unset, choices);
    return true;
  case regex::opcode::check_progress: return registers_[each.target] != position;
  case regex::opcode::look_ahead:
  case regex::opcode::negative_look_ahead: {
    if (!spend(registers_.size() / items_per_unit))
      return false;
    // As deep as groups are nested, which the parser bounds.
    const std::vector<std::size_t> before = registers_;
    const bool found = run(place, position);
    const bool wanted = each.code == regex::opcode::look_ahead;
    const std::vector<std::size_t> after = std::exchange(registers_, before);
    if (found && wanted)
      for (std::size_t i = 0; i < after.size(); ++i)
        if (after[i] != before[i])
          set(i, after[i], choices);
    place = each.target;
    return found == wanted && !out_of_work_;
  }
  case regex::opcode::back_reference: return refer_back(each.target, position);
  case regex::opcode::line_begin:
  case regex::opcode::line_end:
  case regex::opcode::word_border:
  case regex::opcode::no_word_border: return holds(each.code, position);
  default: return consume(each, position);
  }
}

bool regex_matcher::consume(const regex::instruction& each, std::size_t& position) {
  if (position >= text_.size())
    return false;
  const std::uint32_t point = utf8::next(text_, position);
  switch (each.code) {
  case regex::opcode::any: return !is_line_end(point);
  case regex::opcode::any_at_all: return true;
  case regex::opcode::set: {
    const regex::character_set& set = program_.sets_[each.target];
    if (!spend(set.ranges.size() / items_per_unit))
      return false;
    bool inside = set.contains(point);
    if (!inside && program_.ignores_case_)
      inside = set.contains(to_lower(point)) || set.contains(to_upper(point));
    return inside != set.is_negated;
  }
  default: return (program_.ignores_case_ ? to_lower(point) : point) == each.point;
  }
}

bool regex_matcher::refer_back(std::size_t group, std::size_t& position) {
  if (group >= program_.group_count_ || registers_[2 * group] == unset ||
      registers_[2 * group + 1] == unset)
    return true; // a group that did not take part matches nothing
  std::size_t from = registers_[2 * group];
  const std::size_t to = registers_[2 * group + 1];
  if (from < to && !spend((to - from) / items_per_unit))
    return false;
  while (from < to) {
    if (position >= text_.size())
      return false;
    const std::uint32_t wanted = utf8::next(text_, from);
    const std::uint32_t found = utf8::next(text_, position);
    if (program_.ignores_case_ ? to_lower(wanted) != to_lower(found) : wanted != found)
      return false;
  }
  return true;
}

bool regex_matcher::holds(regex::opcode code, std::size_t position) const {
  const auto line_end_at = [&](std::size_t i) { return text_[i] == '\n' || text_[i] == '\r'; };
  switch (code) {
  case regex::opcode::line_begin:
    return position == 0 || (program_.is_multiline_ && line_end_at(position - 1));
  case regex::opcode::line_end:
    return position == text_.size() || (program_.is_multiline_ && line_end_at(position));
  default: {
    const bool before = position > 0 && is_word(text_[position - 1]);
    const bool behind = position < text_.size() && is_word(text_[position]);
    return (before != behind) == (code == regex::opcode::word_border);
  }
  }
}

result<std::vector<regex::group>> regex::search(std::string_view text, std::size_t from,
                                                const spend_function& spend) const {
  constexpr std::uint64_t preparation_units = 16; // memory for the match and its groups
  regex_matcher matcher(*this, text, spend, preparation_units);
  for (std::size_t position = from; position <= text.size();) {
    if (matcher.match_at(position)) {
      std::vector<group> groups(group_count_);
      groups[0] = {position, matcher.end()};
      for (std::size_t i = 1; i < group_count_; ++i)
        if (matcher.registers()[2 * i] != unset && matcher.registers()[2 * i + 1] != unset)
          groups[i] = {matcher.registers()[2 * i], matcher.registers()[2 * i + 1]};
      return groups;
    }
    if (matcher.is_out_of_work())
      return error(errc::limit_exceeded,
                   "Matching /" + pattern_ + "/ took more than visited_nodes_max steps.");
    if (position == text.size())
      break;
    static_cast<void>(utf8::next(text, position));
  }
  return std::vector<group>{};
}

} // namespace millrace::flows::detail

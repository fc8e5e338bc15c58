// SPDX-License-Identifier: Apache-2.0
//
// Regular expressions as JavaScript has them, for filters: alternation, groups, look-ahead,
// classes, greedy and lazy quantifiers, back references, flags i, m, s (g and y are accepted, and
// each match starts afresh). Not supported, and refused: look-behind, \p, the v flag. Works on code
// points. Matching backtracks on a list, never on the call stack, and every step is counted.
#pragma once

#include <millrace/error.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::flows::detail {

/// Counts work; false when no more may be done.
using spend_function = std::function<bool(std::uint64_t)>;

/// A compiled regular expression. Immutable.
class regex {
public:
  /// Where a group matched: byte offsets, begin and end.
  using group = std::optional<std::pair<std::size_t, std::size_t>>;

  [[nodiscard]] static result<regex> compile(std::string_view pattern, std::string_view flags);

  [[nodiscard]] const std::string& pattern() const noexcept { return pattern_; }
  [[nodiscard]] const std::string& flags() const noexcept { return flags_; }
  [[nodiscard]] bool is_global() const noexcept { return flags_.find('g') != std::string::npos; }
  /// Instructions: what compiling it took.
  [[nodiscard]] std::size_t size() const noexcept { return code_.size(); }

  /// The first match at or behind byte `from`: group 0 is the whole match; empty when there is
  /// none. Error: `limit_exceeded` when `spend` says so.
  [[nodiscard]] result<std::vector<group>> search(std::string_view text, std::size_t from,
                                                  const spend_function& spend) const;

private:
  friend class regex_parser;
  friend class regex_matcher;

  enum class opcode : std::uint8_t {
    character,           ///< `point`
    any,                 ///< any character but a line end
    any_at_all,          ///< any character
    set,                 ///< sets[target]
    split,               ///< try target, then other
    jump,                ///< target
    save,                ///< register target = position
    clear,               ///< registers target to other = unset
    check_progress,      ///< fail if register target is the position
    line_begin,          ///< ^
    line_end,            ///< $
    word_border,         ///< \b
    no_word_border,      ///< \B
    look_ahead,          ///< the code up to target must match here
    negative_look_ahead, ///< must not
    back_reference,      ///< group target
    match,               ///< done
  };
  struct instruction {
    opcode code = opcode::match;
    std::uint32_t point = 0;
    std::size_t target = 0;
    std::size_t other = 0;
  };
  struct character_set {
    bool is_negated = false;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges;
    [[nodiscard]] bool contains(std::uint32_t point) const noexcept;
  };

  std::string pattern_;
  std::string flags_;
  bool ignores_case_ = false;
  bool is_multiline_ = false;
  bool dot_is_all_ = false;
  std::size_t group_count_ = 1;
  std::size_t register_count_ = 2;
  std::vector<instruction> code_;
  std::vector<character_set> sets_;
};

/// Simple case folding of Latin, Greek and Cyrillic letters; anything else stays.
[[nodiscard]] std::uint32_t to_lower(std::uint32_t point) noexcept;
[[nodiscard]] std::uint32_t to_upper(std::uint32_t point) noexcept;

} // namespace millrace::flows::detail

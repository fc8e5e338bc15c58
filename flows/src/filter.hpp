// SPDX-License-Identifier: Apache-2.0
//
// The expressions in `[?(...)]` and `[(...)]`: comparison, logic, arithmetic, member access and the
// pure methods of texts, numbers and arrays. No assignment, no functions of its own, no loops: it
// is not an interpreter. Compiled once, evaluated per element.
// Facts: jsonpath-plus 10 with its "safe" evaluation (expression grammar of jsep 1.4).
#pragma once

#include "path_text.hpp"

#include <millrace/error.hpp>
#include <millrace/limits.hpp>
#include <millrace/scope.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::flows::detail {

/// The name or index under which a value was reached.
struct step_key {
  enum class kind : std::uint8_t { none, index, name };
  kind what = kind::none;
  std::size_t index = 0;
  std::string_view name;

  [[nodiscard]] static step_key of_index(std::size_t index) noexcept {
    return {kind::index, index, {}};
  }
  [[nodiscard]] static step_key of_name(std::string_view name) noexcept {
    return {kind::name, 0, name};
  }
  /// Null for none, a number for an index, a text for a name.
  [[nodiscard]] json::value to_value() const;
};

/// How a value was reached, innermost step first. Lives on the stack of the evaluation.
struct location {
  const location* up = nullptr;
  step_key key;
};

/// The work that one evaluation may still do. Whatever takes time or memory in proportion to data
/// is paid for before it is done.
class work_budget {
public:
  /// False when the work is used up.
  [[nodiscard]] bool spend(std::uint64_t units) noexcept {
    used_ += units;
    return used_ <= limits().visited_nodes_max;
  }
  /// The same for `bytes` of text that are read or copied.
  [[nodiscard]] bool spend_text(std::size_t bytes) noexcept {
    return spend(bytes / text_bytes_per_unit);
  }
  /// The same for a value that is copied, or made a text, with everything in it.
  [[nodiscard]] bool spend_copy(const json::value& value) noexcept;
  /// The same for a value that an operator or a method reads: a text or an array as a whole.
  [[nodiscard]] bool spend_read(const json::value* value) noexcept;

  [[nodiscard]] std::uint64_t used() const noexcept { return used_; }

  static constexpr std::uint64_t text_bytes_per_unit = 16;
  /// What an object or array costs besides its members: memory of its own.
  static constexpr std::uint64_t container_units = 4;

private:
  std::uint64_t used_ = 0;
};

/// The error of a budget that is used up.
[[nodiscard]] error work_limit_error();

/// What the names in an expression stand for.
struct filter_environment {
  const json::value* current = nullptr; ///< @
  step_key property;                    ///< @property
  const json::value* parent = nullptr;  ///< @parent
  step_key parent_property;             ///< @parentProperty
  const json::value* root = nullptr;    ///< @root
  const location* where = nullptr;      ///< @path
  const scope* document = nullptr;      ///< $, unless null
  const std::vector<std::string>* dynamic_keys = nullptr;
  work_budget* budget = nullptr;
};

struct filter_program;

/// A compiled expression. Immutable, cheap to copy, thread-safe.
class filter {
public:
  filter() = default;
  /// Compiles `text`. Never fails; a malformed expression keeps its problem, which every evaluation
  /// returns. `keys` knows the marks in the text.
  [[nodiscard]] static filter compile(std::string_view text, const marked_text& keys);

  /// Why evaluation always fails, with the position in the expression; null when it need not.
  [[nodiscard]] const error* problem() const noexcept;
  /// The value of the expression. Errors: `limit_exceeded`, and `invalid_syntax` for everything
  /// that is an exception in JavaScript.
  [[nodiscard]] result<resolved> evaluate(const filter_environment& environment) const;

private:
  std::shared_ptr<const filter_program> program_;
};

} // namespace millrace::flows::detail

// SPDX-License-Identifier: Apache-2.0
//
// Evaluation of the JSONPath part of a path, with the results, the order and the exceptions of
// jsonpath-plus 10.
#pragma once

#include "path_program.hpp"

#include <deque>
#include <string>
#include <unordered_set>
#include <vector>

namespace millrace::flows::detail {

/// The own member or element `key` of a value, as JavaScript has it: members, elements, characters
/// (UTF-16 units) and `length`. Undefined where there is none.
[[nodiscard]] resolved own_member(const json::value& value, std::string_view key,
                                  std::optional<std::uint32_t> index);

/// One value that a path selects.
struct selection {
  const json::value* value = nullptr;
  bool is_among_many = false; ///< reached through an operator that may give several values
};

/// Evaluates one compiled path once.
class path_trace {
public:
  /// `dynamic_keys`: the values of the program's dynamic keys. `document`: what `$` in a filter
  /// means, or null. `budget` pays for everything. All borrowed.
  path_trace(const path_program& program, const std::vector<std::string>& dynamic_keys,
             const scope* document, work_budget& budget)
      : program_(program), dynamic_keys_(dynamic_keys), document_(document), budget_(budget) {}

  /// What the path's JSONPath part selects in `root`; values live as long as this object. Errors:
  /// `limit_exceeded`; `invalid_syntax` for what is an exception in the reference.
  [[nodiscard]] result<std::vector<selection>> run(const json::value& root);
  /// Whether this evaluation made `value` (a length, a character, a name), so that it goes with it.
  [[nodiscard]] bool owns(const json::value* value) const { return made_.count(value) != 0; }

private:
  /// What is still to be followed: `head`, then the program's segments from `rest` on. No head: the
  /// end of the path.
  struct remaining {
    const segment* head = nullptr;
    std::size_t rest = 0;
  };
  /// A value on the way, and how it was reached.
  struct stop {
    const json::value* value = nullptr;
    const json::value* parent = nullptr;
    step_key key;
    const location* where = nullptr;
    bool is_among_many = false;
  };
  /// A value that was found, or a step up that the frame of the parent has to take.
  struct found {
    selection selected;
    bool is_step_up = false;
    std::size_t rest = 0;
    const location* where = nullptr;
  };
  using results = std::vector<found>;

  // Each returns false after having set failure_. `literal_first`: a member of that name comes
  // before the operator.

  // The way (path_trace.cpp).
  bool trace(remaining path, const stop& at, bool literal_first, results& out);
  bool segment_at(remaining path, const stop& at, bool literal_first, results& out);
  bool follow_name(remaining path, const stop& at, results& out, std::string_view name,
                   bool literal_first);
  bool follow_number(remaining path, const stop& at, double number, bool many, results& out);
  bool step_up(const stop& at, std::size_t begin, results& out);

  // Operators (path_operators.cpp).
  bool wildcard(remaining path, const stop& at, results& out);
  bool descend(remaining path, const stop& at, results& out);
  bool slice(remaining path, const stop& at, results& out);
  bool filtered(remaining path, const stop& at, results& out);
  bool nested(remaining path, const stop& at, results& out);
  bool script(remaining path, const stop& at, results& out);
  bool follow_text(remaining path, const stop& at, const std::string& text, results& out);
  bool of_type(const segment& wanted, const stop& at, results& out);
  /// Shows every member or element of the value to `visit`, until it says false.
  template <class Visit>
  bool walk(const stop& at, Visit visit);

  [[nodiscard]] stop child(const stop& at, const json::value& value, const location& there,
                           bool many) const;
  [[nodiscard]] remaining next(const remaining& path) const;
  [[nodiscard]] filter_environment environment(const stop& at) const;
  const json::value* keep(resolved value);
  bool add(results& out, found one);
  bool fail(const std::string& message);
  bool fail_limit();

  const path_program& program_;
  const std::vector<std::string>& dynamic_keys_;
  const scope* document_;
  work_budget& budget_;
  const json::value* root_ = nullptr;
  std::size_t depth_ = 0;
  std::deque<json::value> owned_; // names, indices, lengths and characters that were selected
  std::unordered_set<const json::value*> made_; // the places of owned_
  std::deque<segment> computed_;                // segments that scripts gave
  std::optional<error> failure_;
};

} // namespace millrace::flows::detail

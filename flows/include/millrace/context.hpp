// SPDX-License-Identifier: Apache-2.0
//
// The context of an execution or branch. A branch shares its parent's context and owns only the
// top-level members that it changed. Writes are remembered as dirty paths, so that a commit stores
// the change and not the context.
#pragma once

#include <millrace/json.hpp>
#include <millrace/scope.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::flows {

/// A mutable context. Not thread-safe. A parent must outlive its branches and must not change while
/// they live (a fork waits for its branches).
class context {
public:
  context() = default;
  /// A context of its own.
  explicit context(json::object members) : own_(std::move(members)) {}
  /// A branch's context over `parent`.
  explicit context(const context* parent) : parent_(parent) {}

  /// The top-level member `key`; null where there is none. O(1) per fork level.
  [[nodiscard]] const json::value* find(std::string_view key) const;
  /// Pushes this context's layers on `target`, the root context first.
  void push_to(scope& target) const;
  /// The whole context as one object (a copy).
  [[nodiscard]] json::object to_object() const;
  /// The members that this context itself holds.
  [[nodiscard]] const json::object& own() const noexcept { return own_; }

  /// Sets the value at `segments` (names from the top; at least one). Missing or null intermediate
  /// members become objects. An index writes into an array, filling gaps with null. Errors, all of
  /// which change nothing: `step_failed` where a text, number or boolean stands in the way, or a
  /// name is used on an array; `limit_exceeded` for an index or a number of segments beyond
  /// limits.hpp. Source: reference setValueByJsonPath.
  [[nodiscard]] result<void> set(std::span<const std::string> segments, json::value value);
  /// Puts objects in the place of the pointers to them on the way to `segments`, the end not
  /// included. Errors: those of set() and of reading; pointers before are replaced then.
  [[nodiscard]] result<void> follow(std::span<const std::string> segments,
                                    pointed_objects& objects);
  /// Removes a top-level member that this context itself holds.
  void erase(std::string_view key);

  /// What changed since the last call, as an array of `[[segment...], value]` (or `[[key]]` for a
  /// removed member), each with the value it has now; then forgets it. Empty: nothing changed.
  /// Applied in order to a copy in the state of the last call, they give this state, member order
  /// included.
  [[nodiscard]] json::array take_changes();
  /// Forgets what changed, without building it.
  void forget_changes() noexcept { dirty_.clear(); }
  [[nodiscard]] bool has_changes() const noexcept { return !dirty_.empty(); }
  /// Applies what take_changes() gave on another instance in the same state; the members set are
  /// not remembered as changed. Errors: `internal` for an array that take_changes() cannot have
  /// given; what came before the malformed entry is applied.
  [[nodiscard]] result<void> apply_changes(const json::array& changes);

private:
  struct change {
    std::vector<std::string> path;
    bool erased = false; // a removed member, whether or not it was set again
  };

  [[nodiscard]] result<void> check(std::span<const std::string> segments) const;
  void write(std::span<const std::string> segments, json::value value);
  json::value& own_member(std::string_view key);
  void mark(std::span<const std::string> segments, bool made);

  const context* parent_ = nullptr; // constant after construction
  json::object own_;
  std::vector<change> dirty_; // no path is a prefix of another; in the order of first change
};

} // namespace millrace::flows

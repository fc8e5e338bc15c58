// SPDX-License-Identifier: Apache-2.0
//
// Conditions of transitions: text split on ||, then &&, then `path op value` or a bare path.
#pragma once

#include <millrace/path.hpp>
#include <millrace/scope.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::flows {

/// What a condition evaluated to and, for records, what its left-hand sides were.
struct condition_trace {
  /// One list per `||` alternative looked at, one entry per `&&` part looked at; nullopt:
  /// undefined.
  std::vector<std::vector<std::optional<json::value>>> resolved;
};

/// A compiled condition. Immutable, cheap to copy, thread-safe.
/// Source of every rule, that of text that is no condition included: conformance/condition.json;
/// reference condition-evaluator.
class condition {
public:
  condition();
  /// Compiles `text`. Never fails; text that is no condition evaluates to false.
  [[nodiscard]] static condition compile(std::string_view text);
  [[nodiscard]] const std::string& text() const noexcept;

  /// Whether the condition holds. Errors: a dynamic path segment that is null or missing, limits.
  /// `trace`, when given, receives the left-hand values.
  [[nodiscard]] result<bool> holds(const scope& visible, condition_trace* trace = nullptr) const;

private:
  struct program;
  explicit condition(std::shared_ptr<const program> compiled);
  std::shared_ptr<const program> program_;
};

} // namespace millrace::flows

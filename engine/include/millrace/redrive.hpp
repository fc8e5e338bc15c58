// SPDX-License-Identifier: Apache-2.0
//
// Running again what has ended: from its beginning, or from one of its steps.
#pragma once

#include <millrace/json.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace millrace {

/// Which execution runs again, and from where. Source: Allma's documentation, flow control
/// ("Redrive", "Stateful Redrive"); docs/decisions/0014-redrive.md says where Millrace differs.
struct redrive_request {
  std::string flow_execution_id = {}; ///< of one that has ended
  /// The version to run: a number or LATEST_PUBLISHED, as it is defined now. Empty: the number that
  /// ran.
  std::string flow_version = {};
  /// The step instance to begin at; empty: from the beginning, on the same start input.
  std::string from_step = {};
  /// Only with `from_step`: before which of its visits the context is taken, counted from 1; 0: the
  /// last one, where the execution stopped if it stopped there.
  std::int64_t visit = 0;
  /// Only with `from_step`, and without `visit`: the context to begin on, instead of the one before
  /// that visit.
  std::optional<json::object> context = {};
};

} // namespace millrace

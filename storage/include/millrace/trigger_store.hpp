// SPDX-License-Identifier: Apache-2.0
//
// How far the start points of flows have been looked at, in a database of its own: what makes a
// missed run known at the next open.
#pragma once

#include <millrace/error.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::storage {

/// One start point. Times are Unix milliseconds, 0: never.
struct trigger_row {
  std::string flow_definition_id;
  std::string step_instance_id;
  std::string rule;              ///< what it waits for; another text: it begins anew
  std::int64_t since = 0;        ///< when it began to be watched under this rule
  std::int64_t looked_until = 0; ///< everything up to then is dealt with
  std::int64_t last_run_at = 0;  ///< of the last start: when it was due, or when the mail was met
  std::string last_execution_id; ///< of the last start
  std::int64_t missed = 0;       ///< runs that were due while nobody looked, over all time
  std::string last_error;        ///< empty: none since the last start
};

/// Thread-safe; every function is one transaction that is durable at return. Errors of all:
/// `database_failed`.
class trigger_store {
public:
  virtual ~trigger_store() = default;

  [[nodiscard]] virtual result<std::vector<trigger_row>> all() = 0;
  /// Writes a row in place of the one of the same flow and step.
  [[nodiscard]] virtual result<void> put(const trigger_row& row) = 0;
  [[nodiscard]] virtual result<void> remove(std::string_view flow_definition_id,
                                            std::string_view step_instance_id) = 0;
};

/// Opens `file`, creating it; ":memory:" for one in memory. Errors: `database_unusable`.
[[nodiscard]] result<std::unique_ptr<trigger_store>> open_trigger_store(const std::string& file);

} // namespace millrace::storage

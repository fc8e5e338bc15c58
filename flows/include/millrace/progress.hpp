// SPDX-License-Identifier: Apache-2.0
//
// How far an execution has come: a pure function of its definition and of the steps it entered.
// Source: reference progress-stamper; Allma's execution monitoring documentation.
#pragma once

#include <millrace/definition.hpp>
#include <millrace/execution.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

struct reached_checkpoint {
  std::string id;
  std::string label;
  std::optional<std::int64_t> order;
  std::int64_t ordinal = 0; ///< among the checkpoints of the flow, from 1 on
};

struct execution_progress {
  std::int64_t completed_step_count = 0; ///< of the main path; every visit counts
  std::int64_t total_step_count = 0;     ///< steps of the definition
  /// 0 to 100: by checkpoints where the flow has any, else by steps; 100 with COMPLETED alone
  /// certain, since loops count every visit.
  int progress_percent = 0;
  std::int64_t total_checkpoints = 0;
  /// The one farthest along that was reached; a loop never goes back.
  std::optional<reached_checkpoint> current_checkpoint;
  std::string current_step_instance_id; ///< empty: the execution has ended, or not begun
  std::string current_step_display_name;
  std::string current_step_type;

  /// Whether the current step may pause for long: it waits for an event or polls.
  [[nodiscard]] bool is_waiting() const noexcept;
  /// One line: the checkpoint's label, else the step's name, else the status.
  [[nodiscard]] std::string headline(execution_status status) const;
  /// With the names that Allma gives; what is not there is left out.
  [[nodiscard]] json::object to_json() const;
};

namespace flows {

/// `path`: step instance ids of the main path in the order in which they were entered.
[[nodiscard]] execution_progress measure_progress(const flow_definition& definition,
                                                  const std::vector<std::string>& path,
                                                  execution_status status);

} // namespace flows
} // namespace millrace

// SPDX-License-Identifier: Apache-2.0
//
// What whoever started an execution is told about it: that it has begun, reached a checkpoint,
// ended. Events are values made at the moment they tell of; where they go is said by the start's
// notificationConfig, and each way there is a delivery. Source: Allma documentation, execution
// status notifications; reference core-types, execution-events.
#pragma once

#include <millrace/delivery.hpp>
#include <millrace/progress.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::flows {

/// The numbers are not stored.
enum class event_type : std::uint8_t {
  started,    ///< it enters its first step
  checkpoint, ///< it has advanced to a further checkpoint
  terminal,   ///< it has ended, however
};

/// "STARTED", "CHECKPOINT" or "TERMINAL".
[[nodiscard]] const char* to_string(event_type type) noexcept;

/// What an event says.
struct execution_event {
  event_type type = event_type::terminal;
  std::string root_flow_execution_id;
  std::string flow_execution_id;
  std::string flow_definition_id;
  std::int64_t flow_definition_version = 0; ///< 0: not resolved
  execution_status status = execution_status::running;
  std::int64_t depth = 0;
  std::optional<execution_progress> progress; ///< absent: nothing of its flow is known
  std::optional<json::object> error_info;
  std::int64_t occurred_at = 0; ///< Unix milliseconds

  /// The payload, the same on every way.
  [[nodiscard]] json::object to_json() const;
};

/// The deliveries of `event` to the webhook, topic and queue of `config` (of a start request); none
/// where it does not ask for events of that type.
[[nodiscard]] std::vector<delivery> notification_deliveries(const json::object& config,
                                                            const execution_event& event);
/// Whether `config` asks for events of that type.
[[nodiscard]] bool asks_for(const json::object& config, event_type type);
/// The delivery to the topic that gets the events of all executions, with the attributes that
/// subscriptions filter by.
[[nodiscard]] delivery status_topic_delivery(std::string_view topic, const execution_event& event);

} // namespace millrace::flows

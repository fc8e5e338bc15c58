// SPDX-License-Identifier: Apache-2.0
//
// A delivery: a step that is run on behalf of an execution once what led to it is committed, in an
// execution of its own. Completion actions, notifications and what a topic sends on are deliveries,
// so that they are retried, survive crashes and fail visibly like everything else that runs.
#pragma once

#include <millrace/error.hpp>
#include <millrace/execution.hpp>
#include <millrace/json.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace millrace {

/// How often a delivery is tried again, and where all events of executions go.
struct delivery_options {
  /// Further attempts after the first, 0 to 5; the bounds are those of onError.retries.
  int retries = 5;
  /// Before the first further attempt, 1 to 300 s.
  std::chrono::seconds interval{5};
  /// By which each pause is longer than the one before, 1 to 5.
  double backoff_rate = 3;
  /// The ARN of the topic that gets the events of all executions; empty: none. Source: Allma
  /// documentation, execution status notifications, option 2.
  std::string status_topic;
  /// Told of completion actions of type LOG_ONLY: the execution, its flow and the payload, once it
  /// is committed, at least once. Called from several threads at once; must not throw. May be
  /// empty.
  std::function<void(std::string_view flow_execution_id, std::string_view flow_definition_id,
                     const json::object& payload)>
      log = {};
};

namespace flows {

/// The flow that every delivery is an execution of, and the module that runs its one step.
inline constexpr std::string_view delivery_flow_id = "millrace/delivery";
inline constexpr std::string_view delivery_module = "millrace/delivery";

/// One step, evaluated: what its handler gets.
struct delivery {
  std::string source_execution; ///< on whose behalf it is
  std::string source_flow;      ///< of that execution
  std::string
      source_step; ///< what it is of: "onCompletionActions[0]", "notificationConfig.queue.TERMINAL"
  std::string step_type;
  std::string module_identifier; ///< empty: none
  json::object step;             ///< as if it were written in a flow
  json::object input;
  json::object custom_config;
  json::object fields;
  /// Why it cannot be run: what it consists of could not be evaluated. Empty: it can.
  std::string problem;

  /// What delivery_of() reads.
  [[nodiscard]] json::object to_json() const;
};

/// The start of a delivery. `trigger_source` says on whose behalf.
[[nodiscard]] start_request start_of(const delivery& what, std::string trigger_source);
/// Reads the delivery from the context of its execution. Errors: `invalid_input`.
[[nodiscard]] result<delivery> delivery_of(const json::object& context);

/// The definition of the flow `delivery_flow_id`.
[[nodiscard]] json::object delivery_flow(const delivery_options& options);

// What is delivered -------------------------------------------------------------------------------

/// POSTs `body` to `url` within five seconds. `signing_secret` names a secret of the configuration;
/// empty: the request is not signed. Source: reference execution-notifier.
[[nodiscard]] delivery webhook_delivery(std::string url, json::value body,
                                        std::string_view signing_secret = {});
/// Publishes an object to a topic; `attributes` as SNS_PUBLISH takes them.
[[nodiscard]] delivery topic_delivery(std::string arn, json::object payload,
                                      json::object attributes = {});
/// Sends an object to a queue, named by URL or ARN. A FIFO queue keeps the order within `group` and
/// drops what has the `deduplication_id` of an earlier message.
[[nodiscard]] delivery queue_delivery(std::string_view queue, json::object payload,
                                      std::string_view group, std::string_view deduplication_id);

} // namespace flows
} // namespace millrace

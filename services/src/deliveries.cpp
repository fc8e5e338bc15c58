// SPDX-License-Identifier: Apache-2.0
#include <millrace/delivery.hpp>
#include <millrace/services.hpp>

#include "http_client.hpp"

namespace millrace::services {
namespace {

// Statuses that ask to come again later. Source: RFC 9110, 408; RFC 6585, 429; reference
// execution-notifier.
bool asks_for_patience(const step_error& reason) {
  constexpr int request_timeout = 408;
  const json::value* status = reason.details.if_contains("status");
  return status && status->is_int64() &&
         (status->get_int64() == request_timeout || status->get_int64() == too_many_requests);
}

/// What deliveries are run with.
struct delivery_means {
  std::shared_ptr<const steps::registry> steps;
  decltype(delivery_options::log) log;
  std::optional<json::value> otherwise;
};

step_result deliver(const delivery_means& with, const step_request& request) {
  const json::value* context = request.run_state.if_contains("currentContextData");
  const auto what =
      flows::delivery_of(context && context->is_object() ? context->get_object() : json::object());
  if (!what)
    return step_error::permanent(what.error().message());
  if (!what->problem.empty())
    return step_error::permanent(what->problem);
  if (what->step_type == "LOG_ONLY") {
    if (with.log)
      with.log(what->source_execution, what->source_flow, what->input);
    return json::value(what->input);
  }
  const registered_handler* handler = with.steps->find(what->source_flow, what->source_step,
                                                       what->step_type, what->module_identifier);
  if (!handler && with.otherwise)
    return *with.otherwise;
  if (!handler)
    return with.steps->why_not(what->step_type, what->module_identifier);
  step_result outcome =
      steps::run_attempt(*handler, {.flow_definition_id = what->source_flow,
                                    .flow_definition_version = 0,
                                    .flow_execution_id = request.flow_execution_id,
                                    .step_instance_id = what->source_step,
                                    .step_type = what->step_type,
                                    .module_identifier = what->module_identifier,
                                    .attempt = request.attempt,
                                    .idempotency_key = request.idempotency_key,
                                    .input = what->input,
                                    .custom_config = what->custom_config,
                                    .fields = what->fields,
                                    .step = what->step,
                                    .run_state = request.run_state,
                                    .now = request.now,
                                    .random_high = request.random_high,
                                    .random_low = request.random_low,
                                    .starts = request.starts});
  if (outcome.has_error() && asks_for_patience(outcome.error()))
    return step_error::transient(outcome.error().message);
  return outcome;
}

} // namespace

registered_handler delivery_handler(std::shared_ptr<const steps::registry> steps,
                                    decltype(delivery_options::log) log,
                                    std::optional<json::value> otherwise) {
  const auto with = std::make_shared<const delivery_means>(
      delivery_means{std::move(steps), std::move(log), std::move(otherwise)});
  return {[with](const step_request& request) { return deliver(*with, request); },
          step_effect::external, true};
}

} // namespace millrace::services

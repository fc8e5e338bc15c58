// SPDX-License-Identifier: Apache-2.0
//
// One call of a handler as a step would make it.
#pragma once

#include <millrace/step_handler.hpp>

#include <string>

namespace millrace::testing {

/// What one attempt gets; members that a test does not name are plain defaults.
struct handler_call {
  std::string step_type;
  std::string module_identifier = {};
  json::object input = {};
  json::object custom_config = {};
  json::object fields = {};
  json::object step = {};
  json::object run_state = {};
  int attempt = 1;
  std::string idempotency_key = "execution:s:1";
  std::chrono::system_clock::time_point now =
      std::chrono::system_clock::time_point(std::chrono::milliseconds(1'700'000'000'000));
};

/// Runs the handler that `registry` has for the call's type and module.
[[nodiscard]] inline step_result run(const steps::registry& registry, const handler_call& call) {
  const registered_handler* handler = registry.find(call.step_type, call.module_identifier);
  if (!handler)
    return registry.why_not(call.step_type, call.module_identifier);
  return steps::run_attempt(*handler, {.flow_definition_id = "flow",
                                       .flow_definition_version = 1,
                                       .flow_execution_id = "00000000-0000-4000-8000-000000000000",
                                       .step_instance_id = "s",
                                       .step_type = call.step_type,
                                       .module_identifier = call.module_identifier,
                                       .attempt = call.attempt,
                                       .idempotency_key = call.idempotency_key,
                                       .input = call.input,
                                       .custom_config = call.custom_config,
                                       .fields = call.fields,
                                       .step = call.step,
                                       .run_state = call.run_state,
                                       .now = call.now,
                                       .random_high = 1,
                                       .random_low = 2});
}

} // namespace millrace::testing

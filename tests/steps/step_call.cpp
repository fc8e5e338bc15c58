// SPDX-License-Identifier: Apache-2.0
#include "step_call.hpp"

#include <stdexcept>

namespace millrace::testing {

step_result run(const registered_handler& handler, const step_call& call) {
  const json::object none;
  const step_request request{.flow_definition_id = "flow",
                             .flow_definition_version = 1,
                             .flow_execution_id = "00000000-0000-4000-8000-000000000000",
                             .step_instance_id = "s",
                             .step_type = "DATA_TRANSFORMATION",
                             .module_identifier = call.module_identifier,
                             .attempt = 1,
                             .idempotency_key = "key",
                             .input = call.input,
                             .custom_config = call.custom_config,
                             .fields = none,
                             .step = call.step,
                             .run_state = none,
                             .now = {},
                             .random_high = call.high,
                             .random_low = call.low};
  return steps::run_attempt(handler, request);
}

step_result run(const step_call& call) {
  static const steps::registry registry = steps::registry::with_system_modules();
  const registered_handler* const handler = registry.find_module(call.module_identifier);
  return handler != nullptr ? run(*handler, call)
                            : steps::no_such_transformation(call.module_identifier);
}

json::value parsed(std::string_view text) {
  result<json::value> value = parse_json(text, "test");
  if (!value) {
    throw std::runtime_error(value.error().message());
  }
  return std::move(*value);
}

std::string run_text(std::string_view module_identifier, std::string_view input) {
  const step_result outcome = run({std::string(module_identifier), parsed(input).as_object()});
  return outcome ? stringify(*outcome) : outcome.error().name + ": " + outcome.error().message;
}

} // namespace millrace::testing

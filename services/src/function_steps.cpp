// SPDX-License-Identifier: Apache-2.0
//
// Source of payloads, outputs and errors: reference custom-lambda-invoke-handler and
// external-step-invoker.
#include "function_steps.hpp"

namespace millrace::services {
namespace {

using outcome = invocation::outcome;

std::string message_of(const json::value& payload, std::string_view otherwise) {
  const json::object* members = payload.if_object();
  const json::value* message = members ? members->if_contains("errorMessage") : nullptr;
  if (message && message->is_string() && !message->get_string().empty())
    return std::string(message->get_string());
  return std::string(otherwise);
}

json::object details_of(json::value payload) {
  if (json::object* members = payload.if_object())
    return std::move(*members);
  return {{"rawError", std::move(payload)}};
}

json::value payload_of(const step_request& request) {
  if (const json::value* whole = request.fields.if_contains("payload")) // of a delivery
    return *whole;
  json::object payload;
  const json::value* made = request.fields.if_contains("payloadTemplate");
  // Whether the template has members counts, not whether it found values.
  const json::value* written = request.step.if_contains("payloadTemplate");
  if (made && written && written->is_object() && !written->get_object().empty()) {
    payload["correlationId"] = request.flow_execution_id;
    for (const auto& member : made->as_object())
      payload[member.key()] = member.value();
    return payload;
  }
  if (!request.module_identifier.empty())
    payload["moduleIdentifier"] = request.module_identifier;
  payload["stepInput"] = request.input;
  payload["correlationId"] = request.flow_execution_id;
  return payload;
}

step_result run_lambda(const function_options& options, const function_runtime& on,
                       const step_request& request) {
  const std::string name(request.fields.at("lambdaFunctionArnTemplate").as_string());
  const std::string failed = "Failed to invoke custom logic Lambda '" + name + "': ";
  const function_target* function = find_function(options, name);
  if (!function)
    return step_error("ResourceNotFoundException",
                      "Function not found: " + name +
                          ". Say what runs it under functions in the configuration.");
  invocation ended = invoke(*function, payload_of(request), request.idempotency_key, on);
  switch (ended.how) {
  case outcome::returned: return std::move(ended.payload);
  case outcome::function_error: {
    step_error reason = step_error::transient(
        failed + message_of(ended.payload, "Custom lambda failed with an unparsable error."));
    reason.details = details_of(std::move(ended.payload));
    return reason;
  }
  case outcome::refused: return step_error("Error", failed + ended.message);
  case outcome::failed: break;
  }
  return step_error::transient(failed + ended.message);
}

json::value payload_for_module(const step_request& request) {
  return json::object{{"stepDefinition", request.step},
                      {"stepInput", request.input},
                      {"runtimeState", request.run_state}};
}

step_result run_module(const function_target& target, const function_runtime& on,
                       const step_request& request) {
  const std::string name(request.module_identifier);
  invocation ended = invoke(target, payload_for_module(request), request.idempotency_key, on);
  if (ended.how == outcome::function_error) {
    step_error reason = step_error::permanent("External step Lambda for " + name +
                                              " failed: " + message_of(ended.payload, "undefined"));
    reason.details["cause"] = std::move(ended.payload);
    return reason;
  }
  if (ended.how == outcome::failed)
    return step_error::transient("External step Lambda for " + name + " failed: " + ended.message);
  if (ended.how == outcome::refused)
    return step_error::permanent("External step Lambda for " + name + " failed: " + ended.message);
  const json::object* answer = ended.payload.if_object();
  if (!answer)
    return step_error::permanent("External step Lambda for " + name +
                                 " returned a successful response with no payload.");
  const json::value* output = answer->if_contains("outputData");
  return output ? *output : json::value(json::object());
}

} // namespace

void add_functions(steps::registry& to, const std::shared_ptr<const function_services>& with) {
  to.provide("CUSTOM_LAMBDA_INVOKE",
             {[with](const step_request& request) {
                return run_lambda(with->options, with->runtime(), request);
              },
              step_effect::external},
             "a C++ handler, an endpoint or a program, by function name");
  for (const auto& module : with->options.modules) {
    // An identifier that cannot be registered was refused when the options were read.
    static_cast<void>(
        to.add_module(module.first, {[with, target = &module.second](const step_request& request) {
                                       return run_module(*target, with->runtime(), request);
                                     },
                                     step_effect::external, true}));
  }
}

} // namespace millrace::services

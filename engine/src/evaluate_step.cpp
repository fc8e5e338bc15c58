// SPDX-License-Identifier: Apache-2.0
//
// One step, or one module, without an execution around it.
#include "evaluate.hpp"

#include <millrace/interpreter.hpp>
#include <millrace/step_handler.hpp>

namespace millrace::evaluation {
namespace {

// Fixed bits: an evaluation by hand gives the same result every time.
constexpr std::uint64_t random_high = 0x243F6A8885A308D3ULL;
constexpr std::uint64_t random_low = 0x13198A2E03707344ULL;

json::object flow_of(json::object step) {
  for (const char* way_on : {"transitions", "defaultNextStepInstanceId"})
    step.erase(way_on);
  if (!step.contains("stepInstanceId"))
    step["stepInstanceId"] = step_id;
  json::object steps;
  steps[step_id] = std::move(step);
  return {{"id", flow_id},
          {"version", 1},
          {"startStepInstanceId", step_id},
          {"steps", std::move(steps)}};
}

step_result run(const registered_handler& handler, std::string_view module, std::string_view type,
                const json::object& input, const json::object& config, const json::object& fields,
                const json::object& step) {
  const json::object no_run_state; // only external modules ask for one
  const step_request request{
      .flow_definition_id = flow_id,
      .flow_definition_version = 1,
      .flow_execution_id = execution_id,
      .step_instance_id = step_id,
      .step_type = type,
      .module_identifier = module,
      .attempt = 1,
      .idempotency_key = execution_id,
      .input = input,
      .custom_config = config,
      .fields = fields,
      .step = step,
      .run_state = no_run_state,
      .now = std::chrono::system_clock::time_point(std::chrono::milliseconds(start_time)),
      .random_high = random_high,
      .random_low = random_low,
  };
  return steps::run_attempt(handler, request);
}

step_result run(const steps::registry& registry, const flows::run_step_effect& wanted) {
  const std::string& module = wanted.step->module_identifier;
  const std::string& type = wanted.step->type;
  const registered_handler* handler = registry.find(type, module);
  if (!handler)
    return registry.why_not(type, module);
  return run(*handler, module, type, *wanted.input, wanted.custom_config, wanted.fields,
             wanted.step->raw);
}

// Answers every effect until the one step is over. Delays and retries cost no time.
void run_to_end(flows::interpreter& interpreter, flows::execution_state& state,
                const steps::registry& registry) {
  flows::moment at{start_time, random_low};
  while (!is_terminal(state.status())) {
    auto wanted = interpreter.next(at);
    if (!wanted) {
      if (state.next_due() == 0)
        return; // waits for an event
      at.now = state.next_due();
      interpreter.on_time(at);
      continue;
    }
    if (auto* step = std::get_if<flows::run_step_effect>(&*wanted))
      interpreter.on_result(step->cursor, run(registry, *step), at);
    else if (auto* start = std::get_if<flows::start_flow_effect>(&*wanted))
      interpreter.on_started(start->cursor, make_uuid_v7(at.now, random_high, random_low),
                             make_uuid_v7(at.now, random_low, random_high), at);
  }
}

} // namespace

result<json::object> evaluate_step(const json::object& given) {
  auto step = object_member(given, "step");
  if (!step)
    return step.error();
  auto context = optional_object(given, "context");
  if (!context)
    return context.error();
  const auto registry = steps::registry::with_system_modules();
  flows::definition_rules rules;
  auto compiled = flows::compile_definition(flow_of(std::move(*step)), rules);
  if (!compiled.ok())
    return json::object{
        {"status", "FAILED"},
        {"context", std::move(*context)},
        {"errorInfo",
         brief({"ConfigurationError", flows::describe(compiled.problems), {}, false})}};
  flows::execution_identity identity;
  identity.flow_execution_id = execution_id;
  identity.root_flow_execution_id = execution_id;
  identity.started_at = start_time;
  auto state = flows::execution_state::on_context(std::move(compiled.definition),
                                                  std::move(identity), std::move(*context));
  flows::interpreter interpreter(*state);
  run_to_end(interpreter, *state, registry);
  json::object out{{"status", to_string(state->status())},
                   {"context", state->main().variables.to_object()}};
  if (state->error())
    out["errorInfo"] = brief(*state->error());
  return out;
}

result<json::object> evaluate_transform(const json::object& given) {
  auto module = text_member(given, "module");
  if (!module)
    return module.error();
  auto input = optional_object(given, "input");
  auto context = optional_object(given, "context");
  auto raw_config = optional_object(given, "customConfig");
  for (const auto* each : {&input, &context, &raw_config})
    if (!*each)
      return each->error();
  const json::object run_state{{"flowDefinitionId", flow_id},
                               {"flowDefinitionVersion", 1},
                               {"flowExecutionId", execution_id},
                               {"enableExecutionLogs", false},
                               {"currentStepInstanceId", step_id},
                               {"status", "RUNNING"},
                               {"startTime", format_timestamp(start_time)},
                               {"currentContextData", *context}};
  flows::scope visible(*context);
  visible.push(run_state).push(*input);
  const auto config = flows::value_template::compile(json::value(*raw_config)).render(visible);
  if (!config)
    return failure("Error", config.error().message());
  // No step stands around it: whether somebody registered the module elsewhere is not asked.
  const auto registry = steps::registry::with_system_modules();
  const registered_handler* handler = registry.find_module(*module);
  auto outcome = handler ? run(*handler, *module, "DATA_TRANSFORMATION", *input,
                               config->as_object(), {}, given)
                         : steps::no_such_transformation(*module);
  if (!outcome)
    return failure(outcome.error().name, outcome.error().message);
  return json::object{{"output", std::move(*outcome)}};
}

} // namespace millrace::evaluation

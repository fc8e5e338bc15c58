// SPDX-License-Identifier: Apache-2.0
//
// START_FLOW_EXECUTION: the start input from mappings, literals, customConfig and the fields that
// stand on the step, checked; detached or waiting. Source: the step's specification;
// conformance/flow.json ("start:", "call:").
#include <millrace/interpreter.hpp>
#include <millrace/js.hpp>
#include <millrace/limits.hpp>

namespace millrace::flows {
namespace {

constexpr std::string_view unknown_source = "Unknown";

void copy_members(const json::object& from, json::object& to) {
  for (const auto& member : from)
    to[member.key()] = member.value();
}

// A field on the step is a template and beats the combined input, as on Allma; where the step has
// none, the combined input's value stands (specification, "Building the Input").
result<void> put_step_field(const std::optional<text_template>& field, const scope& visible,
                            std::string_view name, json::object& payload) {
  if (!field)
    return {};
  auto rendered = field->render(visible);
  if (!rendered)
    return rendered.error();
  payload[name] = *rendered;
  return {};
}

} // namespace

// The checked start input of a step whose combined input is `input`.
result<start_request> interpreter::build_start(const cursor& c, const step& s,
                                               const json::object& input) const {
  auto config = render_custom_config(c, s, input);
  if (!config)
    return config.error();
  json::object payload = std::move(*config);
  payload.erase("initialContextData"); // only the combined input gives the context
  copy_members(input, payload);
  {
    const scope visible = context_then_run_state(c, input);
    if (auto put =
            put_step_field(s.start->flow_definition_id, visible, "flowDefinitionId", payload);
        !put)
      return put.error();
    if (auto put = put_step_field(s.start->flow_version, visible, "flowVersion", payload); !put)
      return put.error();
  }
  const json::value* context = payload.if_contains("initialContextData");
  if (!js::truthy(context))
    payload["initialContextData"] = json::object();
  auto request = parse_start_request(payload);
  if (!request)
    return error{errc::invalid_input,
                 "Invalid final input for start-flow-execution: " + request.error().message()};
  if (const std::string_view name = context_that_is_too_deep(*request); !name.empty())
    return error{errc::invalid_input,
                 "Invalid final input for start-flow-execution: " + std::string(name) +
                     " nests deeper than context_depth_max, " +
                     std::to_string(limits().context_depth_max) + "."};
  return request;
}

interpreter::maybe_effect interpreter::start_detached(cursor& c, const step& s, const moment& at) {
  auto request = build_start(c, s, *c.input);
  if (!request) {
    fail(c, &s, {"Error", request.error().message(), {}, false}, at);
    return std::nullopt;
  }
  const std::string_view given =
      request->trigger_source.empty() ? unknown_source : std::string_view(request->trigger_source);
  request->trigger_source =
      "ParentFlow:" + state_.identity_.flow_execution_id + ":" + s.id + " -> " + std::string(given);
  c.phase = cursor_phase::running;
  return start_flow_effect{c.id, s.id, c.visit, false, std::move(*request)};
}

// Calls a flow and waits for its end: the child's id is not the step's to choose, its logging flag
// is the parent's. Source: reference sync-flow-handler.
interpreter::maybe_effect interpreter::call(cursor& c, const step& s, const moment& at) {
  ++c.attempt;
  auto input = prepare_input(c, s);
  if (!input) {
    fail(c, &s, {"Error", input.error().message(), {}, false}, at);
    return std::nullopt;
  }
  auto request = build_start(c, s, *input);
  if (!request) {
    fail(c, &s, {"Error", request.error().message(), {}, false}, at);
    return std::nullopt;
  }
  request->flow_execution_id.clear();
  request->enable_execution_logs = state_.identity_.enable_execution_logs;
  request->trigger_source = "SyncSubFlow from " + state_.identity_.flow_execution_id + ":" + s.id;
  c.phase = cursor_phase::calling;
  return start_flow_effect{c.id, s.id, c.visit, true, std::move(*request)};
}

void interpreter::on_started(std::string_view cursor_id, std::string_view execution_id,
                             std::string_view message_id, const moment& at) {
  if (const auto caller = answered(cursor_id, cursor_phase::calling)) {
    caller->path->child_id = execution_id;
    return;
  }
  json::object output;
  output["sqsMessageId"] = message_id;
  output["startedFlowExecutionId"] = execution_id;
  output["_meta"] = json::object{{"status", "SUCCESS"}};
  on_result(cursor_id, json::value(std::move(output)), at);
}

void interpreter::on_start_refused(std::string_view cursor_id, const step_error& reason,
                                   const moment& at) {
  auto starter = answered(cursor_id, cursor_phase::running);
  if (!starter)
    starter = answered(cursor_id, cursor_phase::calling);
  if (starter)
    fail(*starter->path, starter->at, {reason.name, reason.message, reason.details, false}, at);
}

void interpreter::on_start_failed(std::string_view cursor_id, const step_error& reason,
                                  const moment& at) {
  if (const auto starter = answered(cursor_id, cursor_phase::running))
    on_failed_attempt(*starter->path, *starter->at, reason, at, false);
}

void interpreter::on_called(std::string_view cursor_id, const call_outcome& outcome,
                            const moment& at) {
  const auto caller = answered(cursor_id, cursor_phase::calling);
  if (!caller)
    return;
  if (outcome.status != execution_status::completed) {
    error_info reason = outcome.error.value_or(
        error_info{"Error",
                   std::string("The called flow ended as ") + to_string(outcome.status) + ".",
                   {},
                   false});
    // The child's own place is of no use to the parent's fallback.
    reason.error_details.erase("failedStepInstanceId");
    return fail(*caller->path, caller->at, std::move(reason), at);
  }
  json::value output = outcome.final_context;
  accept(*caller->path, *caller->at, std::move(output), at);
}

} // namespace millrace::flows

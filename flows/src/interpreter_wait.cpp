// SPDX-License-Identifier: Apache-2.0
//
// WAIT_FOR_EXTERNAL_EVENT: a correlation key, a deadline, a payload. Source: Allma documentation,
// wait-for-external-event; conformance/flow.json ("wait:").
#include <millrace/interpreter.hpp>

namespace millrace::flows {

interpreter::maybe_effect interpreter::wait(cursor& c, const step& s, const moment& at) {
  scope visible = empty_scope();
  c.variables.push_to(visible);
  auto key = s.wait->correlation_key.render(visible);
  if (!key) {
    fail(c, &s, {"Error", key.error().message(), {}, false}, at);
    return std::nullopt;
  }
  // A key that ends with a colon has lost the value behind it (reference async-handler).
  if (key->empty() || key->back() == ':') {
    fail(c, &s,
         {"Error",
          "Failed to generate a valid correlationKey for wait step '" + s.id +
              "': the template rendered to '" + *key + "'. Check template and context.",
          {},
          false},
         at);
    return std::nullopt;
  }
  const std::int64_t seconds =
      s.wait->max_wait ? s.wait->max_wait->count() : limits_.default_wait_seconds;
  c.phase = cursor_phase::waiting;
  c.correlation_key = std::move(*key);
  c.due_at = at.now + seconds * 1000;
  report({.what = trace_event::type::waiting,
          .path = &c,
          .step_instance_id = s.id,
          .step = &s,
          .text = c.correlation_key});
  return wait_effect{c.id};
}

// Without outputMappings the payload is dropped (conformance: "payload without output mappings").
void interpreter::on_event(std::string_view cursor_id, json::value payload, const moment& at) {
  const auto waiting = answered(cursor_id, cursor_phase::waiting);
  if (!waiting)
    return;
  cursor& c = *waiting->path;
  const step& s = *waiting->at;
  c.due_at = 0;
  c.correlation_key.clear();
  report({.what = trace_event::type::resumed,
          .path = &c,
          .step_instance_id = s.id,
          .step = &s,
          .output = &payload});
  if (s.outputs_given)
    return accept(c, s, std::move(payload), at);
  report({.what = trace_event::type::step_completed,
          .path = &c,
          .step_instance_id = s.id,
          .step = &s,
          .output = &payload});
  go_on(c, s, at);
}

void interpreter::time_out(cursor& c, const step& s, const moment& at) {
  error_info reason{"TimeoutError",
                    "No event with the correlation key '" + c.correlation_key +
                        "' arrived in time for wait step '" + s.id + "'.",
                    {},
                    false};
  c.correlation_key.clear();
  fail(c, &s, std::move(reason), at, execution_status::timed_out);
}

// Maps what came from outside the step (an event, a called flow's context, a fork's result): there
// is no step input to fall back to.
void interpreter::accept(cursor& c, const step& s, json::value output, const moment& at) {
  const json::value reported = trace_ ? output : json::value();
  std::vector<mapping_event> events;
  s.outputs.apply(output, nullptr, c.variables, trace_ ? &events : nullptr, objects_.get());
  report({.what = trace_event::type::step_completed,
          .path = &c,
          .step_instance_id = s.id,
          .step = &s,
          .attempt = c.attempt,
          .output = &reported,
          .mappings = &events});
  go_on(c, s, at);
}

} // namespace millrace::flows

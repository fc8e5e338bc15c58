// SPDX-License-Identifier: Apache-2.0
//
// Standard steps: input, attempts, retries, validation, output. Source: reference step-executor;
// conformance/mapping.json ("step") and flow.json.
#include <millrace/interpreter.hpp>
#include <millrace/js.hpp>
#include <millrace/limits.hpp>

#include <algorithm>
#include <cmath>

namespace millrace::flows {
namespace {

constexpr std::string_view transient_name = "TransientStepError";
constexpr std::string_view content_name = "ContentBasedRetryableError";
// Exponential backoff beyond this many attempts would overflow; no policy allows as many.
constexpr int backoff_exponent_max = 32;

error_info to_error_info(const step_error& reason) {
  return {reason.name, reason.message, reason.details, false};
}

error_info language_error(const error& reason) {
  return {"Error", reason.message(), {}, false};
}

bool retries(const retry_policy& policy, std::string_view name) {
  if (policy.error_equals.empty())
    return name == transient_name;
  return std::find(policy.error_equals.begin(), policy.error_equals.end(), name) !=
         policy.error_equals.end();
}

// The pause after `failed_attempts` attempts; nothing when the policy has no further attempt.
std::optional<std::int64_t> within(const retry_policy& policy, int failed_attempts) {
  if (failed_attempts > policy.count)
    return std::nullopt;
  const int exponent = std::min(failed_attempts - 1, backoff_exponent_max);
  const double seconds =
      static_cast<double>(policy.interval.count()) * std::pow(policy.backoff_rate, exponent);
  return static_cast<std::int64_t>(seconds * 1000.0);
}

} // namespace

interpreter::maybe_effect interpreter::attempt(cursor& c, const step& s, const moment& at) {
  c.due_at = 0;
  ++c.attempt;
  auto prepared = prepare_input(c, s);
  if (!prepared) {
    fail(c, &s, language_error(prepared.error()), at);
    return std::nullopt;
  }
  c.input = std::make_shared<const json::object>(std::move(*prepared));
  if (s.start)
    return start_detached(c, s, at);
  auto config = render_custom_config(c, s, *c.input);
  if (!config) {
    fail(c, &s, language_error(config.error()), at);
    return std::nullopt;
  }
  auto fields = evaluate_fields(c, s, *c.input);
  if (!fields) {
    fail(c, &s, language_error(fields.error()), at);
    return std::nullopt;
  }
  c.phase = cursor_phase::running;
  return run_step_effect{
      c.id, &s, c.visit, c.attempt, c.input, std::move(*config), std::move(*fields), c.polls};
}

// The step input: mappings, then literals over them. Literals see the input as the mappings left
// it, not one another.
result<json::object> interpreter::prepare_input(cursor& c, const step& s) const {
  json::object input;
  std::vector<mapping_event>* events = nullptr;
  if (trace_) {
    c.input_events.clear();
    events = &c.input_events;
  }
  if (!s.inputs.empty()) {
    auto mapped = map_input(c, s, events);
    if (!mapped)
      return mapped.error();
    input = std::move(*mapped);
  }
  if (!s.literals)
    return input;
  // Taken, not borrowed: a literal may show a part of the input that the next lines change.
  std::vector<std::optional<json::value>> rendered;
  rendered.reserve(s.literals->size());
  {
    const scope visible = context_then_run_state(c, input);
    for (const auto& literal : *s.literals) {
      auto value = literal.second.find(visible);
      if (!value)
        return value.error();
      rendered.push_back(value->is_undefined() ? std::optional<json::value>()
                                               : std::move(*value).take());
    }
  }
  for (std::size_t i = 0; i < rendered.size(); ++i) {
    const std::string& target = (*s.literals)[i].first;
    auto set = rendered[i] ? set_by_dots(input, target, std::move(*rendered[i]))
                           : unset_by_dots(input, target);
    if (!set)
      return set.error();
  }
  return input;
}

// A branch's item that is a pointer counts as the object for every step, the members beside the
// pointer over it; other pointers stay where the step asks for them as they are. Source: reference
// iterative-step-processor.
result<json::object> interpreter::map_input(const cursor& c, const step& s,
                                            std::vector<mapping_event>* events) const {
  scope visible = run_state_then_context(c);
  json::object hidden_by; // the item's layer
  const json::value* item = objects_ ? c.variables.find("currentItem") : nullptr;
  if (const auto at = item ? as_object_pointer(*item) : std::nullopt) {
    const auto content = objects_->content(*at);
    if (!content)
      return content.error();
    json::object members = item->get_object();
    members.erase("_s3_output_pointer");
    if ((*content)->is_object())
      for (const auto& member : (*content)->get_object())
        members.emplace(member.key(), member.value());
    else
      members["content"] = **content;
    hidden_by["currentItem"] = std::move(members);
    visible.push(hidden_by);
  }
  if (!s.follows_pointers)
    visible.read_with(nullptr);
  return s.inputs.prepare(visible, events);
}

result<json::object> interpreter::render_custom_config(const cursor& c, const step& s,
                                                       const json::object& input) const {
  if (s.custom_config.is_undefined())
    return json::object();
  auto rendered = s.custom_config.render(context_then_run_state(c, input));
  if (!rendered)
    return rendered.error();
  if (!rendered->is_object())
    return json::object();
  return std::move(rendered->get_object());
}

result<json::object> interpreter::evaluate_fields(const cursor& c, const step& s,
                                                  const json::object& input) const {
  if (s.fields.empty())
    return json::object();
  const scope all = context_then_run_state(c, input);
  scope context = empty_scope();
  c.variables.push_to(context);
  scope context_and_input = empty_scope();
  c.variables.push_to(context_and_input);
  context_and_input.push(input);
  return s.fields.evaluate([&](field_scope wanted) -> const scope& {
    switch (wanted) {
    case field_scope::context: return context;
    case field_scope::context_and_input: return context_and_input;
    case field_scope::everything: break;
    }
    return all;
  });
}

void interpreter::on_result(std::string_view cursor_id, step_result outcome, const moment& at) {
  const auto attempted = answered(cursor_id, cursor_phase::running);
  if (!attempted)
    return;
  cursor& c = *attempted->path;
  const step& s = *attempted->at;
  if (!outcome)
    return on_failed_attempt(c, s, outcome.error(), at);
  if (s.poll)
    return on_polled(c, s, std::move(*outcome), at);
  on_output(c, s, std::move(*outcome), at);
}

// What the step gives is known: it is mapped now or after its delay.
void interpreter::on_output(cursor& c, const step& s, json::value output, const moment& at) {
  if (s.delay && !s.delay->before) {
    c.phase = cursor_phase::delayed_after;
    c.pending_output = std::move(output);
    c.due_at = at.now + delay_length(c, s, at);
    return;
  }
  succeed(c, s, std::move(output), at);
}

void interpreter::finish_delayed(cursor& c, const step& s, const moment& at) {
  json::value output = std::move(c.pending_output);
  c.pending_output = nullptr;
  succeed(c, s, std::move(output), at);
}

void interpreter::succeed(cursor& c, const step& s, json::value output, const moment& at) {
  // Source: reference `stepHandlerResult.outputData || {}`.
  if (!js::truthy(&output))
    output = json::object();
  if (is_deeper_than(output, limits().context_depth_max))
    return on_failed_attempt(c, s,
                             step_error::permanent("The output of step '" + s.id +
                                                   "' nests deeper than context_depth_max, " +
                                                   std::to_string(limits().context_depth_max) +
                                                   "."),
                             at);
  if (const auto missing = validate_output(s, output))
    return on_failed_attempt(c, s, *missing, at);
  if (json::object* members = output.if_object())
    members->erase("_meta");
  complete(c, s, std::move(output), at);
}

// The mappings may move the output away, so a copy is made for a listener.
void interpreter::complete(cursor& c, const step& s, json::value output, const moment& at) {
  if (!c.input)
    restore_input(c, s);
  const json::value reported = trace_ ? output : json::value();
  std::vector<mapping_event> events = std::move(c.input_events);
  s.outputs.apply(output, c.input.get(), c.variables, trace_ ? &events : nullptr, objects_.get());
  report({.what = trace_event::type::step_completed,
          .path = &c,
          .step_instance_id = s.id,
          .step = &s,
          .attempt = c.attempt,
          .input = c.input.get(),
          .output = &reported,
          .mappings = &events});
  go_on(c, s, at);
}

// After a restart in a delay the input is made again: the context has not changed since.
void interpreter::restore_input(cursor& c, const step& s) const {
  auto again = prepare_input(c, s);
  c.input = std::make_shared<const json::object>(again ? std::move(*again) : json::object());
}

std::optional<step_error> interpreter::validate_output(const step& s, const json::value& output) {
  for (const json_path& field : s.required_fields) {
    const auto matches = field.matches(output);
    const bool present = matches && !matches->empty() && matches->front().get() &&
                         !matches->front().get()->is_null();
    if (!matches)
      return step_error("Error", matches.error().message());
    if (!present)
      return step_error::content("Required output field validation failed. Path '" + field.text() +
                                 "' was missing or null/undefined in the step output.");
  }
  return std::nullopt;
}

void interpreter::on_failed_attempt(cursor& c, const step& s, const step_error& reason,
                                    const moment& at, bool has_started) {
  error_info info = to_error_info(reason);
  // A start happens once per visit: trying again could only tell of another child.
  const bool is_final = s.start && has_started;
  const auto pause = is_final ? std::nullopt : retry_pause(c, s, reason, at);
  if (pause) {
    report({.what = trace_event::type::step_retrying,
            .path = &c,
            .step_instance_id = s.id,
            .step = &s,
            .attempt = c.attempt,
            .delay_ms = *pause,
            .error = &info});
    c.phase = *pause > 0 ? cursor_phase::pausing : cursor_phase::ready;
    c.due_at = *pause > 0 ? at.now + *pause : 0;
    return;
  }
  fail(c, &s, std::move(info), at);
}

// Milliseconds until the next attempt; nothing: no further attempt. onError.retries replaces the
// built-in attempts at transient errors (documentation, onError).
std::optional<std::int64_t> interpreter::retry_pause(const cursor& c, const step& s,
                                                     const step_error& reason,
                                                     const moment& at) const {
  const error_handling& handling = s.on_error;
  if (reason.name == content_name && handling.retry_on_content_error)
    return within(*handling.retry_on_content_error, c.attempt);
  if (handling.retries && retries(*handling.retries, reason.name))
    return within(*handling.retries, c.attempt);
  if (handling.retries || reason.name != transient_name)
    return std::nullopt;
  if (c.attempt >= limits_.transient_attempts)
    return std::nullopt;
  const auto jitter = static_cast<std::int64_t>(
      at.random %
      static_cast<std::uint64_t>(std::max<std::int64_t>(limits_.transient_jitter_ms, 1)));
  return (limits_.transient_backoff_ms << c.attempt) + jitter;
}

} // namespace millrace::flows

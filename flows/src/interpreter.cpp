// SPDX-License-Identifier: Apache-2.0
//
// Paths: which cursor goes on, entering steps, transitions, errors, ends. What single kinds of
// steps do is in interpreter_step, _start, _wait and _fork.
#include <millrace/interpreter.hpp>

#include <algorithm>

namespace millrace::flows {
namespace {

constexpr std::int64_t unlimited_transitions = 0;

error_info configuration_error(std::string message) {
  return {"ConfigurationError", std::move(message), {}, false};
}

} // namespace

interpreter::interpreter(execution_state& state, interpreter_limits limits,
                         std::function<void(const trace_event&)> trace,
                         std::shared_ptr<object_source> objects)
    : state_(state), limits_(limits), trace_(std::move(trace)) {
  if (objects)
    objects_ = std::make_unique<pointed_objects>(std::move(objects));
}

std::optional<effect> interpreter::next(const moment& at) {
  if (objects_)
    objects_->forget();
  while (state_.status_ == execution_status::running) {
    cursor* c = runnable(state_.main_);
    if (!c)
      return std::nullopt;
    if (auto wanted = advance(*c, at))
      return wanted;
  }
  return std::nullopt;
}

// The first cursor, in the order of the branch runs, that can go on without news from outside.
cursor* interpreter::runnable(cursor& from) {
  if (from.phase == cursor_phase::enter || from.phase == cursor_phase::ready)
    return &from;
  if (!from.fork)
    return nullptr;
  for (auto& branch : from.fork->active)
    if (cursor* found = runnable(*branch))
      return found;
  const step& fork_step = *state_.definition_->find_step(from.step);
  const std::int64_t asked = fork_step.fork->aggregation.max_concurrency;
  const std::int64_t bound = asked > 0 ? asked : limits_.default_branch_concurrency;
  const bool room = static_cast<std::int64_t>(from.fork->active.size()) < bound;
  if (!room || from.fork->next_run == from.fork->runs.size())
    return nullptr;
  return &activate_branch(from);
}

interpreter::maybe_effect interpreter::advance(cursor& c, const moment& at) {
  c.dirty = true;
  set_current_step(c);
  if (c.phase == cursor_phase::enter)
    return enter(c, at);
  const step* s = state_.definition_->find_step(c.step);
  if (!s) { // only a damaged database leads here: enter() checks the step
    fail(c, nullptr, configuration_error("The step '" + c.step + "' has disappeared."), at);
    return std::nullopt;
  }
  return attempt(c, *s, at);
}

interpreter::maybe_effect interpreter::enter(cursor& c, const moment& at) {
  c.path.push_back(c.step);
  c.visit = ++state_.visits_;
  c.attempt = 0;
  c.polls = 0;
  c.step_started_at = at.now;
  const step* s = state_.definition_->find_step(c.step);
  const flow_way first = c.parent ? flow_way::branch : flow_way::start;
  report({.what = trace_event::type::step_entered,
          .path = &c,
          .step_instance_id = c.step,
          .step = s,
          .way = c.path.size() == 1 ? first : flow_way::none});
  if (!s) {
    fail(c, nullptr,
         configuration_error("Configuration for step '" + c.step +
                             "' not found in flow definition."),
         at);
    return std::nullopt;
  }
  return begin(c, *s, at);
}

interpreter::maybe_effect interpreter::begin(cursor& c, const step& s, const moment& at) {
  if (s.type == "END_FLOW") {
    report({.what = trace_event::type::step_completed,
            .path = &c,
            .step_instance_id = s.id,
            .step = &s});
    end_path(c, at);
    return std::nullopt;
  }
  if (s.fork) {
    open_fork(c, s, at);
    return std::nullopt;
  }
  if (s.wait)
    return wait(c, s, at);
  if (s.start && s.start->sync)
    return call(c, s, at);
  if (s.delay && s.delay->before) {
    c.phase = cursor_phase::delayed_before;
    c.due_at = at.now + delay_length(c, s, at);
    return wait_effect{c.id};
  }
  return attempt(c, s, at);
}

std::int64_t interpreter::delay_length(const cursor& c, const step& s, const moment& at) const {
  const std::int64_t from = s.delay->from.count();
  const std::int64_t span = s.delay->to.count() - from + 1;
  const std::int64_t length =
      from + static_cast<std::int64_t>(at.random % static_cast<std::uint64_t>(span));
  report({.what = trace_event::type::delayed,
          .path = &c,
          .step_instance_id = s.id,
          .step = &s,
          .delay_ms = length});
  return length;
}

// The path that an answer is for; nothing: it does not wait for one (it was answered already).
std::optional<interpreter::answered_path> interpreter::answered(std::string_view cursor_id,
                                                                cursor_phase expected) {
  cursor* path = state_.find_cursor(cursor_id);
  if (!path || path->phase != expected || is_terminal(state_.status_))
    return std::nullopt;
  const step* at = state_.definition_->find_step(path->step);
  if (!at)
    return std::nullopt;
  path->dirty = true;
  set_current_step(*path);
  return answered_path{path, at};
}

// Chooses what comes after a completed step. An error here (a limit, a condition that cannot be
// evaluated) goes to the fallback, but continueOnFailure does not hide it: the step itself is done.
void interpreter::go_on(cursor& c, const step& s, const moment& at) {
  std::vector<bool> seen; // stays empty when nobody listens
  if (!s.transitions.empty()) {
    const scope visible = run_state_then_context(c);
    for (std::size_t i = 0; i < s.transitions.size(); ++i) {
      const transition& candidate = s.transitions[i];
      const auto holds = candidate.when.holds(visible);
      if (!holds) {
        report_left(c, s, {flow_way::none}, seen);
        return fail_beyond(c, s, {"Error", holds.error().message(), {}, false}, at);
      }
      if (trace_)
        seen.push_back(*holds);
      if (*holds)
        return take(c, s,
                    {flow_way::transition, static_cast<int>(i), candidate.next_step_instance_id,
                     candidate.max_transitions},
                    seen, at);
    }
  }
  if (s.default_next.empty()) {
    report_left(c, s, {flow_way::end}, seen);
    return end_path(c, at);
  }
  take(c, s, {flow_way::default_next, -1, s.default_next, s.default_next_max_transitions}, seen,
       at);
}

void interpreter::take(cursor& c, const step& s, const chosen_transition& chosen,
                       const std::vector<bool>& seen, const moment& at) {
  if (chosen.max_transitions != unlimited_transitions) {
    std::string key = s.id + (chosen.index < 0 ? std::string("_default")
                                               : "_transition_" + std::to_string(chosen.index));
    std::int64_t& count = c.transition_counts[key];
    if (count >= chosen.max_transitions) {
      report_left(c, s, {flow_way::none}, seen);
      return fail_beyond(c, s,
                         {"PermanentStepError",
                          "Infinite loop prevented: Transition limit of " +
                              std::to_string(chosen.max_transitions) + " reached for step '" +
                              s.id + "'.",
                          {},
                          false},
                         at);
    }
    ++count;
    c.dirty_counts.push_back(std::move(key));
  }
  report_left(c, s, chosen, seen);
  move_to(c, chosen.next_step);
}

void interpreter::report_left(const cursor& c, const step& s, const chosen_transition& chosen,
                              const std::vector<bool>& seen) const {
  report({.what = trace_event::type::step_left,
          .path = &c,
          .step_instance_id = s.id,
          .step = &s,
          .conditions = &seen,
          .next_step = chosen.next_step,
          .way = chosen.way,
          .transition_index = chosen.index});
}

void interpreter::move_to(cursor& c, std::string_view step_id) {
  c.phase = cursor_phase::enter;
  c.step = step_id;
  c.attempt = 0;
  c.due_at = 0;
  c.correlation_key.clear();
  c.child_id.clear();
  c.pending_output = nullptr;
  c.input.reset();
  c.input_events.clear();
}

void interpreter::end_path(cursor& c, const moment& at) {
  move_to(c, {});
  c.phase = cursor_phase::ended;
  if (c.parent)
    return close_branch(c, at);
  state_.status_ = execution_status::completed;
}

// What onError says. Source: reference step-executor (continueOnFailure before the fallback) and
// error-handler; the documentation offers onError on every step, so every kind of step comes here.
void interpreter::fail(cursor& c, const step* s, error_info reason, const moment& at,
                       execution_status unhandled) {
  if (!reason.error_details.contains("failedStepInstanceId"))
    reason.error_details["failedStepInstanceId"] = c.step;
  if (s && s->on_error.continue_on_failure) {
    report({.what = trace_event::type::step_continued,
            .path = &c,
            .step_instance_id = s->id,
            .step = s,
            .attempt = c.attempt,
            .input = c.input.get(),
            .error = &reason});
    return complete(c, *s, reason.to_json(), at);
  }
  if (falls_back(c, s, reason))
    return;
  if (!c.parent)
    state_.stopped_before_ = c.step;
  fail_path(c, std::move(reason), at, unhandled);
}

// A step that has completed, and no way leads on from it.
void interpreter::fail_beyond(cursor& c, const step& s, error_info reason, const moment& at) {
  reason.error_details["failedStepInstanceId"] = s.id;
  if (!falls_back(c, &s, reason))
    fail_path(c, std::move(reason), at, execution_status::failed);
}

bool interpreter::falls_back(cursor& c, const step* s, const error_info& reason) {
  const std::string_view fallback =
      s ? std::string_view(s->on_error.fallback_step_instance_id) : std::string_view();
  report({.what = trace_event::type::step_failed,
          .path = &c,
          .step_instance_id = c.step,
          .step = s,
          .attempt = c.attempt,
          .input = c.input.get(),
          .error = &reason,
          .next_step = fallback,
          .way = fallback.empty() ? flow_way::none : flow_way::fallback});
  if (fallback.empty())
    return false;
  move_to(c, fallback);
  return true;
}

void interpreter::fail_path(cursor& c, error_info reason, const moment& at,
                            execution_status unhandled) {
  move_to(c, {});
  c.phase = cursor_phase::ended;
  c.error = std::move(reason);
  if (c.parent)
    return close_branch(c, at);
  state_.status_ = unhandled;
}

void interpreter::on_time(const moment& at) {
  std::vector<std::string> due;
  collect_due(state_.main_, at.now, due);
  for (const std::string& id : due)
    if (cursor* c = state_.find_cursor(id))
      fire(*c, at); // an earlier one may have ended it
}

void interpreter::collect_due(cursor& from, std::int64_t now, std::vector<std::string>& due) {
  if (from.due_at != 0 && from.due_at <= now)
    due.push_back(from.id);
  if (!from.fork)
    return;
  for (auto& branch : from.fork->active)
    collect_due(*branch, now, due);
}

void interpreter::fire(cursor& c, const moment& at) {
  const step* s = state_.definition_->find_step(c.step);
  if (!s || c.due_at == 0)
    return;
  c.dirty = true;
  c.due_at = 0;
  set_current_step(c);
  switch (c.phase) {
  case cursor_phase::delayed_before:
  case cursor_phase::pausing: c.phase = cursor_phase::ready; return;
  case cursor_phase::delayed_after: return finish_delayed(c, *s, at);
  case cursor_phase::waiting: return time_out(c, *s, at);
  default: return; // nothing else carries a due time
  }
}

void interpreter::cancel(std::string_view reason) {
  if (is_terminal(state_.status_))
    return;
  state_.stopped_before_ = state_.main_.step;
  state_.main_.error = error_info{"Cancelled", std::string(reason), {}, false};
  state_.main_.phase = cursor_phase::ended;
  state_.main_.fork.reset();
  state_.main_.due_at = 0;
  state_.main_.dirty = true;
  state_.status_ = execution_status::cancelled;
}

void interpreter::see_run_state(const cursor& c, scope& visible) const {
  visible.push(state_.run_state_);
  visible.push_lazy("currentContextData",
                    [&variables = c.variables] { return json::value(variables.to_object()); });
}

scope interpreter::empty_scope() const {
  scope visible;
  visible.read_with(objects_.get());
  return visible;
}

scope interpreter::run_state_then_context(const cursor& c) const {
  scope visible = empty_scope();
  see_run_state(c, visible);
  c.variables.push_to(visible);
  return visible;
}

scope interpreter::context_then_run_state(const cursor& c, const json::object& input) const {
  scope visible = empty_scope();
  c.variables.push_to(visible);
  see_run_state(c, visible);
  visible.push(input);
  return visible;
}

json::object interpreter::run_state(std::string_view cursor_id) const {
  json::object all = state_.run_state_;
  if (const cursor* c = state_.find_cursor(cursor_id)) {
    all["currentStepInstanceId"] = c->step;
    all["currentContextData"] = c->variables.to_object();
  }
  return all;
}

void interpreter::set_current_step(const cursor& c) {
  state_.run_state_["currentStepInstanceId"] = c.step;
}

void interpreter::report(const trace_event& event) const {
  if (trace_)
    trace_(event);
}

} // namespace millrace::flows

// SPDX-License-Identifier: Apache-2.0
//
// Behaviour and stepping; loading is in execution_loading.cpp, commits in execution_commits.cpp,
// what is done on its behalf in execution_deliveries.cpp, notices and records in
// execution_trace.cpp.
#include "execution_actor.hpp"

#include <utility>

namespace millrace::actors {
namespace {

// Everything one attempt on a worker borrows; the worker keeps it alive.
struct attempt_data {
  std::shared_ptr<const flows::flow_definition> definition;
  const flows::step* step = nullptr;
  const registered_handler* handler = nullptr;
  std::string execution_id;
  std::string idempotency_key;
  std::shared_ptr<const json::object> input;
  json::object custom_config;
  json::object fields;
  json::object run_state;
  int attempt = 1;
  std::int64_t now = 0;
  std::uint64_t random_high = 0;
  std::uint64_t random_low = 0;

  [[nodiscard]] attempt_outcome run() const {
    std::vector<start_request> starts;
    const step_request request{
        .flow_definition_id = definition->id,
        .flow_definition_version = definition->version,
        .flow_execution_id = execution_id,
        .step_instance_id = step->id,
        .step_type = step->type,
        .module_identifier = step->module_identifier,
        .attempt = attempt,
        .idempotency_key = idempotency_key,
        .input = *input,
        .custom_config = custom_config,
        .fields = fields,
        .step = step->raw,
        .run_state = run_state,
        .now = std::chrono::system_clock::time_point(std::chrono::milliseconds(now)),
        .random_high = random_high,
        .random_low = random_low,
        .starts = &starts,
    };
    step_result outcome = steps::run_attempt(*handler, request);
    return {std::move(outcome), std::move(starts)};
  }
};

} // namespace

execution_actor::execution_actor(caf::actor_config& config, shared_state* shared, execution_key key,
                                 start_hint hint)
    : event_based_actor(config), shared_(shared), key_(key), hint_(std::move(hint)),
      is_ahead_(hint_.is_ahead), random_(shared->bits_for(key, 0)) {}

caf::behavior execution_actor::make_behavior() {
  return {
      [this](const go_on_message&) {
        go_on_is_due_ = false;
        go_on();
      },
      [this](const read_again_message&) {
        if (state_ && !over_)
          read_inbox();
        go_on();
      },
      [this](const committed& message) { on_committed(message); },
      [this](const attempt_done& message) { on_attempt_done(message); },
      [this](const due_message& message) {
        if (message.generation != timer_generation_ || !state_ || over_)
          return;
        armed_due_ = 0;
        interpreter_->on_time(now());
        drive();
      },
      [this](const poke_message&) {
        ++pokes_;
        if (!state_ || over_)
          return;
        read_inbox();
        drive();
      },
      [this](const cancel_message& message) { on_cancel(message); },
      [this](const retire_message&) { leave(); },
      [this](const stop_message&) {
        stopping_ = true;
        if (in_flight_.empty())
          leave();
      },
  };
}

void execution_actor::on_exit() {
  // Attempts that were never sent hold a handle of this actor.
  attempts_.clear();
  for (const commit_in_flight& pending : in_flight_)
    if (pending.accepted)
      pending.accepted->set_value(stopped_error());
  in_flight_.clear();
  if (hint_.accepted)
    hint_.accepted->set_value(stopped_error());
  interpreter_.reset();
  state_.reset();
  answer_cancellers(error{errc::stopped, "The engine stopped before the cancellation was stored."});
}

flows::moment execution_actor::now() {
  return {shared_->options.time->now(), random_()};
}

void execution_actor::go_on() {
  if (!state_ && !over_ && !stopping_)
    load();
  if (state_ && !over_)
    end_with_family();
  drive();
}

// Steps until every path waits, the execution is over or the quantum is used up.
void execution_actor::drive() {
  if (!state_ || over_ || stopping_)
    return;
  if (in_flight_.size() >= runtime_limits::commits_in_flight_max)
    return; // an acknowledgement drives
  const std::int64_t latest = now().now + runtime_limits::quantum_time.count();
  bool all_wait = false;
  for (int left = runtime_limits::quantum_effects; left > 0; --left) {
    const flows::moment at = now();
    if (at.now > latest)
      break;
    auto wanted = interpreter_->next(at);
    all_wait = !wanted;
    if (all_wait)
      break;
    perform(std::move(*wanted));
  }
  commit(all_wait);
  if (all_wait || over_ || go_on_is_due_)
    return;
  go_on_is_due_ = true;
  compat::send(this, caf::actor_cast<caf::actor>(this), go_on_message{});
}

void execution_actor::perform(flows::effect wanted) {
  if (auto* step = std::get_if<flows::run_step_effect>(&wanted))
    return run_step(*step);
  if (auto* start = std::get_if<flows::start_flow_effect>(&wanted))
    return start_flow(*start);
  // A path waits: put_waits() stores under what.
}

std::string execution_actor::idempotency_key(const flows::run_step_effect& wanted) const {
  std::string key = row_.id + ":" + wanted.step->id + ":" + std::to_string(wanted.visit);
  if (wanted.step->poll) // every call is one of its own
    key += ":" + std::to_string(wanted.poll);
  return key;
}

void execution_actor::run_step(flows::run_step_effect& wanted) {
  const flows::step& step = *wanted.step;
  const steps::registry& registry = shared_->options.registry;
  const registered_handler* handler =
      registry.find(state_->shared_definition()->id, step.id, step.type, step.module_identifier);
  if (!handler)
    return interpreter_->on_result(wanted.cursor,
                                   registry.why_not(step.type, step.module_identifier), now());
  const flows::moment at = now();
  attempt_data data{state_->shared_definition(),
                    wanted.step,
                    handler,
                    row_.id,
                    idempotency_key(wanted),
                    std::move(wanted.input),
                    std::move(wanted.custom_config),
                    std::move(wanted.fields),
                    handler->wants_run_state ? interpreter_->run_state(wanted.cursor)
                                             : json::object(),
                    wanted.attempt,
                    at.now,
                    at.random,
                    random_()};
  if (handler->effect == step_effect::pure)
    return take(wanted.cursor, data.run());
  attempts_.push_back({[data = std::move(data)] { return data.run(); },
                       caf::actor_cast<caf::actor>(this),
                       {wanted.cursor, wanted.visit, wanted.attempt, nullptr}});
}

void execution_actor::on_attempt_done(const attempt_done& message) {
  --attempts_out_;
  if (!state_ || over_)
    return;
  take(message.cursor, std::move(*message.outcome));
  drive();
}

// What the attempt starts goes into the unit that holds its output.
void execution_actor::take(std::string_view cursor, attempt_outcome outcome) {
  if (outcome.result)
    start_for_step(cursor, std::move(outcome.starts));
  interpreter_->on_result(cursor, std::move(outcome.result), now());
}

// Why the next start is one too many; nothing: it is counted and may happen.
std::optional<step_error> execution_actor::check_budgets() {
  const family_budgets& bounds = shared_->families.budgets();
  const auto refused = [](const char* bound, std::int64_t value, const char* counted) {
    return step_error("FamilyBudgetExceeded", std::string("This start would exceed ") + bound +
                                                  ", " + std::to_string(value) + ' ' + counted +
                                                  ".");
  };
  if (bounds.max_depth > 0 && row_.depth + 1 > bounds.max_depth)
    return refused("max_depth", bounds.max_depth, "levels below the root");
  if (bounds.max_children_per_execution > 0 && children_ >= bounds.max_children_per_execution)
    return refused("max_children_per_execution", bounds.max_children_per_execution,
                   "children of one execution");
  if (bounds.max_family_size > 0 && !shared_->families.add_member(row_.root))
    return refused("max_family_size", bounds.max_family_size, "executions below one root");
  ++children_;
  return std::nullopt;
}

// The child's row goes into the unit that moves this execution on: both or neither.
void execution_actor::start_flow(flows::start_flow_effect& wanted) {
  if (!wanted.sync && shared_->options.start_failure)
    if (auto failure = shared_->options.start_failure())
      return interpreter_->on_start_failed(wanted.cursor, *failure, now());
  if (const auto refused = check_budgets())
    return interpreter_->on_start_refused(wanted.cursor, *refused, now());
  const start_lineage lineage{wanted.sync ? execution_kind::sync_subflow
                                          : execution_kind::async_subflow,
                              row_.depth + 1,
                              row_.root,
                              key_,
                              wanted.step_instance_id,
                              wanted.visit};
  auto child = accept_start(*shared_, std::move(wanted.request), lineage);
  child->root_id = state_->identity().root_flow_execution_id;
  child->parent_id = row_.id;
  note_start(*child, wanted.sync ? "SYNC" : "ASYNC", wanted.cursor);
  if (!child->id_given)
    ++started_children_;
  unit_.starts.push_back(child);
  interpreter_->on_started(wanted.cursor, child->id, child->message_id, now());
}

void execution_actor::end_with_family() {
  const auto reason = shared_->families.why_ending(row_.root);
  if (!reason)
    return;
  interpreter_->cancel(*reason);
  commit(true);
}

void execution_actor::on_cancel(const cancel_message& message) {
  ++pokes_;
  if (!state_ && !over_)
    load();
  if (!over_ && !state_)
    return message.answer->give(
        error{errc::database_failed,
              "The execution " + row_.id + " cannot be read now; try to cancel it again later."});
  if (over_)
    return message.answer->give(
        error{errc::conflict, "The execution " + row_.id + " has ended already."});
  cancellers_.push_back(message.answer);
  interpreter_->cancel(message.reason);
  commit(true);
}

void execution_actor::leave() {
  release_family();
  compat::send(this, shared_->supervisor, executions_gone{{key_}});
  quit();
}

} // namespace millrace::actors

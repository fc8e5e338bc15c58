// SPDX-License-Identifier: Apache-2.0
//
// Behaviour, stepping and commits; loading is in execution_loading.cpp, notices and records in
// execution_trace.cpp.
#include "execution_actor.hpp"

#include <algorithm>
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

void answer(std::vector<std::shared_ptr<cancel_answer>>& callers, const result<void>& outcome) {
  for (const auto& caller : callers)
    caller->give(outcome);
  callers.clear();
}

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
  answer(cancellers_,
         error{errc::stopped, "The engine stopped before the cancellation was stored."});
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
      return interpreter_->on_result(wanted.cursor, std::move(*failure), now());
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

// Writes what has changed since the last commit; parks when `all_wait` and nothing is out.
void execution_actor::commit(bool all_wait) {
  if (is_terminal(state_->status())) {
    put_end();
    return send_unit(true, false);
  }
  const bool parks = all_wait && attempts_.empty() && attempts_out_ == 0 && failed_reads_ == 0;
  put_status(parks ? execution_status::waiting : execution_status::running);
  put_state();
  put_waits();
  if (!parks)
    arm_timer();
  if (!unit_is_empty())
    return send_unit(false, parks);
  if (parks && in_flight_.empty())
    announce_park();
}

// While it is in memory an execution looks at the clock itself: the supervisor wakes only what is
// parked.
void execution_actor::arm_timer() {
  const std::int64_t due = state_->next_due();
  if (due == 0 || due == armed_due_)
    return;
  armed_due_ = due;
  const std::chrono::milliseconds until(due - shared_->options.time->now());
  compat::send_later(this, std::clamp(until, std::chrono::milliseconds(0), shared_->timer_hint_max),
                     due_message{++timer_generation_});
}

bool execution_actor::unit_is_empty() const {
  return unit_.starts.empty() && !unit_.begin && unit_.delta.empty() && unit_.snapshot.empty() &&
         !unit_.status && !unit_.waits && !unit_.due_at && unit_.consumed_inbox.empty() &&
         unit_.records.empty() && attempts_.empty() && events_.empty();
}

void execution_actor::put_status(execution_status status) {
  if (stored_status_ == status)
    return;
  if (status == execution_status::waiting)
    note(lifecycle_event::type::execution_waiting);
  unit_.status = status;
  stored_status_ = status;
}

void execution_actor::put_state() {
  std::string delta = state_->take_delta();
  if (delta.empty())
    return;
  unit_.journal_sequence = ++journal_sequence_;
  const std::size_t bound =
      std::max(runtime_limits::journal_bytes_before_snapshot, snapshot_bytes_);
  if (journal_bytes_ + delta.size() <= bound) {
    journal_bytes_ += delta.size();
    unit_.delta = std::move(delta);
    return;
  }
  unit_.snapshot = state_->take_snapshot();
  snapshot_bytes_ = unit_.snapshot.size();
  journal_bytes_ = 0;
}

void execution_actor::put_waits() {
  std::vector<storage::wait_entry> waits;
  for (auto& [key, cursor] : state_->waits())
    waits.push_back({std::move(key), std::move(cursor)});
  for (auto& [child, cursor] : state_->calls())
    waits.push_back({call_key(child), std::move(cursor)});
  const auto same = [](const storage::wait_entry& a, const storage::wait_entry& b) {
    return a.correlation_key == b.correlation_key && a.cursor == b.cursor;
  };
  const bool changed =
      waits_consumed_ ||
      !std::equal(waits.begin(), waits.end(), stored_waits_.begin(), stored_waits_.end(), same);
  waits_consumed_ = false;
  if (changed) {
    unit_.waits = waits;
    stored_waits_ = std::move(waits);
  }
  const std::int64_t due = state_->next_due();
  if (due == stored_due_)
    return;
  unit_.due_at = due;
  unit_.wakes_itself = state_->wakes_itself();
  stored_due_ = due;
}

void execution_actor::put_end() {
  over_ = true;
  const json::object& context = state_->main().variables.own(); // the main path has no parent
  storage::execution_end end;
  end.status = state_->status();
  end.ended_at = shared_->options.time->now();
  end.context = stringify(context);
  end.path = state_->main().path.to_json_text();
  end.stopped_before = state_->stopped_before();
  json::object reason;
  if (state_->error())
    reason = state_->error()->to_json();
  if (!reason.empty())
    end.error_info = stringify(reason);
  unit_.end = std::move(end);
  // Source: conformance rules, "_flow_resume_key".
  if (const json::value* key = context.if_contains("_flow_resume_key");
      key && key->is_string() && !key->get_string().empty()) {
    const std::string correlation_key(key->get_string());
    unit_.deliveries.push_back({correlation_key, stringify(json::object{{"event", context}})});
  }
  put_end_of_call();
  carry_out_completion_actions();
  notify(flows::event_type::terminal, 0, reason);
  note(lifecycle_event::type::execution_ended, std::move(reason));
}

// A caller that waits learns of the end through its inbox, in the same transaction.
void execution_actor::put_end_of_call() {
  if (row_.kind == execution_kind::sync_subflow)
    unit_.deliveries.push_back({call_key(row_.id), R"({"called":true})"});
}

void execution_actor::send_unit(bool ends, bool parks) {
  unit_.execution = key_;
  unit_.is_ahead = is_ahead_;
  const bool is_last = ends && is_last_word();
  commit_in_flight pending;
  pending.token = ++last_token_;
  if (!unit_.starts.empty()) {
    unit_.started_children = started_children_;
    pending.batch = std::make_shared<start_batch>(start_batch{unit_.starts, 0});
  }
  pending.accepted = std::exchange(hint_.accepted, nullptr);
  if (pending.accepted)
    unit_.starts.insert(unit_.starts.begin(), std::exchange(hint_.start, nullptr));
  pending.attempts = std::exchange(attempts_, {});
  pending.events = std::exchange(events_, {});
  pending.ends = ends;
  pending.parks = parks;
  commit_order order{std::make_unique<storage::commit_unit>(std::exchange(unit_, {})),
                     is_last ? nullptr : caf::actor_cast<caf::actor>(this), pending.token,
                     is_last ? std::move(pending.accepted) : nullptr};
  shared_->writer.commit(std::move(order));
  if (is_last)
    return quit();
  pending.is_announced = announce_starts(pending.batch);
  in_flight_.push_back(std::move(pending));
}

// Whether nothing will be left to do when the unit is committed: then the writer tells the
// supervisor, and the execution need not wait.
bool execution_actor::is_last_word() const {
  return in_flight_.empty() && unit_.starts.empty() && unit_.deliveries.empty() &&
         attempts_.empty() && events_.empty() && cancellers_.empty() && !holds_family_;
}

// What it starts may run before the commit, as it does itself: the writer has this unit, and gets
// theirs after it. Not where an id was given, which may exist, and not where somebody watches, who
// is to hear of the start first.
bool execution_actor::announce_starts(const std::shared_ptr<start_batch>& batch) {
  if (!batch || shared_->options.observer)
    return false;
  const auto& starts = batch->starts;
  if (std::any_of(starts.begin(), starts.end(), [](const auto& each) { return each->id_given; }))
    return false;
  compat::send(this, shared_->supervisor, accepted_starts{batch, false});
  return true;
}

void execution_actor::on_committed(const committed& message) {
  commit_in_flight stored = std::move(in_flight_.front()); // the writer answers in order
  in_flight_.pop_front();
  if (stored.accepted && message.failure)
    stored.accepted->set_value(*message.failure);
  else if (stored.accepted)
    stored.accepted->set_value(row_.id);
  if (message.failure) { // the writer has told the supervisor
    answer(cancellers_, *message.failure);
    return leave();
  }
  if (message.outcome.is_void) // what was started existed already: this is not it
    return leave();
  is_ahead_ = false;
  act(stored, message.outcome);
  if (stored.ends)
    return leave();
  if (stopping_ && in_flight_.empty())
    return leave();
  if (stored.parks && in_flight_.empty() && unit_is_empty())
    return announce_park();
  drive();
}

// Where a row stood already it is another start's: there is nothing to activate, and nobody is told
// that it was accepted.
void execution_actor::hand_over_starts(commit_in_flight& stored,
                                       const storage::unit_outcome& outcome) {
  if (stored.is_announced)
    return compat::send(this, shared_->supervisor, starts_committed{std::move(stored.batch)});
  const std::size_t own = outcome.started.size() - stored.batch->starts.size(); // 1: its own start
  auto accepted = std::make_shared<start_batch>();
  for (std::size_t i = 0; i < stored.batch->starts.size(); ++i) {
    auto& start = stored.batch->starts[i];
    if (outcome.started[own + i] == start->key) {
      accepted->starts.push_back(std::move(start));
      continue;
    }
    const auto notice = std::find_if(
        stored.events.rbegin(), stored.events.rend(), [&](const lifecycle_event& event) {
          return event.what == lifecycle_event::type::execution_accepted &&
                 event.flow_execution_id == start->id;
        });
    if (notice != stored.events.rend())
      stored.events.erase(std::next(notice).base());
  }
  compat::send(this, shared_->supervisor, accepted_starts{std::move(accepted), true});
}

// Only now may anything leave the process.
void execution_actor::act(commit_in_flight& stored, const storage::unit_outcome& outcome) {
  if (stored.batch)
    hand_over_starts(stored, outcome);
  notified_executions notified;
  for (const execution_key key : outcome.delivered)
    if (key != 0)
      notified.keys.push_back(key);
  if (!notified.keys.empty())
    compat::send(this, shared_->supervisor, std::move(notified));
  for (attempt_job& attempt : stored.attempts) {
    ++attempts_out_;
    shared_->handlers.run(std::move(attempt));
  }
  publish(stored.events);
  if (stored.ends)
    answer(cancellers_, {});
}

void execution_actor::announce_park() {
  ++timer_generation_; // from here on the supervisor looks at the clock
  armed_due_ = 0;
  compat::send(this, shared_->supervisor, execution_parked{key_, pokes_, stored_due_});
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

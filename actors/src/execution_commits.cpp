// SPDX-License-Identifier: Apache-2.0
//
// What an execution commits, and what follows when it is committed. Only then does anything leave.
#include "execution_actor.hpp"

#include <algorithm>
#include <utility>

namespace millrace::actors {

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
  notify_of_end(reason);
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
    answer_cancellers(*message.failure);
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
    answer_cancellers({});
}

void execution_actor::announce_park() {
  ++timer_generation_; // from here on the supervisor looks at the clock
  armed_due_ = 0;
  compat::send(this, shared_->supervisor, execution_parked{key_, pokes_, stored_due_});
}

void execution_actor::answer_cancellers(const result<void>& outcome) {
  for (const auto& caller : cancellers_)
    caller->give(outcome);
  cancellers_.clear();
}

} // namespace millrace::actors

// SPDX-License-Identifier: Apache-2.0
//
// How an execution comes to memory: new from its start, or restored from its rows. One that cannot
// be loaded ends as FAILED with the reason; the others go on.
#include "execution_actor.hpp"

#include <millrace/stored_execution.hpp>

#include <algorithm>
#include <utility>

namespace millrace::actors {
namespace {

storage::execution_row row_of(const storage::execution_start& start) {
  storage::execution_row row;
  row.key = start.key;
  row.id = start.id;
  row.message_id = start.message_id;
  row.kind = start.kind;
  row.depth = start.depth;
  row.root = start.root;
  row.parent = start.parent;
  row.root_id = start.root_id.empty() ? start.id : start.root_id;
  row.parent_id = start.parent_id;
  row.parent_step = start.parent_step;
  row.parent_visit = start.parent_visit;
  row.flow_definition_id = start.flow_definition_id;
  row.flow_version_asked = start.flow_version;
  row.trigger_source = start.trigger_source;
  row.accepted_at = start.accepted_at;
  if (!start.request)
    row.start_input = start.start_input;
  return row;
}

// The names are the reference's: a flow that is not there is a PermanentStepError.
std::string error_name(errc code) {
  switch (code) {
  case errc::not_found: return "PermanentStepError";
  case errc::invalid_definition: return "InvalidFlowDefinition";
  case errc::internal: return "RecoveryError";
  default: return "Error";
  }
}

} // namespace

void execution_actor::load() {
  const auto loaded = hint_.start ? load_new() : load_stored();
  if (!loaded)
    return fail_to_load(loaded.error());
  failed_reads_ = 0;
  if (!hint_.accepted)
    hint_.start.reset();
}

result<void> execution_actor::load_new() {
  row_ = row_of(*hint_.start);
  return hint_.start->request ? begin_new(*hint_.start->request) : begin_stored_start();
}

result<void> execution_actor::load_stored() {
  auto stored = shared_->store.find_execution(key_);
  if (!stored)
    return stored.error();
  row_ = std::move(*stored);
  if (is_terminal(row_.status)) {
    over_ = true;
    leave();
    return {};
  }
  return row_.definition == 0 ? begin_stored_start() : restore();
}

result<void> execution_actor::begin_stored_start() {
  auto request = start_input_of(row_);
  if (!request)
    return request.error();
  return begin_new(*request);
}

result<void> execution_actor::begin_new(const start_request& request) {
  hear_who_is_told(request);
  auto flow =
      shared_->options.definitions->resolve(row_.flow_definition_id, row_.flow_version_asked);
  if (!flow)
    return flow.error();
  row_.started_at = shared_->options.time->now();
  row_.flow_version = flow->definition->version;
  row_.definition = flow->pinned;
  unit_.begin = storage::execution_begin{flow->pinned, row_.flow_version, row_.started_at};
  stored_status_ = execution_status::running; // what `begin` stores
  if (auto made = make_state(*flow, request); !made)
    return made.error();
  note(lifecycle_event::type::execution_begun);
  return {};
}

result<void> execution_actor::restore() {
  auto request = start_input_of(row_);
  if (!request)
    return request.error();
  hear_who_is_told(*request);
  auto flow = shared_->options.definitions->pinned(row_.definition);
  if (!flow)
    return flow.error();
  if (auto made = make_state(*flow, *request); !made)
    return made.error();
  auto stored = shared_->store.load_state(key_);
  if (!stored)
    return stored.error();
  if (auto replayed = replay(*stored, *state_); !replayed)
    return replayed.error();
  if (tells())
    remember_checkpoint(progress());
  snapshot_bytes_ = stored->snapshot.size();
  for (const std::string& delta : stored->deltas)
    journal_bytes_ += delta.size();
  journal_sequence_ = stored->journal_sequence;
  random_ = shared_->bits_for(key_, journal_sequence_);
  stored_status_ = row_.status;
  stored_due_ = row_.due_at;
  started_children_ = row_.started_children;
  auto waits = shared_->store.waits(key_);
  if (!waits)
    return waits.error();
  stored_waits_ = std::move(*waits);
  auto records = shared_->store.step_records(key_);
  if (!records)
    return records.error();
  if (!records->empty())
    record_sequence_ = records->back().sequence;
  if (auto consumed = consume_inbox(stored->inbox); !consumed)
    return consumed;
  interpreter_->on_time(now());
  return {};
}

result<void> execution_actor::make_state(const resolved_flow& flow, const start_request& request) {
  auto definition = definition_for(*shared_->options.definitions, flow, request);
  if (!definition)
    return definition.error();
  flows::execution_identity identity = identity_of(row_);
  identity.enable_execution_logs =
      request.enable_execution_logs.value_or((*definition)->enable_execution_logs);
  const bool traced = shared_->options.observer || identity.enable_execution_logs || tells();
  state_ = std::make_unique<flows::execution_state>(std::move(*definition), std::move(identity),
                                                    request, *flow.flow_variables);
  std::function<void(const flows::trace_event&)> listener;
  if (traced)
    listener = [this](const flows::trace_event& event) { trace(event); };
  interpreter_ = std::make_unique<flows::interpreter>(
      *state_, flows::interpreter_limits{}, std::move(listener), shared_->options.objects);
  row_.start_input.clear(); // large, and not needed any more
  return hold_family();
}

// Takes part in the counts that the bounds on starts are about. Here and not at the first start,
// where a failing read would fail the step.
result<void> execution_actor::hold_family() {
  const family_budgets& bounds = shared_->families.budgets();
  const bool may_have_children = row_.status != execution_status::initializing;
  if (bounds.max_children_per_execution > 0 && may_have_children) {
    auto children = shared_->store.count_children(key_);
    if (!children)
      return children.error();
    children_ = *children;
  }
  if (bounds.max_family_size == 0)
    return {};
  const bool starts_itself = hint_.accepted != nullptr; // its row comes with its first unit
  auto held = shared_->families.hold(row_.root, starts_itself ? 1 : 0);
  holds_family_ = held.has_value();
  return held;
}

void execution_actor::release_family() {
  if (std::exchange(holds_family_, false))
    shared_->families.release(row_.root);
}

void execution_actor::read_inbox() {
  const auto stored = shared_->store.load_state(key_);
  const auto consumed = stored ? consume_inbox(stored->inbox) : stored.error();
  if (!consumed && reads_again(consumed.error()))
    return;
  if (!consumed) // it stays in memory and waits; the next open reads it again
    compat::send(this, shared_->supervisor,
                 store_failed{std::make_shared<const error>(consumed.error())});
  failed_reads_ = 0;
  interpreter_->on_time(now());
}

// Whether a read is tried again a little later: a database may be busy or a disk may stumble.
bool execution_actor::reads_again(const error& reason) {
  if (reason.code() != errc::database_failed || failed_reads_ == runtime_limits::reads_again_max)
    return false;
  compat::send_later(this, pause_before_reading_again(++failed_reads_), read_again_message{});
  return true;
}

result<void> execution_actor::consume_inbox(const std::vector<storage::inbox_entry>& entries) {
  for (const storage::inbox_entry& entry : entries) {
    if (std::find(consumed_.begin(), consumed_.end(), entry.id) != consumed_.end())
      continue;
    auto payload = parse_json(entry.payload, "inbox entry", stored_json_limits);
    json::value* event =
        payload && payload->is_object() ? payload->get_object().if_contains("event") : nullptr;
    if (payload && payload->is_object() && !event)
      if (auto answered = answer_call(entry.cursor); !answered)
        return answered; // not consumed: it is read again
    consumed_.push_back(entry.id);
    unit_.consumed_inbox.push_back(entry.id);
    waits_consumed_ = true;
    // The delivery took the wait entry away.
    std::erase_if(stored_waits_, [&entry](const storage::wait_entry& wait) {
      return wait.cursor == entry.cursor;
    });
    if (event)
      interpreter_->on_event(entry.cursor, std::move(*event), now());
  }
  return {};
}

// Reads how the called flow of a path ended: its row is the truth.
result<void> execution_actor::answer_call(const std::string& cursor_id) {
  const flows::cursor* path = state_->find_cursor(cursor_id);
  if (!path || path->phase != flows::cursor_phase::calling)
    return {};
  const auto child = shared_->store.find_execution(path->child_id);
  if (!child && child.error().code() == errc::database_failed)
    return child.error();
  if (!child || !is_terminal(child->status))
    return {};
  flows::call_outcome outcome;
  outcome.status = child->status;
  if (auto context = parse_json(child->context, "final context", stored_json_limits);
      context && context->is_object())
    outcome.final_context = std::move(context->get_object());
  if (auto reason = parse_json(child->error_info, "errorInfo", stored_json_limits);
      reason && reason->is_object())
    outcome.error = error_info::from_json(reason->get_object());
  interpreter_->on_called(cursor_id, outcome, now());
  return {};
}

void execution_actor::fail_to_load(const error& reason) {
  interpreter_.reset();
  state_.reset();
  unit_ = {};
  events_.clear();
  consumed_.clear();
  journal_bytes_ = 0;
  release_family();
  if (reads_again(reason))
    return;
  over_ = true;
  if (reason.code() == errc::database_failed || reason.code() == errc::database_unusable) {
    // A failing database is no fault of this execution: the next open tries again.
    if (hint_.accepted)
      std::exchange(hint_.accepted, nullptr)->set_value(reason);
    compat::send(this, shared_->supervisor, store_failed{std::make_shared<const error>(reason)});
    return leave();
  }
  if (row_.id.empty()) // its row is gone: nothing can be stored about it
    return leave();
  const error_info info{error_name(reason.code()), reason.message(), {}, false};
  storage::execution_end end;
  end.status = execution_status::failed;
  end.ended_at = shared_->options.time->now();
  end.path = "[]";
  end.error_info = stringify(info.to_json());
  unit_.end = std::move(end);
  put_end_of_call();
  notify_of_end(info.to_json());
  note(lifecycle_event::type::execution_ended, info.to_json());
  send_unit(true, false);
}

} // namespace millrace::actors

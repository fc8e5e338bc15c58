// SPDX-License-Identifier: Apache-2.0
//
// What is done on an execution's behalf: completion actions, notifications, and what its steps
// start. Each is a start in the unit that holds what led to it, so it happens if and only if that
// did.
#include "execution_actor.hpp"

#include <utility>

namespace millrace::actors {

void execution_actor::hear_who_is_told(const start_request& request) {
  notification_config_ = request.notification_config;
}

// Deliveries tell nobody: their own events would be delivered, too, and so on.
bool execution_actor::tells() const {
  return row_.flow_definition_id != flows::delivery_flow_id &&
         (notification_config_ || !shared_->options.status_topic.empty());
}

execution_progress execution_actor::progress() const {
  return flows::measure_progress(state_->definition(), state_->main().path.to_vector(),
                                 state_->status());
}

// Whether it is another one than before.
bool execution_actor::remember_checkpoint(const execution_progress& reached) {
  const std::int64_t ordinal = reached.current_checkpoint ? reached.current_checkpoint->ordinal : 0;
  return ordinal != std::exchange(reached_checkpoint_, ordinal);
}

// STARTED with the first step, CHECKPOINT with every step that brings the execution farther.
// Source: reference iterative-step-processor, stampProgress.
void execution_actor::tell_of_step(const flows::trace_event& event) {
  if (!tells() || event.path->parent)
    return;
  const bool is_first = event.way == flow_way::start;
  if (!is_first && (!event.step || !event.step->checkpoint))
    return;
  execution_progress reached = progress();
  const bool advanced = remember_checkpoint(reached);
  if (is_first)
    notify(flows::event_type::started, event.path->visit, std::move(reached));
  else if (advanced)
    notify(flows::event_type::checkpoint, event.path->visit, std::move(reached));
}

// Without a state, which an execution lacks that could not be loaded, nobody knows how far it came.
void execution_actor::notify_of_end(const json::object& reason) {
  if (tells())
    notify(flows::event_type::terminal, 0, state_ ? std::optional(progress()) : std::nullopt,
           reason);
}

void execution_actor::notify(flows::event_type type, std::int64_t visit,
                             std::optional<execution_progress> reached,
                             const json::object& reason) {
  flows::execution_event event;
  event.type = type;
  event.root_flow_execution_id = row_.root_id;
  event.flow_execution_id = row_.id;
  event.flow_definition_id = row_.flow_definition_id;
  event.flow_definition_version = row_.flow_version;
  event.status = unit_.end ? unit_.end->status : execution_status::running;
  event.depth = row_.depth;
  event.progress = std::move(reached);
  if (!reason.empty())
    event.error_info = reason;
  event.occurred_at = shared_->options.time->now();
  if (notification_config_)
    for (flows::delivery& each : notification_deliveries(*notification_config_, event))
      deliver(std::move(each), visit);
  if (!shared_->options.status_topic.empty())
    deliver(status_topic_delivery(shared_->options.status_topic, event), visit);
}

void execution_actor::carry_out_completion_actions() {
  for (flows::delivery& each : interpreter_->complete(unit_.end->ended_at))
    deliver(std::move(each), 0);
}

// A delivery is told apart by its step, its visit, and which of the step's it is.
void execution_actor::start_for_step(std::string_view cursor, std::vector<start_request> requests) {
  if (requests.empty())
    return;
  const flows::cursor* path = state_->find_cursor(cursor);
  if (!path) // its fork has gone on without it
    return;
  std::size_t ordinal = 0;
  for (start_request& request : requests) {
    start_lineage lineage;
    if (request.flow_definition_id == flows::delivery_flow_id) {
      lineage.kind = execution_kind::delivery;
      lineage.parent = key_;
      lineage.parent_step = path->step + '[' + std::to_string(ordinal++) + ']';
      lineage.parent_visit = path->visit;
    }
    add_start(std::move(request), lineage);
  }
}

void execution_actor::deliver(flows::delivery what, std::int64_t visit) {
  what.source_execution = row_.id;
  what.source_flow = row_.flow_definition_id;
  start_lineage lineage;
  lineage.kind = execution_kind::delivery;
  lineage.parent = key_;
  lineage.parent_step = what.source_step;
  lineage.parent_visit = visit;
  add_start(flows::start_of(what, what.source_step + " of " + row_.id), lineage);
}

void execution_actor::add_start(start_request request, const start_lineage& lineage) {
  auto start = accept_start(*shared_, std::move(request), lineage);
  if (lineage.parent != 0)
    start->parent_id = row_.id;
  note_start(*start, "ASYNC", {});
  unit_.starts.push_back(std::move(start));
}

} // namespace millrace::actors

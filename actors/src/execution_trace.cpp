// SPDX-License-Identifier: Apache-2.0
//
// What observers are told and what step records hold.
#include "execution_actor.hpp"

namespace millrace::actors {
namespace {

using flows::trace_event;
using event_type = lifecycle_event::type;

std::optional<event_type> public_type(trace_event::type what) {
  switch (what) {
  case trace_event::type::step_entered: return event_type::step_entered;
  case trace_event::type::step_completed: return event_type::step_completed;
  case trace_event::type::step_failed: return event_type::step_failed;
  case trace_event::type::step_retrying: return event_type::step_retrying;
  case trace_event::type::step_continued: return event_type::step_continued;
  case trace_event::type::delayed: return event_type::step_delayed;
  case trace_event::type::waiting: return event_type::step_waiting;
  case trace_event::type::resumed: return event_type::step_resumed;
  case trace_event::type::branch_started: return event_type::branch_started;
  case trace_event::type::branch_ended: return event_type::branch_ended;
  case trace_event::type::step_left: return event_type::step_left;
  }
  return std::nullopt;
}

json::object detail_of(const trace_event& event) {
  json::object detail;
  if (event.what == trace_event::type::waiting)
    detail["correlationKey"] = event.text;
  if (event.error) {
    if (event.what == trace_event::type::branch_ended)
      detail["error"] = event.error->to_json();
    else
      detail = event.error->to_json();
  }
  if (event.output)
    detail["output"] = *event.output;
  return detail;
}

// The status of a step record; null for events that are none. Source: Allma execution monitoring.
const char* record_status(trace_event::type what) {
  switch (what) {
  case trace_event::type::step_completed: return "COMPLETED";
  case trace_event::type::step_continued: return "COMPLETED";
  case trace_event::type::step_failed: return "FAILED";
  case trace_event::type::step_retrying: return "RETRYING";
  case trace_event::type::waiting: return "WAITING";
  default: return nullptr;
  }
}

json::array describe(const std::vector<flows::mapping_event>& events) {
  json::array all;
  for (const flows::mapping_event& event : events) {
    json::object one{
        {"target", event.target}, {"source", event.source}, {"status", to_string(event.status)}};
    if (!event.message.empty())
      one["message"] = event.message;
    all.push_back(std::move(one));
  }
  return all;
}

} // namespace

void execution_actor::trace(const trace_event& event) {
  if (state_->identity().enable_execution_logs)
    record(event);
  if (event.what == trace_event::type::step_entered)
    tell_of_step(event);
  if (!shared_->options.observer)
    return;
  const auto what = public_type(event.what);
  if (!what)
    return;
  note(*what, detail_of(event));
  lifecycle_event& noted = events_.back();
  noted.step_instance_id = event.step_instance_id;
  noted.branch_path = event.path->id;
  noted.branch_id = event.path->branch_id;
  noted.delay_ms = event.delay_ms;
  noted.way = event.way;
  noted.transition_index = event.transition_index;
  noted.next_step_instance_id = event.next_step;
  if (event.conditions)
    noted.conditions = *event.conditions;
}

void execution_actor::note(lifecycle_event::type what, json::object detail) {
  if (!shared_->options.observer)
    return;
  lifecycle_event noted;
  noted.what = what;
  noted.flow_execution_id = row_.id;
  noted.flow_definition_id = row_.flow_definition_id;
  noted.flow_definition_version = row_.flow_version;
  noted.status = unit_.end ? unit_.end->status : execution_status::running;
  noted.at = shared_->options.time->now();
  noted.detail = std::move(detail);
  events_.push_back(std::move(noted));
}

void execution_actor::note_start(const storage::execution_start& child, const char* mode,
                                 std::string_view branch_path) {
  if (!shared_->options.observer)
    return;
  json::object detail = to_json(*child.request);
  detail["mode"] = mode;
  detail["flowExecutionId"] = child.id;
  detail["parentFlowExecutionId"] = child.parent_id;
  detail["parentFlowDefinitionId"] = row_.flow_definition_id;
  detail["parentFlowDefinitionVersion"] = row_.flow_version;
  detail["parentStepInstanceId"] = child.parent_step;
  detail["rootFlowExecutionId"] = child.root_id.empty() ? child.id : child.root_id;
  detail["depth"] = child.depth;
  detail["executionKind"] = to_string(child.kind);
  note(lifecycle_event::type::execution_accepted, std::move(detail));
  lifecycle_event& noted = events_.back();
  noted.flow_execution_id = child.id;
  noted.flow_definition_id = child.flow_definition_id;
  noted.flow_definition_version = 0;
  noted.status = execution_status::initializing;
  noted.branch_path = branch_path;
}

void execution_actor::publish(const std::vector<lifecycle_event>& events) const {
  for (const lifecycle_event& event : events) {
    try {
      shared_->options.observer(event);
    } catch (...) { // NOLINT(bugprone-empty-catch): an observer must not throw, and cannot harm
    }
  }
}

void execution_actor::record(const trace_event& event) {
  const char* status = record_status(event.what);
  if (!status)
    return;
  const std::int64_t ended = shared_->options.time->now();
  json::object entry{{"stepInstanceId", event.step_instance_id}, {"status", status}};
  if (event.step) {
    entry["stepType"] = event.step->type;
    if (!event.step->step_definition_id.empty())
      entry["stepDefinitionId"] = event.step->step_definition_id;
    if (!event.step->display_name.empty())
      entry["displayName"] = event.step->display_name;
  }
  if (!event.path->branch_id.empty()) {
    entry["branchId"] = event.path->branch_id;
    entry["branchExecutionId"] = event.path->id;
  }
  // Millrace's own: what tells a visit's records from those of the next one, see context_history.
  entry["visitNumber"] = event.path->visit;
  entry["attemptNumber"] = event.attempt;
  entry["startTime"] = format_timestamp(event.path->step_started_at);
  entry["endTime"] = format_timestamp(ended);
  entry["durationMs"] = ended - event.path->step_started_at;
  if (event.input)
    entry["inputMappingResult"] = *event.input;
  if (event.output)
    entry["outputData"] = *event.output;
  if (event.error)
    entry["errorInfo"] = event.error->to_json();
  if (event.mappings && !event.mappings->empty())
    entry["mappingEvents"] = describe(*event.mappings);
  if (event.what == trace_event::type::waiting)
    entry["correlationKey"] = event.text;
  unit_.records.push_back(
      {++record_sequence_, std::string(event.step_instance_id), stringify(entry)});
}

} // namespace millrace::actors

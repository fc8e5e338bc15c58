// SPDX-License-Identifier: Apache-2.0
#include <millrace/execution_state.hpp>

#include "cursors.hpp"

#include <millrace/json.hpp>

#include <algorithm>
#include <charconv>

namespace millrace::flows {
namespace {

json::object merged(const json::object& base, const json::object& over) {
  json::object all = base;
  for (const auto& member : over)
    all[member.key()] = member.value();
  return all;
}

// The context of the beginning. Source: reference initialize-flow
// ("initialContextWithSystemValues").
json::object initial_context(const execution_identity& identity, const start_request& request,
                             const json::object& flow_variables) {
  if (request.start_from_state)
    return request.start_from_state->context;
  json::object members = request.initial_context_data;
  json::object variables = flow_variables;
  if (const json::value* given = members.if_contains("flow_variables"); given && given->is_object())
    variables = merged(variables, given->get_object());
  variables["flowExecutionId"] = identity.flow_execution_id;
  members["steps_output"] = json::object();
  members["flow_variables"] = std::move(variables);
  if (request.execution_overrides)
    members["executionOverrides"] = *request.execution_overrides;
  return members;
}

// The run state that expressions see. Source: reference FlowRuntimeState.
json::object initial_run_state(const flow_definition& definition,
                               const execution_identity& identity, const start_request& request) {
  json::object state;
  state.reserve(15); // the members below
  state["flowDefinitionId"] = definition.id;
  state["flowDefinitionVersion"] = definition.version;
  state["flowExecutionId"] = identity.flow_execution_id;
  state["enableExecutionLogs"] = identity.enable_execution_logs;
  state["currentStepInstanceId"] = definition.start_step_instance_id;
  state["status"] = to_string(execution_status::running);
  state["startTime"] = format_timestamp(identity.started_at);
  state["rootFlowExecutionId"] = identity.root_flow_execution_id;
  if (!identity.parent_flow_execution_id.empty())
    state["parentFlowExecutionId"] = identity.parent_flow_execution_id;
  if (!identity.parent_step_instance_id.empty())
    state["parentStepInstanceId"] = identity.parent_step_instance_id;
  state["depth"] = identity.depth;
  state["executionKind"] = to_string(identity.kind);
  if (request.notification_config)
    state["notificationConfig"] = *request.notification_config;
  if (request.execution_overrides)
    state["executionOverrides"] = *request.execution_overrides;
  return state;
}

std::string start_step(const flow_definition& definition, const start_request& request) {
  if (request.start_from_state)
    return request.start_from_state->step_instance_id;
  if (request.execution_overrides) {
    const json::value* step = request.execution_overrides->if_contains("startStepInstanceId");
    if (step && step->is_string() && !step->get_string().empty())
      return std::string(step->get_string());
  }
  return definition.start_step_instance_id;
}

} // namespace

execution_state::execution_state(std::shared_ptr<const flow_definition> definition,
                                 execution_identity identity, const start_request& request,
                                 const json::object& flow_variables)
    : definition_(std::move(definition)), identity_(std::move(identity)),
      run_state_(initial_run_state(*definition_, identity_, request)),
      main_("", nullptr, context(initial_context(identity_, request, flow_variables))) {
  main_.step = start_step(*definition_, request);
}

std::unique_ptr<execution_state>
execution_state::on_context(std::shared_ptr<const flow_definition> definition,
                            execution_identity identity, json::object members) {
  auto state = std::make_unique<execution_state>(std::move(definition), std::move(identity),
                                                 start_request(), json::object());
  state->main_.variables = context(std::move(members));
  return state;
}

cursor* execution_state::find_cursor(std::string_view id) {
  cursor* found = nullptr;
  for_each_cursor(main_, [&](cursor& c) {
    if (c.id == id)
      found = &c;
  });
  return found;
}

std::int64_t execution_state::next_due() const {
  std::int64_t earliest = 0;
  for_each_cursor(main_, [&](const cursor& c) {
    if (c.due_at != 0 && (earliest == 0 || c.due_at < earliest))
      earliest = c.due_at;
  });
  return earliest;
}

bool execution_state::wakes_itself() const {
  bool found = false;
  for_each_cursor(main_, [&](const cursor& c) {
    found = found || (c.due_at != 0 && c.phase != cursor_phase::waiting);
  });
  return found;
}

std::vector<std::pair<std::string, std::string>> execution_state::waits() const {
  std::vector<std::pair<std::string, std::string>> all;
  for_each_cursor(main_, [&](const cursor& c) {
    if (c.phase == cursor_phase::waiting)
      all.emplace_back(c.correlation_key, c.id);
  });
  return all;
}

std::vector<std::pair<std::string, std::string>> execution_state::calls() const {
  std::vector<std::pair<std::string, std::string>> all;
  for_each_cursor(main_, [&](const cursor& c) {
    if (c.phase == cursor_phase::calling)
      all.emplace_back(c.child_id, c.id);
  });
  return all;
}

cursor* execution_state::find_or_add_cursor(const std::string& id) {
  if (cursor* known = find_cursor(id))
    return known;
  const auto slash = id.rfind('/');
  const auto dot = id.rfind('.');
  if (slash == std::string::npos || dot == std::string::npos || dot < slash)
    return nullptr;
  cursor* parent = find_cursor(std::string_view(id).substr(0, slash));
  std::size_t run = 0;
  const auto parsed = std::from_chars(id.data() + dot + 1, id.data() + id.size(), run);
  if (!parent || !parent->fork || parsed.ec != std::errc() || run >= parent->fork->runs.size())
    return nullptr;
  return &add_branch(*parent, run);
}

cursor& execution_state::add_branch(cursor& parent, std::size_t run) {
  fork_state& fork = *parent.fork;
  const fork_state::run& planned = fork.runs[run];
  const step& fork_step = *definition_->find_step(parent.step);
  const branch_definition& branch = fork_step.fork->branches[planned.branch];
  auto added = std::make_unique<cursor>(parent.id + "/" + std::to_string(parent.visit) + "." +
                                            std::to_string(run),
                                        &parent, context(&parent.variables));
  added->run = run;
  added->branch_id = branch.branch_id;
  added->step = branch.step_instance_id;
  const std::string current_item = "currentItem";
  (void)added->variables.set({&current_item, 1}, fork.items[planned.item]);
  // The item follows from the fork, so no delta has to hold it.
  added->variables.forget_changes();
  const auto place =
      std::upper_bound(fork.active.begin(), fork.active.end(), run,
                       [](std::size_t wanted, const auto& other) { return wanted < other->run; });
  return **fork.active.insert(place, std::move(added));
}

} // namespace millrace::flows

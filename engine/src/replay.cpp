// SPDX-License-Identifier: Apache-2.0
#include "replay.hpp"

#include <millrace/runtime.hpp>
#include <millrace/stored_execution.hpp>

#include <algorithm>
#include <set>

namespace millrace {
namespace {

// Compiled definitions that are kept: executions of one flow stand together more often than not.
constexpr std::size_t kept_definitions_max = 100;

using wait_set = std::set<std::pair<std::string, std::string>>; // correlation key, cursor

result<json::object> object_of(const std::string& text, std::string_view what) {
  auto parsed = parse_json(text, what, stored_json_limits);
  if (!parsed)
    return parsed.error();
  if (!parsed->is_object())
    return error{errc::internal, "the " + std::string(what) + " is no object"};
  return std::move(parsed->get_object());
}

result<std::shared_ptr<const flows::flow_definition>>
with_overrides(std::shared_ptr<const flows::flow_definition> base, const start_request& request) {
  const json::value* overrides = request.execution_overrides
                                     ? request.execution_overrides->if_contains("stepOverrides")
                                     : nullptr;
  if (!overrides || !overrides->is_object())
    return base;
  return flows::with_step_overrides(*base, overrides->get_object(), {});
}

// Whether a path of the state would go on if somebody asked for the next effect.
bool is_busy(const flows::cursor& path) {
  switch (path.phase) {
  case flows::cursor_phase::enter:
  case flows::cursor_phase::ready:
  case flows::cursor_phase::running: return true;
  case flows::cursor_phase::forked: break;
  default: return false;
  }
  return path.fork && std::any_of(path.fork->active.begin(), path.fork->active.end(),
                                  [](const auto& branch) { return is_busy(*branch); });
}

wait_set waits_of(const flows::execution_state& state) {
  wait_set all;
  for (auto& [key, cursor] : state.waits())
    all.emplace(std::move(key), std::move(cursor));
  for (auto& [child, cursor] : state.calls())
    all.emplace(actors::call_key(child), std::move(cursor));
  return all;
}

// A delivery takes the wait away; a commit that was on its way may have written it again. Either
// way the path is known by its inbox entry.
void drop_delivered(wait_set& waits, const std::vector<storage::inbox_entry>& inbox) {
  for (const storage::inbox_entry& entry : inbox)
    for (auto wait = waits.begin(); wait != waits.end();)
      wait = wait->second == entry.cursor ? waits.erase(wait) : std::next(wait);
}

std::string shown(const std::pair<std::string, std::string>& wait) {
  const std::string& key = wait.first;
  const std::string what =
      actors::is_call_key(key) ? "the end of a called flow" : "\"" + key + "\"";
  return what + (wait.second.empty() ? "" : " in the branch " + wait.second);
}

void compare_waits(wait_set replayed, wait_set stored,
                   const std::vector<storage::inbox_entry>& inbox,
                   const replayer::problem_function& report) {
  drop_delivered(replayed, inbox);
  drop_delivered(stored, inbox);
  for (const auto& wait : replayed)
    if (stored.count(wait) == 0)
      report("waits", "waits for " + shown(wait) + " by its journal, but not by the table wait");
  for (const auto& wait : stored)
    if (replayed.count(wait) == 0)
      report("waits", "waits for " + shown(wait) + " by the table wait, but not by its journal");
}

void compare_row(const storage::execution_row& row, const flows::execution_state& state,
                 const replayer::problem_function& report) {
  if (state.main().phase == flows::cursor_phase::ended)
    report("replay",
           std::string("has ended by its journal, but its status is ") + to_string(row.status));
  if (row.status == execution_status::waiting && is_busy(state.main()))
    report("replay", "has a step to run by its journal, but its status is WAITING");
  if (state.next_due() != row.due_at)
    report("replay", "is due at " + std::to_string(state.next_due()) + " by its journal, but at " +
                         std::to_string(row.due_at) + " by its row");
}

// Visits that were handed out, as a snapshot says it.
std::int64_t visits_of(flows::execution_state& state) {
  const auto whole = parse_json(state.take_snapshot(), "snapshot", stored_json_limits);
  if (!whole || !whole->is_object())
    return 0;
  const json::value* visits = whole->get_object().if_contains("visits");
  return visits && visits->is_int64() ? visits->get_int64() : 0;
}

} // namespace

result<std::shared_ptr<const replayer::pinned_flow>> replayer::pinned(std::int64_t key) {
  if (const auto known = known_.find(key); known != known_.end())
    return known->second;
  const auto text = rows_.pinned_definition(key);
  if (!text)
    return text.error();
  const auto record = object_of(*text, "pinned definition");
  if (!record)
    return record.error();
  const json::value* definition = record->if_contains("definition");
  const json::value* variables = record->if_contains("flowVariables");
  if (!definition || !definition->is_object() || !variables || !variables->is_object())
    return error{errc::internal, "the pinned definition lacks definition or flowVariables"};
  auto compiled = flows::compile_definition(definition->get_object(), {});
  if (!compiled.ok())
    return error{errc::internal, flows::describe(compiled.problems)};
  if (known_.size() >= kept_definitions_max)
    known_.clear();
  const auto flow = std::make_shared<const pinned_flow>(
      pinned_flow{std::move(compiled.definition), variables->get_object()});
  known_.emplace(key, flow);
  return flow;
}

result<void> replayer::check(storage::execution_key key, const problem_function& report) {
  const auto row = rows_.find_execution(key);
  if (!row)
    return row.error();
  const auto flow = pinned(row->definition);
  if (!flow && flow.error().code() == errc::not_found)
    return {}; // the rows say so
  if (!flow) {
    report("definitions", "runs a definition that cannot be read: " + flow.error().message());
    return {};
  }
  const auto request = actors::start_input_of(*row);
  if (!request) {
    report("input", "has a start input that cannot be read: " + request.error().message());
    return {};
  }
  const auto definition = with_overrides((*flow)->definition, *request);
  if (!definition) {
    report("definitions",
           "overrides steps in a way that cannot be read: " + definition.error().message());
    return {};
  }
  const auto stored = rows_.load_state(key);
  if (!stored)
    return stored.error();
  flows::execution_state state(*definition, actors::identity_of(*row), *request,
                               (*flow)->flow_variables);
  if (const auto applied = actors::replay(*stored, state); !applied) {
    report("replay", "has a journal that cannot be replayed: " + applied.error().message());
    return {};
  }
  return compare(*row, *stored, state, report);
}

result<void> replayer::compare(const storage::execution_row& row,
                               const storage::stored_state& stored, flows::execution_state& state,
                               const problem_function& report) {
  compare_row(row, state, report);
  const auto waits = rows_.waits(row.key);
  if (!waits)
    return waits.error();
  wait_set in_table;
  for (const storage::wait_entry& wait : *waits)
    in_table.emplace(wait.correlation_key, wait.cursor);
  compare_waits(waits_of(state), std::move(in_table), stored.inbox, report);
  const auto started = audit_.last_start(row.key);
  if (!started)
    return started.error();
  // A journal that lost its end would make the execution start that child again.
  if (const std::int64_t visits = visits_of(state); *started > visits)
    report("starts", "has started a child in visit " + std::to_string(*started) +
                         ", but its journal ends with visit " + std::to_string(visits));
  return {};
}

} // namespace millrace

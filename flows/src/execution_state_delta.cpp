// SPDX-License-Identifier: Apache-2.0
//
// Deltas and snapshots of an execution's state: one JSON text format, written and applied here.
#include <millrace/execution_state.hpp>

#include "cursors.hpp"

#include <millrace/json.hpp>

namespace millrace::flows {
namespace {

json::object to_json(const branch_result& outcome) {
  json::object out;
  if (outcome.error)
    out["error"] = outcome.error->to_json();
  else
    out["output"] = outcome.output;
  return out;
}

error corrupt(std::string_view what) {
  return {errc::internal, "The stored state of an execution is damaged: " + std::string(what) +
                              ". Restore the database from a backup."};
}

std::int64_t integer(const json::object& from, std::string_view key) {
  const json::value* value = from.if_contains(key);
  return value && value->is_int64() ? value->get_int64() : 0;
}

json::object write_plan(const fork_state& fork) {
  json::array runs;
  runs.reserve(fork.runs.size());
  for (const fork_state::run& each : fork.runs)
    runs.push_back(json::array{each.item, each.branch});
  return {{"items", fork.items}, {"runs", std::move(runs)}};
}

result<std::unique_ptr<fork_state>> read_plan(const json::object& stored,
                                              const fork_config& config) {
  auto plan = std::make_unique<fork_state>();
  plan->items = stored.at("items").as_array();
  for (const json::value& each : stored.at("runs").as_array()) {
    const fork_state::run planned{each.at(0).to_number<std::size_t>(),
                                  each.at(1).to_number<std::size_t>()};
    if (planned.item >= plan->items.size() || planned.branch >= config.branches.size())
      return corrupt("a planned branch that the fork does not have");
    plan->runs.push_back(planned);
  }
  plan->results.resize(plan->runs.size());
  plan->is_of_objects = plan->is_plan_stored = true;
  return plan;
}

} // namespace

std::string execution_state::take_delta() {
  return write_delta(false);
}

std::string execution_state::take_snapshot() {
  return write_delta(true);
}

std::string execution_state::write_delta(bool whole) {
  json::array cursors;
  write_cursors(main_, whole, cursors);
  if (cursors.empty())
    return {};
  json::object delta;
  delta["visits"] = visits_;
  delta["cursors"] = std::move(cursors);
  return stringify(delta);
}

void execution_state::write_cursors(cursor& c, bool whole, json::array& out) {
  if (whole || c.dirty || c.variables.has_changes())
    out.push_back(write_cursor(c, whole));
  if (!c.fork)
    return;
  for (auto& branch : c.fork->active)
    write_cursors(*branch, whole, out);
}

json::object execution_state::write_cursor(cursor& c, bool whole) {
  json::object out;
  out["id"] = c.id;
  out["phase"] = static_cast<std::int64_t>(c.phase);
  out["step"] = c.step;
  out["visit"] = c.visit;
  if (c.attempt != 0)
    out["attempt"] = c.attempt;
  if (c.polls != 0)
    out["polls"] = c.polls;
  if (c.due_at != 0)
    out["due"] = c.due_at;
  if (!c.correlation_key.empty())
    out["key"] = c.correlation_key;
  if (!c.child_id.empty())
    out["child"] = c.child_id;
  if (c.phase == cursor_phase::delayed_after)
    out["output"] = c.pending_output;
  if (c.error)
    out["error"] = c.error->to_json();

  if (whole)
    c.committed_path = 0;
  json::array path;
  for (; c.committed_path < c.path.size(); ++c.committed_path)
    path.emplace_back(c.path[c.committed_path]);
  if (!path.empty())
    out["path"] = std::move(path);

  json::object counts;
  if (whole)
    for (const auto& [key, count] : c.transition_counts)
      counts[key] = count;
  else
    for (const auto& key : c.dirty_counts)
      counts[key] = c.transition_counts[key];
  if (!counts.empty())
    out["counts"] = std::move(counts);

  json::array changes = c.variables.take_changes();
  if (whole) {
    changes.clear();
    for (const auto& member : c.variables.own())
      changes.push_back(json::array{json::array{json::string(member.key())}, member.value()});
  }
  if (!changes.empty())
    out["context"] = std::move(changes);
  if (c.fork)
    write_fork(c, whole, out);
  c.dirty = false;
  c.dirty_counts.clear();
  return out;
}

void execution_state::write_fork(cursor& c, bool whole, json::object& out) {
  fork_state& fork = *c.fork;
  json::array results;
  const auto add = [&](std::size_t run) {
    if (fork.results[run])
      results.push_back(json::array{static_cast<std::int64_t>(run), to_json(*fork.results[run])});
  };
  if (whole)
    for (std::size_t run = 0; run < fork.results.size(); ++run)
      add(run);
  else
    for (const std::size_t run : fork.uncommitted_results)
      add(run);
  fork.uncommitted_results.clear();
  json::object& written = out["fork"].emplace_object();
  written["next"] = static_cast<std::int64_t>(fork.next_run);
  written["results"] = std::move(results);
  if (fork.is_of_objects && (whole || !fork.is_plan_stored)) {
    written["plan"] = write_plan(fork);
    fork.is_plan_stored = true;
  }
}

result<void> execution_state::apply_delta(std::string_view delta) {
  try {
    return apply_checked(delta);
  } catch (const std::exception& problem) { // a member of another type than was written
    return corrupt(problem.what());
  }
}

result<void> execution_state::apply_checked(std::string_view delta) {
  auto parsed = parse_json(delta, "stored state", stored_json_limits);
  if (!parsed)
    return corrupt(parsed.error().message());
  if (!parsed->is_object())
    return corrupt("a delta is no object");
  const json::object& members = parsed->get_object();
  const json::value* cursors = members.if_contains("cursors");
  if (!cursors || !cursors->is_array())
    return corrupt("a delta has no cursors");
  visits_ = integer(members, "visits");
  for (const json::value& entry : cursors->get_array()) {
    if (!entry.is_object())
      return corrupt("a cursor is no object");
    if (auto applied = apply_cursor(entry.get_object()); !applied)
      return applied.error();
  }
  for_each_cursor(main_, [](cursor& c) {
    c.dirty = false;
    c.variables.forget_changes();
  });
  return {};
}

result<void> execution_state::apply_cursor(const json::object& entry) {
  cursor* c = find_or_add_cursor(text_or_empty(entry, "id"));
  if (!c)
    return corrupt("a branch without its fork");
  c->phase = static_cast<cursor_phase>(integer(entry, "phase"));
  c->step = text_or_empty(entry, "step");
  // Another visit: a fork that was open at the earlier one is over, whatever opened since.
  if (c->visit != integer(entry, "visit"))
    c->fork.reset();
  c->visit = integer(entry, "visit");
  c->attempt = static_cast<int>(integer(entry, "attempt"));
  c->polls = integer(entry, "polls");
  c->due_at = integer(entry, "due");
  c->correlation_key = text_or_empty(entry, "key");
  c->child_id = text_or_empty(entry, "child");
  const json::value* output = entry.if_contains("output");
  c->pending_output = output ? *output : json::value();
  c->error.reset();
  if (const json::value* reason = entry.if_contains("error"); reason && reason->is_object())
    c->error = error_info::from_json(reason->get_object());
  // An attempt that was out when the process ended runs again under the same idempotency key.
  if (c->phase == cursor_phase::running) {
    c->phase = cursor_phase::ready;
    --c->attempt;
  }

  if (const json::value* path = entry.if_contains("path"); path && path->is_array())
    for (const json::value& id : path->get_array())
      c->path.push_back(std::string_view(id.as_string()));
  c->committed_path = c->path.size();
  if (const json::value* counts = entry.if_contains("counts"); counts && counts->is_object())
    for (const auto& member : counts->get_object())
      c->transition_counts[std::string(member.key())] = member.value().as_int64();
  if (const json::value* changes = entry.if_contains("context"); changes && changes->is_array())
    if (auto applied = c->variables.apply_changes(changes->get_array()); !applied)
      return applied.error();

  const json::value* fork = entry.if_contains("fork");
  if (!fork || !fork->is_object()) {
    c->fork.reset();
    return {};
  }
  return apply_fork(*c, fork->get_object());
}

result<void> execution_state::apply_fork(cursor& c, const json::object& entry) {
  if (!c.fork) {
    const step* fork_step = definition_->find_step(c.step);
    if (!fork_step || !fork_step->fork)
      return corrupt("a fork at a step that is none");
    const json::value* plan = entry.if_contains("plan");
    auto planned = plan ? read_plan(plan->as_object(), *fork_step->fork)
                        : plan_fork(*fork_step, c.variables, nullptr);
    if (!planned)
      return planned.error();
    c.fork = std::move(*planned);
  }
  c.fork->next_run = static_cast<std::size_t>(integer(entry, "next"));
  const json::value* results = entry.if_contains("results");
  if (!results || !results->is_array())
    return {};
  for (const json::value& pair : results->get_array()) {
    const auto run = static_cast<std::size_t>(pair.as_array().at(0).as_int64());
    const json::object& outcome = pair.as_array().at(1).as_object();
    if (run >= c.fork->results.size())
      return corrupt("a branch result outside its fork");
    branch_result stored;
    if (const json::value* reason = outcome.if_contains("error"))
      stored.error = error_info::from_json(reason->as_object());
    else
      stored.output = outcome.at("output");
    c.fork->results[run] = std::move(stored);
    std::erase_if(c.fork->active, [&](const auto& branch) { return branch->run == run; });
  }
  return {};
}

} // namespace millrace::flows

// SPDX-License-Identifier: Apache-2.0
//
// PARALLEL_FORK_MANAGER: one branch run per item and branch template whose condition holds. Source:
// reference parallel-handler; conformance/flow.json ("fork:", "branch:", "nested fork").
#include "fork_aggregation.hpp"

#include <millrace/interpreter.hpp>
#include <millrace/js.hpp>

namespace millrace::flows {
namespace {

// An array is its items; anything else that is truthy is one item.
json::array items_of(resolved found) {
  if (found.is_undefined() || !js::truthy(found.get()))
    return {};
  json::value value = std::move(found).take();
  if (json::array* list = value.if_array())
    return std::move(*list);
  json::array one;
  one.push_back(std::move(value));
  return one;
}

// The text of an object is a manifest in JSON Lines: each line is an item, blank ones are none.
// Source: documentation, orchestrating parallel workloads.
result<json::array> lines_of(std::string_view manifest, const std::string& step_id) {
  json::array items;
  std::size_t number = 0;
  while (!manifest.empty()) {
    const std::size_t end = std::min(manifest.find('\n'), manifest.size());
    const std::string_view line = js::trim(manifest.substr(0, end));
    manifest.remove_prefix(std::min(end + 1, manifest.size()));
    ++number;
    if (line.empty())
      continue;
    auto item = parse_json(line, "line " + std::to_string(number));
    if (!item)
      return error{errc::step_failed, "The itemsPath of fork '" + step_id +
                                          "' leads to an object that is not JSON Lines, a JSON "
                                          "value a line: " +
                                          item.error().message()};
    items.push_back(std::move(*item));
  }
  return items;
}

result<bool> branch_applies(const branch_definition& branch, const context& variables,
                            const json::object& item, pointed_objects* objects) {
  if (!branch.condition)
    return true;
  scope visible;
  visible.read_with(objects);
  variables.push_to(visible);
  visible.push(item);
  auto found = branch.condition->evaluate(visible);
  if (!found)
    return found.error();
  return js::truthy(found->get());
}

result<json::array> fork_items(const step& fork_step, const context& variables,
                               pointed_objects* objects) {
  scope visible;
  visible.read_with(objects);
  variables.push_to(visible);
  auto found = fork_step.fork->items_path->evaluate(visible);
  if (!found)
    return found.error();
  if (objects && objects->is_read(found->get()) && found->get()->is_string())
    return lines_of(found->get()->get_string(), fork_step.id);
  return items_of(std::move(*found));
}

} // namespace

result<std::unique_ptr<fork_state>> plan_fork(const step& fork_step, const context& variables,
                                              pointed_objects* objects) {
  auto plan = std::make_unique<fork_state>();
  const fork_config& config = *fork_step.fork;
  if (config.branches.empty())
    return plan;
  if (!config.items_path)
    return error{errc::step_failed,
                 "Parallel fork step '" + fork_step.id + "' must have an 'itemsPath' defined."};
  const std::uint64_t followed = objects ? objects->followed() : 0;
  auto items = fork_items(fork_step, variables, objects);
  if (!items)
    return items.error();
  plan->items = std::move(*items);
  for (std::size_t item = 0; item < plan->items.size(); ++item) {
    json::object current;
    for (std::size_t branch = 0; branch < config.branches.size(); ++branch) {
      if (config.branches[branch].condition && current.empty())
        current["currentItem"] = plan->items[item];
      auto applies = branch_applies(config.branches[branch], variables, current, objects);
      if (!applies)
        return applies.error();
      if (*applies)
        plan->runs.push_back({item, branch});
    }
  }
  plan->results.resize(plan->runs.size());
  plan->is_of_objects = objects && objects->followed() != followed;
  return plan;
}

void interpreter::open_fork(cursor& c, const step& s, const moment& at) {
  c.attempt = 1;
  auto plan = plan_fork(s, c.variables, objects_.get());
  if (!plan)
    return fail(c, &s, {"Error", plan.error().message(), {}, false}, at);
  if ((*plan)->runs.empty()) { // nothing ran, so nothing is mapped
    report({.what = trace_event::type::step_completed,
            .path = &c,
            .step_instance_id = s.id,
            .step = &s});
    return go_on(c, s, at);
  }
  c.fork = std::move(*plan);
  c.phase = cursor_phase::forked;
}

cursor& interpreter::activate_branch(cursor& parent) {
  const std::size_t run = parent.fork->next_run++;
  parent.dirty = true;
  cursor& branch = state_.add_branch(parent, run);
  report({.what = trace_event::type::branch_started,
          .path = &branch,
          .step_instance_id = parent.step});
  return branch;
}

// A branch's result is the value at `output` of its context, {} when there is none.
void interpreter::close_branch(cursor& branch, const moment& at) {
  cursor& parent = *branch.parent;
  fork_state& fork = *parent.fork;
  branch_result ended;
  ended.error = std::move(branch.error);
  if (!ended.error) {
    const json::value* output = branch.variables.find("output");
    ended.output = output ? *output : json::value(json::object());
  }
  report({.what = trace_event::type::branch_ended,
          .path = &branch,
          .step_instance_id = parent.step,
          .output = ended.error ? nullptr : &ended.output,
          .error = ended.error ? &*ended.error : nullptr});
  const std::size_t run = branch.run;
  fork.results[run] = std::move(ended);
  fork.uncommitted_results.push_back(run);
  std::erase_if(fork.active,
                [run](const auto& other) { return other->run == run; }); // ends `branch`
  parent.dirty = true;
  if (fork.active.empty() && fork.next_run == fork.runs.size())
    join(parent, at);
}

void interpreter::join(cursor& parent, const moment& at) {
  const step& s = *state_.definition_->find_step(parent.step);
  const std::unique_ptr<fork_state> fork = std::move(parent.fork);
  set_current_step(parent);
  fork_outcome outcome = aggregate(*fork, *s.fork);
  if (outcome.error)
    return fail(parent, &s, std::move(*outcome.error), at);
  accept(parent, s, std::move(outcome.output), at);
}

} // namespace millrace::flows

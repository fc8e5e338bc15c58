// SPDX-License-Identifier: Apache-2.0
#include "explore_model.hpp"

#include <millrace/flow_graph.hpp>

#include <algorithm>

namespace millrace::simulation {
namespace {

constexpr int depth_max = 12; // mappings, forks and flows that data are followed through
constexpr std::size_t path_segments_max = 16;
constexpr std::size_t values_max = 8;  // of one place
constexpr std::size_t places_max = 24; // of one origin

bool is_run_by_interpreter(const flows::step& step) {
  return flows::is_run_by_interpreter(step.type) ||
         step.module_identifier == "system/start-flow-execution";
}

bool has_unlimited_way(const flows::step& step) {
  return !step.on_error.fallback_step_instance_id.empty() ||
         (!step.default_next.empty() && step.default_next_max_transitions == 0) ||
         std::any_of(step.transitions.begin(), step.transitions.end(),
                     [](const flows::transition& each) { return each.max_transitions == 0; });
}

const json::object& member(const json::object& object, std::string_view name) {
  static const json::object none;
  const json::value* found = object.if_contains(name);
  return found && found->is_object() ? found->get_object() : none;
}

std::string text_member(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

wanted_values moved_to(value_path at, const wanted_values& what) {
  return {std::move(at), what.is_length, what.values};
}

// Texts in a value of templates.
void collect(const json::value& value, std::vector<wanted_values>& all) {
  if (value.is_string()) {
    for (wanted_values& each : values_of_template(value.get_string()))
      all.push_back(std::move(each));
  } else if (value.is_object()) {
    for (const auto& each : value.get_object())
      collect(each.value(), all);
  } else if (value.is_array()) {
    for (const json::value& each : value.get_array())
      collect(each, all);
  }
}

} // namespace

exploration_model::exploration_model(const std::vector<compiled_flow>& known,
                                     const steps::registry& steps)
    : steps_(steps) {
  std::map<std::string, bool> is_published;
  for (const compiled_flow& each : known) {
    definition_pointer& chosen = flows_[each.definition->id];
    bool& published = is_published[each.definition->id];
    const bool is_better =
        !chosen || (each.is_published && !published) ||
        (each.is_published == published && each.definition->version > chosen->version);
    if (is_better) {
      chosen = each.definition;
      published = each.is_published;
    }
  }
  for (const auto& [id, flow] : flows_)
    for (const auto& [name, step] : flow->steps)
      if (is_mocked(step))
        mocked_.emplace_back(id, name);
      else if (!is_run_by_interpreter(step) && has_unlimited_way(step))
        unlimited_.emplace_back(id, name);
  for (const auto& [id, flow] : flows_)
    for (const auto& [name, step] : flow->steps)
      want_all_of(id, step);
  for (auto& [origin, all] : wanted_)
    std::stable_sort(all.begin(), all.end(), [](const auto& left, const auto& right) {
      return std::make_pair(left.at.size(), left.is_length) <
             std::make_pair(right.at.size(), right.is_length);
    });
}

const flows::step* exploration_model::find(const std::string& flow, const std::string& step) const {
  const auto found = flows_.find(flow);
  return found == flows_.end() ? nullptr : found->second->find_step(step);
}

bool exploration_model::is_mocked(const flows::step& step) const {
  if (is_run_by_interpreter(step))
    return false;
  const registered_handler* handler = steps_.find(step.type, step.module_identifier);
  return handler == nullptr || handler->effect == step_effect::external;
}

bool exploration_model::needs_mock(const flows::step& step) const {
  return is_mocked(step) && steps_.find(step.type, step.module_identifier) == nullptr;
}

const std::vector<wanted_values>& exploration_model::wanted(const data_origin& origin) const {
  static const std::vector<wanted_values> none;
  const auto found = wanted_.find(origin);
  return found == wanted_.end() ? none : found->second;
}

void exploration_model::want_all_of(const std::string& flow, const flows::step& step) {
  for (const flows::transition& each : step.transitions)
    trace_all(flow, values_of_condition(each.when.text()));
  if (step.fork) {
    if (step.fork->items_path)
      for (wanted_values& each : values_at(step.fork->items_path->text() + ".length", {1, 0, 2}))
        trace(flow, each, 0);
    for (const flows::branch_definition& each : step.fork->branches)
      if (each.condition)
        trace_all(flow, values_of_condition(each.condition->text()));
  }
  if (step.poll) // its conditions see the body of the response
    for (const flows::condition* condition : {&step.poll->success, &step.poll->failure})
      for (const wanted_values& each : values_of_condition(condition->text()))
        trace_output(flow, step, moved_to(joined({"data"}, each.at), each), 0);
  for (const flows::json_path& each : step.required_fields)
    for (wanted_values& what : values_at(each.text(), {json::value("present"), json::value()}))
      trace_output(flow, step, what, 0);
  want_reads_of(flow, step);
}

// What is read without being compared has to be there, and nothing more.
void exploration_model::want_reads_of(const std::string& flow, const flows::step& step) {
  std::vector<wanted_values> all;
  for (const auto& each : member(step.raw, "inputMappings"))
    if (each.value().is_string())
      for (wanted_values& what : values_at(each.value().get_string(), {}))
        all.push_back(std::move(what));
  if (const json::value* literals = step.raw.if_contains("literals"))
    collect(*literals, all);
  if (step.wait)
    collect(json::value(step.wait->correlation_key.text()), all);
  trace_all(flow, all);
}

void exploration_model::trace_all(const std::string& flow, const std::vector<wanted_values>& all) {
  for (const wanted_values& each : all)
    trace(flow, each, 0);
}

// `what` stands in the context of `flow`.
void exploration_model::trace(const std::string& flow, const wanted_values& what, int depth) {
  const value_path& at = what.at;
  if (at.empty() || depth > depth_max || at.size() > path_segments_max)
    return;
  if (at.front() == "currentItem")
    return trace_item(flow, what, depth);
  if (at.front() == "steps_output" && at.size() > 1) {
    const flows::step* step = find(flow, at[1]);
    if (step && !step->outputs_given)
      return trace_output(flow, *step, moved_to({at.begin() + 2, at.end()}, what), depth + 1);
  }
  if (!trace_mapped(flow, what, depth) && at.front() != "flow_variables" &&
      at.front() != "steps_output")
    trace_input(flow, what, depth + 1);
}

bool exploration_model::trace_mapped(const std::string& flow, const wanted_values& what,
                                     int depth) {
  bool is_mapped = false;
  for (const auto& [id, step] : flows_.at(flow)->steps)
    for (const auto& each : member(step.raw, "outputMappings")) {
      if (!each.value().is_string())
        continue;
      const auto rest = rest_behind(segments_of(each.key()), what.at);
      if (!rest)
        continue;
      is_mapped = true;
      const value_path source = joined(segments_of(each.value().get_string()), *rest);
      trace_output(flow, step, moved_to(source, what), depth + 1);
    }
  return is_mapped;
}

void exploration_model::trace_item(const std::string& flow, const wanted_values& what, int depth) {
  for (const auto& [id, step] : flows_.at(flow)->steps) {
    if (!step.fork || !step.fork->items_path)
      continue;
    value_path items = segments_of(step.fork->items_path->text());
    items.emplace_back(any_element);
    const value_path rest(what.at.begin() + 1, what.at.end());
    trace(flow, moved_to(joined(std::move(items), rest), what), depth + 1);
  }
}

// Whoever starts the flow gives it as well.
void exploration_model::trace_input(const std::string& flow, const wanted_values& what, int depth) {
  if (depth > depth_max)
    return;
  want({flow, {}}, what);
  for (const auto& [parent, definition] : flows_)
    for (const auto& [id, step] : definition->steps) {
      if (!step.start || flows::constant_child_flow(step) != flow)
        continue;
      for (const auto& each : member(step.raw, "inputMappings")) {
        const value_path target = segments_of(each.key());
        if (target.empty() || target.front() != "initialContextData" || !each.value().is_string())
          continue;
        const auto rest = rest_behind({target.begin() + 1, target.end()}, what.at);
        if (rest)
          trace(parent, moved_to(joined(segments_of(each.value().get_string()), *rest), what),
                depth + 2);
      }
    }
}

// `what` stands in the output of `step`.
void exploration_model::trace_output(const std::string& flow, const flows::step& step,
                                     const wanted_values& what, int depth) {
  if (depth > depth_max)
    return;
  if (step.wait || is_mocked(step))
    return want({flow, step.id}, what);
  if (step.start && step.start->sync) {
    const std::string child = flows::constant_child_flow(step);
    if (flows_.find(child) != flows_.end())
      trace(child, what, depth + 1);
  } else if (step.module_identifier == "system/array-aggregator") {
    trace_aggregate(flow, step, what, depth);
  } else if (!is_run_by_interpreter(step)) {
    trace_step_input(flow, step, what, depth);
  }
}

// Steps that hand their input on do so name by name; of the others everything that goes in counts.
void exploration_model::trace_step_input(const std::string& flow, const flows::step& step,
                                         const wanted_values& what, int depth) {
  const bool hands_on = step.module_identifier.empty() ||
                        step.module_identifier == "system/compose-object-from-input";
  for (const auto& each : member(step.raw, "inputMappings")) {
    if (!each.value().is_string())
      continue;
    const auto rest = rest_behind(segments_of(each.key()), what.at);
    const std::string source(each.value().get_string());
    if (rest && hands_on)
      for (const wanted_values& one : values_at(source, {}))
        trace(flow, {joined(one.at, *rest), one.is_length || what.is_length, what.values},
              depth + 1);
    else if (!hands_on)
      for (const wanted_values& one : values_at(source, what.values))
        trace(flow, one, depth + 1);
  }
  std::vector<wanted_values> read;
  for (const auto& each : member(step.raw, "literals"))
    if (rest_behind(segments_of(each.key()), what.at))
      collect(each.value(), read);
  for (const wanted_values& each : read)
    trace(flow, {each.at, each.is_length, what.values}, depth + 1);
}

void exploration_model::trace_aggregate(const std::string& flow, const flows::step& step,
                                        const wanted_values& what, int depth) {
  const json::object& literals = member(step.raw, "literals");
  const value_path inside = segments_of(text_member(literals, "path"));
  const std::string array = text_member(member(step.raw, "inputMappings"), "array");
  for (const wanted_values& each : values_at(array, {})) {
    wanted_values traced{each.at, true, what.values};
    if (text_member(literals, "operation") != "count") {
      traced.is_length = false;
      traced.at.emplace_back(any_element);
      traced.at = joined(std::move(traced.at), inside);
    }
    trace(flow, traced, depth + 1);
  }
}

void exploration_model::want(const data_origin& origin, const wanted_values& what) {
  std::vector<wanted_values>& all = wanted_[origin];
  const auto known = std::find_if(all.begin(), all.end(), [&](const wanted_values& each) {
    return each.at == what.at && each.is_length == what.is_length;
  });
  if (known == all.end() && all.size() == places_max)
    return;
  wanted_values& place =
      known == all.end() ? all.emplace_back(wanted_values{what.at, what.is_length, {}}) : *known;
  for (const json::value& each : what.values)
    if (place.values.size() < values_max &&
        std::find(place.values.begin(), place.values.end(), each) == place.values.end())
      place.values.push_back(each);
}

} // namespace millrace::simulation

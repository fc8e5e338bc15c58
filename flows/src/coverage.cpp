// SPDX-License-Identifier: Apache-2.0
#include <millrace/coverage.hpp>

#include "coverage_counts.hpp"

#include <algorithm>

namespace millrace::flows {
namespace {

using lifecycle_type = lifecycle_event::type;

void count_way(step_coverage& step, const lifecycle_event& event) {
  const auto index = static_cast<std::size_t>(std::max(event.transition_index, 0));
  const std::size_t known =
      std::max(event.conditions.size(), event.way == flow_way::transition ? index + 1 : 0);
  if (step.transitions.size() < known)
    step.transitions.resize(known);
  for (std::size_t i = 0; i < event.conditions.size(); ++i)
    add_count(event.conditions[i] ? step.transitions[i].held : step.transitions[i].not_held, 1);
  switch (event.way) {
  case flow_way::transition: add_count(step.transitions[index].taken, 1); return;
  case flow_way::default_next: add_count(step.default_taken, 1); return;
  case flow_way::end: add_count(step.ended, 1); return;
  default: return;
  }
}

void add(step_coverage& to, const step_coverage& from) {
  add_count(to.begun, from.begun);
  add_count(to.entered, from.entered);
  add_count(to.retried, from.retried);
  add_count(to.default_taken, from.default_taken);
  add_count(to.fallback_taken, from.fallback_taken);
  add_count(to.ended, from.ended);
  if (to.transitions.size() < from.transitions.size())
    to.transitions.resize(from.transitions.size());
  for (std::size_t i = 0; i < from.transitions.size(); ++i) {
    add_count(to.transitions[i].taken, from.transitions[i].taken);
    add_count(to.transitions[i].held, from.transitions[i].held);
    add_count(to.transitions[i].not_held, from.transitions[i].not_held);
  }
  for (const auto& [id, count] : from.branches)
    add_count(to.branches[id], count);
  for (const auto& [id, count] : from.children)
    add_count(to.children[id], count);
}

std::string text_member(const json::object& from, std::string_view name) {
  const json::value* value = from.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::uint64_t gone(const graph_edge& edge, const step_coverage& step) {
  switch (edge.kind) {
  case graph_edge_kind::transition:
    return edge.index < step.transitions.size() ? step.transitions[edge.index].taken : 0;
  case graph_edge_kind::default_next: return step.default_taken;
  case graph_edge_kind::fallback: return step.fallback_taken;
  case graph_edge_kind::branch: {
    const auto runs = step.branches.find(edge.label);
    return runs == step.branches.end() ? 0 : runs->second;
  }
  case graph_edge_kind::child: return sum_of(step.children);
  case graph_edge_kind::start: break;
  }
  return 0;
}

} // namespace

void add_count(std::uint64_t& to, std::uint64_t more) noexcept {
  to = std::min(count_max, to + std::min(count_max, more));
}

std::uint64_t sum_of(const std::map<std::string, std::uint64_t, std::less<>>& counts) noexcept {
  std::uint64_t sum = 0;
  for (const auto& [id, count] : counts)
    add_count(sum, count);
  return sum;
}

step_coverage& coverage::step_of(const lifecycle_event& event) {
  return flows_[{event.flow_definition_id, event.flow_definition_version}][event.step_instance_id];
}

void coverage::hear(const lifecycle_event& event) {
  switch (event.what) {
  case lifecycle_type::step_entered: {
    step_coverage& step = step_of(event);
    add_count(step.entered, 1);
    add_count(step.begun, event.way == flow_way::start ? 1 : 0);
    return;
  }
  case lifecycle_type::step_left: return count_way(step_of(event), event);
  case lifecycle_type::step_retrying: return add_count(step_of(event).retried, 1);
  case lifecycle_type::step_failed:
    if (event.way == flow_way::fallback)
      add_count(step_of(event).fallback_taken, 1);
    return;
  case lifecycle_type::branch_started:
    return add_count(step_of(event).branches[event.branch_id], 1);
  case lifecycle_type::execution_accepted: {
    // Told of the child; the parent is in the start.
    const std::string parent = text_member(event.detail, "parentFlowDefinitionId");
    const json::value* version = event.detail.if_contains("parentFlowDefinitionVersion");
    if (!parent.empty() && version && version->is_int64())
      add_count(
          flows_[{parent, version->get_int64()}][text_member(event.detail, "parentStepInstanceId")]
              .children[event.flow_definition_id],
          1);
    return;
  }
  default: return; // tells nothing that is counted
  }
}

void coverage::merge(const coverage& other) {
  if (&other == this)
    return merge(coverage(other));
  for (const auto& [flow, steps] : other.flows_) {
    step_counts& mine = flows_[flow];
    for (const auto& [id, step] : steps)
      add(mine[id], step);
  }
}

const step_coverage* coverage::find(std::string_view flow_definition_id, std::int64_t version,
                                    std::string_view step_instance_id) const {
  const auto flow = flows_.find({std::string(flow_definition_id), version});
  if (flow == flows_.end())
    return nullptr;
  const auto step = flow->second.find(step_instance_id);
  return step == flow->second.end() ? nullptr : &step->second;
}

graph_marks mark_coverage(const flow_graph& graph, const coverage& counts) {
  std::vector<node_mark> nodes(graph.nodes.size());
  std::vector<const step_coverage*> steps(graph.nodes.size(), nullptr);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (graph.nodes[i].kind == graph_node_kind::step)
      steps[i] = counts.find(graph.flow_definition_id, graph.version, graph.nodes[i].id);
    if (steps[i])
      nodes[i].count = steps[i]->entered;
  }
  graph_marks marks;
  for (const graph_edge& edge : graph.edges) {
    std::uint64_t count = 0;
    if (edge.kind == graph_edge_kind::start)
      count = steps[edge.to] ? steps[edge.to]->begun : 0;
    else if (steps[edge.from])
      count = gone(edge, *steps[edge.from]);
    if (edge.kind == graph_edge_kind::child)
      add_count(nodes[edge.to].count, count);
    marks.edges.emplace_back(count);
  }
  marks.nodes.assign(nodes.begin(), nodes.end());
  return marks;
}

} // namespace millrace::flows

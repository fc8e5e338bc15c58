// SPDX-License-Identifier: Apache-2.0
#include <millrace/flow_graph.hpp>
#include <millrace/start_points.hpp>

#include <algorithm>
#include <unordered_map>

namespace millrace::flows {
namespace {

constexpr std::string_view flow_id_member = "flowDefinitionId";

const json::object* object_member(const json::object& from, std::string_view name) {
  const json::value* value = from.if_contains(name);
  return value ? value->if_object() : nullptr;
}

// A text that every execution renders to itself: neither a template nor a path.
std::string constant_text(const json::value& value) {
  if (!value.is_string())
    return {};
  const std::string_view text = value.get_string();
  if (text.starts_with("$.") || !text_template::compile(text).is_plain())
    return {};
  return std::string(text);
}

class builder {
public:
  explicit builder(const flow_definition& definition) : definition_(definition) {
    graph_.flow_definition_id = definition.id;
    graph_.version = definition.version;
  }

  flow_graph build() {
    graph_.nodes.push_back({graph_node_kind::begin, {}, {}, {}});
    number_steps();
    connect(0, graph_edge_kind::start, definition_.start_step_instance_id);
    for (const auto& [id, each] : definition_.steps)
      if (is_start_point(each.type) && id != definition_.start_step_instance_id)
        connect(0, graph_edge_kind::start, id);
    for (std::size_t from = 1; from <= order_.size(); ++from)
      add_ways_of(from, *order_[from - 1]);
    return std::move(graph_);
  }

private:
  void meet(std::string_view id) {
    const step* found = definition_.find_step(id);
    if (!found || !number_of_.emplace(found->id, graph_.nodes.size()).second)
      return;
    order_.push_back(found);
    graph_.nodes.push_back({graph_node_kind::step, found->id, found->type, found->display_name});
  }

  void number_steps() {
    meet(definition_.start_step_instance_id);
    for (std::size_t next = 0; next < order_.size(); ++next)
      meet_followers(*order_[next]);
    for (const auto& [id, each] : definition_.steps) {
      const std::size_t known = order_.size();
      meet(id);
      for (std::size_t next = known; next < order_.size(); ++next)
        meet_followers(*order_[next]);
    }
  }

  void meet_followers(const step& of) {
    for (const transition& each : of.transitions)
      meet(each.next_step_instance_id);
    meet(of.default_next);
    meet(of.on_error.fallback_step_instance_id);
    if (of.fork)
      for (const branch_definition& each : of.fork->branches)
        meet(each.step_instance_id);
  }

  void add_ways_of(std::size_t from, const step& of) {
    for (std::size_t i = 0; i < of.transitions.size(); ++i)
      connect(from, graph_edge_kind::transition, of.transitions[i].next_step_instance_id, i,
              of.transitions[i].when.text());
    connect(from, graph_edge_kind::default_next, of.default_next);
    connect(from, graph_edge_kind::fallback, of.on_error.fallback_step_instance_id);
    if (of.fork)
      for (std::size_t i = 0; i < of.fork->branches.size(); ++i)
        connect(from, graph_edge_kind::branch, of.fork->branches[i].step_instance_id, i,
                of.fork->branches[i].branch_id);
    if (of.start)
      graph_.edges.push_back({graph_edge_kind::child, from, child_node(from, of), 0,
                              of.start->sync ? "calls" : "starts"});
  }

  // A compiled definition refers to no step that is missing; an empty id is no reference.
  void connect(std::size_t from, graph_edge_kind kind, std::string_view to, std::size_t index = 0,
               std::string_view label = {}) {
    const auto target = number_of_.find(to);
    if (target != number_of_.end())
      graph_.edges.push_back({kind, from, target->second, index, std::string(label)});
  }

  // One node a flow; a step that chooses its child by data has one of its own.
  std::size_t child_node(std::size_t from, const step& starter) {
    const std::string flow = constant_child_flow(starter);
    const std::string key = flow.empty() ? ' ' + std::to_string(from) : '=' + flow;
    const auto [known, is_new] = child_of_.emplace(key, graph_.nodes.size());
    if (is_new)
      graph_.nodes.push_back({graph_node_kind::child, flow, {}, {}});
    return known->second;
  }

  const flow_definition& definition_;
  flow_graph graph_;
  std::vector<const step*> order_; ///< the step of node n is order_[n - 1]
  std::unordered_map<std::string_view, std::size_t> number_of_;
  std::unordered_map<std::string, std::size_t> child_of_;
};

} // namespace

const char* to_string(graph_edge_kind kind) noexcept {
  switch (kind) {
  case graph_edge_kind::start: return "start";
  case graph_edge_kind::transition: return "transition";
  case graph_edge_kind::default_next: return "default";
  case graph_edge_kind::fallback: return "fallback";
  case graph_edge_kind::branch: return "branch";
  case graph_edge_kind::child: return "child";
  }
  return "";
}

flow_graph make_flow_graph(const flow_definition& definition) {
  return builder(definition).build();
}

// The order of precedence is that of the start input: the step's own field, literals, mappings,
// customConfig.
std::string constant_child_flow(const step& starter) {
  if (starter.start && starter.start->flow_definition_id) {
    const text_template& own = *starter.start->flow_definition_id;
    return own.is_plain() ? own.text() : std::string();
  }
  for (const char* section : {"literals", "inputMappings", "customConfig"}) {
    const json::object* members = object_member(starter.raw, section);
    const json::value* given = members ? members->if_contains(flow_id_member) : nullptr;
    if (given)
      return section == std::string_view("inputMappings") ? std::string() : constant_text(*given);
  }
  return {};
}

} // namespace millrace::flows

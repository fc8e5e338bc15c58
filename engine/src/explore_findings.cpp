// SPDX-License-Identifier: Apache-2.0
#include "explore_findings.hpp"

#include <millrace/flow_graph.hpp>

#include <algorithm>
#include <tuple>

namespace millrace::simulation {
namespace {

using flows::flow_graph;
using flows::graph_edge;
using flows::graph_edge_kind;
using step_key = std::pair<std::string, std::string>;

// What can be reached from `from` without starting flows; `from` itself only by a circle.
std::set<std::size_t> reached_from(const flow_graph& graph, std::size_t from) {
  std::set<std::size_t> reached;
  std::vector<std::size_t> open{from};
  while (!open.empty()) {
    const std::size_t node = open.back();
    open.pop_back();
    for (const graph_edge& edge : graph.edges)
      if (edge.from == node && edge.kind != graph_edge_kind::child &&
          reached.insert(edge.to).second)
        open.push_back(edge.to);
  }
  return reached;
}

/// One flow and what was seen of it.
class judgement {
public:
  judgement(const exploration_model& model, const std::string& flow, const search_result& seen,
            std::vector<finding>& findings)
      : definition_(*model.flows().at(flow)), flow_(flow), graph_(make_flow_graph(definition_)),
        seen_(seen), findings_(findings) {}

  void judge() {
    judge_steps();
    for (const auto& [failure, run] : seen_.stopped)
      if (failure.flow == flow_ && failure.by_limit)
        judge_loop(failure.step, run, "only the transition limit ends this loop");
    for (const auto& [at, run] : seen_.endless)
      if (at.first == flow_)
        judge_loop(at.second, run, "this loop does not end");
    for (const auto& [failure, run] : seen_.stopped)
      if (failure.flow == flow_ && failure.by_budget)
        judge_children(failure.step, run);
    for (const auto& [at, run] : seen_.stuck)
      if (at.first == flow_)
        add(finding_kind::endless_wait, finding_severity::defect, at.second, "",
            "neither its event nor its time-out ends this wait", run);
    for (const auto& [failure, run] : seen_.unhandled)
      if (failure.flow == flow_ && !failure.by_limit && !failure.by_budget)
        add(finding_kind::unhandled_failure, finding_severity::notice, failure.step, "",
            "a " + failure.error_name + " fails the execution: there is no fallback for it", run);
  }

private:
  [[nodiscard]] std::optional<std::size_t> run_with(const std::string& feature) const {
    const auto found = seen_.first_with.find(feature);
    if (found == seen_.first_with.end())
      return std::nullopt;
    return found->second;
  }
  [[nodiscard]] std::string name(const std::string& step) const { return flow_ + '/' + step; }

  void add(finding_kind kind, finding_severity severity, const std::string& step,
           const std::string& pointer, std::string message, std::optional<std::size_t> run) {
    findings_.push_back({kind, severity, flow_, step, "/steps/" + step + pointer,
                         std::move(message), run ? static_cast<std::int64_t>(*run) : -1});
  }

  void judge_steps() {
    const auto reached = reached_from(graph_, 0);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const flows::graph_node& node = graph_.nodes[i];
      if (node.kind != flows::graph_node_kind::step)
        continue;
      const flows::step* step = definition_.find_step(node.id);
      if (!step)
        continue;
      if (reached.count(i) == 0)
        add(finding_kind::unreachable_step, finding_severity::defect, node.id, "",
            "nothing leads to this step", {});
      else if (!run_with("entered " + name(node.id)))
        add(finding_kind::not_reached, finding_severity::doubt, node.id, "",
            "no run reached this step", {});
      else
        judge_ways(*step);
    }
  }

  void judge_ways(const flows::step& step) {
    const auto end = run_with("end " + name(step.id));
    if (end && !step.transitions.empty() && step.default_next.empty())
      add(finding_kind::dead_end, finding_severity::defect, step.id, "/transitions",
          "a path ends here because none of the transitions held and there is no default", end);
    for (std::size_t i = 0; i < step.transitions.size(); ++i) {
      const std::string which = name(step.id) + ' ' + std::to_string(i);
      const auto held = run_with("held " + which);
      const auto not_held = run_with("not held " + which);
      const std::string pointer = "/transitions/" + std::to_string(i) + "/condition";
      const std::string& text = step.transitions[i].when.text();
      if (!held && not_held)
        add(finding_kind::never_true, finding_severity::doubt, step.id, pointer,
            "never true: " + text, not_held);
      else if (held && !not_held)
        add(finding_kind::never_false, finding_severity::doubt, step.id, pointer,
            "never false: " + text, held);
    }
  }

  // Whether some run went out of the loop that the step is in, other than by failing.
  [[nodiscard]] bool was_left(std::size_t node) const {
    const auto ahead = reached_from(graph_, node);
    const auto is_inside = [&](std::size_t other) {
      return other == node ||
             (ahead.count(other) != 0 && reached_from(graph_, other).count(node) != 0);
    };
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i)
      if (is_inside(i) && run_with("end " + name(graph_.nodes[i].id)))
        return true;
    return std::any_of(graph_.edges.begin(), graph_.edges.end(), [&](const graph_edge& edge) {
      if (!is_inside(edge.from) || is_inside(edge.to))
        return false;
      const std::string from = name(graph_.nodes[edge.from].id);
      return (edge.kind == graph_edge_kind::transition &&
              run_with("took " + from + ' ' + std::to_string(edge.index))) ||
             (edge.kind == graph_edge_kind::default_next && run_with("default " + from));
    });
  }

  void judge_loop(const std::string& step, std::size_t run, const std::string& message) {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i)
      if (graph_.nodes[i].kind == flows::graph_node_kind::step && graph_.nodes[i].id == step) {
        const bool can_end = was_left(i);
        add(finding_kind::endless_loop,
            can_end ? finding_severity::notice : finding_severity::defect, step, "",
            can_end ? message + " when the answers never let it end" : message, run);
      }
  }

  // Where some execution of the flow came to its end without the start, data can end the chain.
  void judge_children(const std::string& step, std::size_t run) {
    bool can_end = false;
    for (const auto& [id, other] : definition_.steps) {
      const auto begin = std::find_if(graph_.nodes.begin(), graph_.nodes.end(),
                                      [&](const auto& node) { return node.id == step; });
      const auto here = static_cast<std::size_t>(begin - graph_.nodes.begin());
      const auto there =
          std::find_if(graph_.nodes.begin(), graph_.nodes.end(),
                       [&, wanted = id](const auto& node) { return node.id == wanted; });
      const auto number = static_cast<std::size_t>(there - graph_.nodes.begin());
      const bool is_before = reached_from(graph_, number).count(here) != 0;
      can_end = can_end || (is_before && leads_past(number, here));
    }
    add(finding_kind::unbounded_children,
        can_end ? finding_severity::notice : finding_severity::defect, step, "",
        can_end ? "this step starts flows without end when the answers never let it stop"
                : "this step starts flows without end",
        run);
  }

  // Whether a run left `node` for something from which `step` cannot be reached any more.
  [[nodiscard]] bool leads_past(std::size_t node, std::size_t step) const {
    const std::string from = name(graph_.nodes[node].id);
    if (node != step && run_with("end " + from))
      return true;
    return std::any_of(graph_.edges.begin(), graph_.edges.end(), [&](const graph_edge& edge) {
      if (edge.from != node || edge.to == step || reached_from(graph_, edge.to).count(step) != 0)
        return false;
      // From the start itself only out of a loop: else it has started already.
      if (node == step && reached_from(graph_, step).count(step) == 0)
        return false;
      return (edge.kind == graph_edge_kind::transition &&
              run_with("took " + from + ' ' + std::to_string(edge.index))) ||
             (edge.kind == graph_edge_kind::default_next && run_with("default " + from));
    });
  }

  const flows::flow_definition& definition_;
  const std::string& flow_;
  flow_graph graph_;
  const search_result& seen_;
  std::vector<finding>& findings_;
};

} // namespace

std::vector<finding> judge(const exploration_model& model, const std::vector<std::string>& explored,
                           const search_result& seen) {
  std::vector<finding> findings;
  for (const std::string& flow : explored)
    judgement(model, flow, seen, findings).judge();
  std::stable_sort(findings.begin(), findings.end(), [](const finding& left, const finding& right) {
    return std::tie(left.severity, left.flow_definition_id, left.step_instance_id, left.kind) <
           std::tie(right.severity, right.flow_definition_id, right.step_instance_id, right.kind);
  });
  return findings;
}

} // namespace millrace::simulation

// SPDX-License-Identifier: Apache-2.0
//
// Marks an execution's path on the graph of its flow.
#include <millrace/flow_graph.hpp>

#include <map>
#include <unordered_map>
#include <utility>

namespace millrace::flows {
namespace {

/// One graph, one path.
class path_marker {
public:
  path_marker(const flow_graph& graph, const walked_path& path) : graph_(graph), path_(path) {
    marks_.nodes.resize(graph.nodes.size());
    marks_.edges.resize(graph.edges.size());
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
      if (graph.nodes[i].kind == graph_node_kind::step)
        number_of_.emplace(graph.nodes[i].id, i);
  }

  graph_marks mark() {
    reach();
    mark_main_path();
    mark_branches();
    mark_place(path_.failed_step, &node_mark::failed);
    mark_place(path_.waiting_step, &node_mark::waiting);
    for (std::size_t i = 0; i < graph_.edges.size(); ++i)
      mark_edge(i);
    return std::move(marks_);
  }

private:
  // What the main path can come to has a mark; edges stand by the node they leave, so that one look
  // at those of each node is enough.
  void reach() {
    std::vector<std::vector<std::size_t>> next(graph_.nodes.size());
    for (const graph_edge& edge : graph_.edges)
      if (edge.kind != graph_edge_kind::branch && edge.kind != graph_edge_kind::child)
        next[edge.from].push_back(edge.to);
    std::vector<std::size_t> open{0};
    marks_.nodes[0] = node_mark{path_.steps.empty() ? 0u : 1u, false, false};
    while (!open.empty()) {
      const std::size_t at = open.back();
      open.pop_back();
      for (const std::size_t to : next[at])
        if (!marks_.nodes[to]) {
          marks_.nodes[to].emplace();
          open.push_back(to);
        }
    }
  }

  node_mark* mark_of(const std::string& step) {
    const auto found = number_of_.find(step);
    if (found == number_of_.end())
      return nullptr;
    std::optional<node_mark>& mark = marks_.nodes[found->second];
    return mark ? &*mark : &mark.emplace();
  }

  void mark_main_path() {
    std::size_t before = 0; // the beginning
    for (const std::string& id : path_.steps) {
      node_mark* entered = mark_of(id);
      if (!entered)
        continue;
      ++entered->count;
      const std::size_t here = number_of_.at(id);
      ++followed_[{before, here}];
      before = here;
    }
  }

  void mark_branches() {
    if (!path_.branch_steps.empty())
      for (std::size_t i = 1; i < graph_.nodes.size(); ++i)
        if (graph_.nodes[i].kind == graph_node_kind::step && !marks_.nodes[i])
          marks_.nodes[i].emplace();
    for (const std::string& id : path_.branch_steps)
      if (node_mark* entered = mark_of(id))
        ++entered->count;
  }

  void mark_place(const std::string& step, bool node_mark::*what) {
    if (node_mark* here = step.empty() ? nullptr : mark_of(step))
      here->*what = true;
  }

  void mark_edge(std::size_t index) {
    const graph_edge& edge = graph_.edges[index];
    const std::optional<node_mark>& from = marks_.nodes[edge.from];
    if (!from)
      return;
    if (edge.kind == graph_edge_kind::child) {
      // A step that was entered and did not fail has started its flow.
      const std::uint64_t lost = from->failed && from->count != 0 ? 1 : 0;
      marks_.edges[index] = from->count - lost;
      std::optional<node_mark>& child = marks_.nodes[edge.to];
      (child ? *child : child.emplace()).count += from->count - lost;
    } else if (edge.kind == graph_edge_kind::branch) {
      if (marks_.nodes[edge.to] && (from->count == 0 || marks_.nodes[edge.to]->count != 0))
        marks_.edges[index] = from->count == 0 ? 0 : marks_.nodes[edge.to]->count;
    } else if (const auto gone = followed_.find({edge.from, edge.to}); gone != followed_.end()) {
      marks_.edges[index] = gone->second;
    } else if (path_.branch_steps.empty() || from->count == 0) {
      marks_.edges[index] = 0;
    }
  }

  const flow_graph& graph_;
  const walked_path& path_;
  graph_marks marks_;
  std::unordered_map<std::string_view, std::size_t> number_of_;
  std::map<std::pair<std::size_t, std::size_t>, std::uint64_t> followed_;
};

} // namespace

graph_marks mark_path(const flow_graph& graph, const walked_path& path) {
  return path_marker(graph, path).mark();
}

} // namespace millrace::flows

// SPDX-License-Identifier: Apache-2.0
//
// A flow as a graph, for drawing it and for saying what of it was run: steps, every way by which
// one leads to another, the flows that steps start. Drawings are texts; the same graph and marks
// give the same text.
#pragma once

#include <millrace/definition.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::flows {

/// What a node of a graph is.
enum class graph_node_kind : std::uint8_t {
  begin, ///< where executions begin; always the first node
  step,  ///< a step instance
  child, ///< a flow that a step starts or calls
};

/// By what one node leads to another.
enum class graph_edge_kind : std::uint8_t {
  start,        ///< from the beginning to the start step
  transition,   ///< `index` into the step's transitions, `label` is the condition
  default_next, ///< the default transition
  fallback,     ///< onError.fallbackStepInstanceId
  branch,       ///< from a fork to the first step of a branch; `index` into its branch templates,
                ///< `label` is the branchId. Where a branch ends, the fork goes on.
  child,        ///< from a step to the flow that it starts; `label` is "starts" or "calls"
};

/// "start", "transition", "default", "fallback", "branch" or "child".
[[nodiscard]] const char* to_string(graph_edge_kind kind) noexcept;

/// A node.
struct graph_node {
  graph_node_kind kind = graph_node_kind::step;
  /// Step instance id; of a child its flow id, empty when only the execution's data say it.
  std::string id;
  std::string type; ///< stepType; empty for other kinds
  std::string name; ///< displayName; may be empty
};

/// An edge; `from` and `to` are indices of nodes.
struct graph_edge {
  graph_edge_kind kind = graph_edge_kind::transition;
  std::size_t from = 0;
  std::size_t to = 0;
  std::size_t index = 0;
  std::string label;
};

/// The graph of one flow version. Steps stand in the order in which they are met from the start
/// step (breadth first), then, by id, those that nothing leads to; every node's edges stand
/// together, in the order in which the interpreter looks at them.
struct flow_graph {
  std::string flow_definition_id;
  std::int64_t version = 0;
  std::vector<graph_node> nodes;
  std::vector<graph_edge> edges;
};

/// The graph of `definition`. Linear in its size. Thread-safe.
[[nodiscard]] flow_graph make_flow_graph(const flow_definition& definition);

/// The flow that a START_FLOW_EXECUTION step starts; empty when only the execution's data say it.
[[nodiscard]] std::string constant_child_flow(const step& starter);

/// What is known of a node.
struct node_mark {
  std::uint64_t count = 0; ///< times entered; of a child, times started
  bool failed = false;     ///< an execution failed here
  bool waiting = false;    ///< an execution stands here
};

/// What is known of the nodes and edges of one graph, by their indices; nothing: not known.
struct graph_marks {
  std::vector<std::optional<node_mark>> nodes;
  std::vector<std::optional<std::uint64_t>> edges; ///< times gone
};

/// An execution as far as drawing needs it.
struct walked_path {
  std::vector<std::string> steps;        ///< of the main path, in the order they were entered
  std::vector<std::string> branch_steps; ///< of branches, in any order; empty: not known
  std::string failed_step;               ///< empty: none
  std::string waiting_step;              ///< empty: none
};

/// The marks of an execution. An edge counts when its ends follow one another on the main path;
/// where several edges join the same two steps, all of them do: the path does not tell them apart.
/// What only branches reach is marked as far as `branch_steps` tells.
[[nodiscard]] graph_marks mark_path(const flow_graph& graph, const walked_path& path);

/// Mermaid text ("flowchart TD"). `marks` may be null. Source: https://mermaid.js.org, flowchart
/// syntax.
[[nodiscard]] std::string to_mermaid(const flow_graph& graph, const graph_marks* marks = nullptr);
/// Graphviz text (a digraph). Source: https://graphviz.org/doc/info/lang.html.
[[nodiscard]] std::string to_dot(const flow_graph& graph, const graph_marks* marks = nullptr);
/// A whole SVG 1.1 image, laid out in layers, without scripts and without references to anything
/// outside.
[[nodiscard]] std::string to_svg(const flow_graph& graph, const graph_marks* marks = nullptr);

} // namespace millrace::flows

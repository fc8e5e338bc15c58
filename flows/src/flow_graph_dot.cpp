// SPDX-License-Identifier: Apache-2.0
//
// Graphviz: nodes have names of ours; words of the flow stand in quoted strings, in which Graphviz
// reads backslashes and HTML entities, so both are escaped.
#include "flow_graph_text.hpp"

namespace millrace::flows {
namespace {

using namespace drawing;

std::string dot_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += '\\';
    if (c == '&')
      out += "&amp;";
    else
      out += c;
  }
  return out;
}

const char* shape_of(graph_node_kind kind) {
  switch (kind) {
  case graph_node_kind::begin: return "oval";
  case graph_node_kind::child: return "component";
  case graph_node_kind::step: break;
  }
  return "box";
}

std::string node_attributes(const flow_graph& graph, std::size_t index, const graph_marks* marks) {
  const graph_node& node = graph.nodes[index];
  const node_mark* mark = mark_of_node(marks, index);
  std::string label;
  for (const std::string& line : node_lines(node, mark))
    label += (label.empty() ? "" : "\\n") + dot_text(line);
  const bool is_begin = node.kind == graph_node_kind::begin;
  const node_state state = is_begin ? node_state::plain : state_of(mark);
  const node_colours colours = colours_of(state);
  return "label=\"" + label + "\", shape=" + shape_of(node.kind) + ", style=\"filled" +
         (state == node_state::missed ? ",dashed" : "") + "\", fillcolor=\"" + colours.fill +
         "\", color=\"" + colours.border + '"';
}

const char* style_of(graph_edge_kind kind) {
  switch (kind) {
  case graph_edge_kind::fallback: return "dashed";
  case graph_edge_kind::child: return "dotted";
  case graph_edge_kind::branch: return "bold";
  default: return "solid";
  }
}

} // namespace

std::string to_dot(const flow_graph& graph, const graph_marks* marks) {
  std::string out = "digraph flow {\n  node [fontname=\"sans-serif\", fontsize=11];\n"
                    "  edge [fontname=\"sans-serif\", fontsize=10];\n";
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    out += "  n" + std::to_string(i) + " [" + node_attributes(graph, i, marks) + "];\n";
  for (std::size_t i = 0; i < graph.edges.size(); ++i) {
    const graph_edge& edge = graph.edges[i];
    const std::uint64_t* count = count_of_edge(marks, i);
    out += "  n" + std::to_string(edge.from) + " -> n" + std::to_string(edge.to) + " [label=\"" +
           dot_text(edge_label(edge, count)) + "\", style=" + style_of(edge.kind) + ", color=\"" +
           colour_of_edge(count) + "\"];\n";
  }
  return out + "}\n";
}

} // namespace millrace::flows

// SPDX-License-Identifier: Apache-2.0
//
// Mermaid: nodes have names of ours (n0, n1...); words of the flow stand in quotes only, and every
// character that could mean something to Mermaid, to Markdown or to HTML is a numeric entity.
#include "flow_graph_text.hpp"

#include <algorithm>
#include <cctype>

namespace millrace::flows {
namespace {

using namespace drawing;

constexpr std::string_view harmless = " ._-:,$=/()+?!";

// How many characters at the beginning would make Markdown take the line for one of a list.
std::size_t list_mark(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == text.size())
    return 0;
  const bool numbered = digits != 0 && (text[digits] == '.' || text[digits] == ')');
  const bool bullet = digits == 0 && (text[0] == '-' || text[0] == '+');
  return numbered || bullet ? digits + 1 : 0;
}

std::string mermaid_text(std::string_view text) {
  std::string out;
  const std::size_t hidden = list_mark(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool plain = byte >= 0x80 || std::isalnum(byte) != 0 ||
                       (i >= hidden && harmless.find(text[i]) != std::string_view::npos);
    if (plain)
      out += text[i];
    else
      out += '#' + std::to_string(byte) + ';';
  }
  return out;
}

std::string node_text(const flow_graph& graph, std::size_t index, const graph_marks* marks) {
  const graph_node& node = graph.nodes[index];
  std::string text;
  for (const std::string& line : node_lines(node, mark_of_node(marks, index)))
    text += (text.empty() ? "" : "<br/>") + mermaid_text(line);
  const std::string name = "n" + std::to_string(index);
  switch (node.kind) {
  case graph_node_kind::begin: return name + "([\"" + text + "\"])";
  case graph_node_kind::child: return name + "[[\"" + text + "\"]]";
  case graph_node_kind::step: break;
  }
  return name + "[\"" + text + "\"]";
}

const char* arrow_of(graph_edge_kind kind) {
  switch (kind) {
  case graph_edge_kind::fallback:
  case graph_edge_kind::child: return "-.->";
  case graph_edge_kind::branch: return "==>";
  default: return "-->";
  }
}

const char* class_of(node_state state) {
  switch (state) {
  case node_state::exercised: return "exercised";
  case node_state::missed: return "missed";
  case node_state::failed: return "failed";
  case node_state::waiting: return "waiting";
  case node_state::plain: break;
  }
  return "";
}

void add_styles(const flow_graph& graph, const graph_marks& marks, std::string& out) {
  for (const node_state state :
       {node_state::exercised, node_state::missed, node_state::failed, node_state::waiting}) {
    std::string members;
    for (std::size_t i = 1; i < graph.nodes.size(); ++i)
      if (state_of(mark_of_node(&marks, i)) == state)
        members += (members.empty() ? "n" : ",n") + std::to_string(i);
    if (members.empty())
      continue;
    const node_colours colours = colours_of(state);
    out += std::string("  classDef ") + class_of(state) + " fill:" + colours.fill +
           ",stroke:" + colours.border + ",color:#1f2328" +
           (state == node_state::missed ? ",stroke-dasharray:4 3" : "") + "\n  class " + members +
           ' ' + class_of(state) + '\n';
  }
  for (std::size_t i = 0; i < graph.edges.size(); ++i)
    out += "  linkStyle " + std::to_string(i) +
           " stroke:" + colour_of_edge(count_of_edge(&marks, i)) + '\n';
}

} // namespace

std::string to_mermaid(const flow_graph& graph, const graph_marks* marks) {
  std::string out = "flowchart TD\n";
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    out += "  " + node_text(graph, i, marks) + '\n';
  for (std::size_t i = 0; i < graph.edges.size(); ++i) {
    const graph_edge& edge = graph.edges[i];
    const std::string label = edge_label(edge, count_of_edge(marks, i));
    out += "  n" + std::to_string(edge.from) + ' ' + arrow_of(edge.kind);
    if (!label.empty())
      out += "|\"" + mermaid_text(label) + "\"|";
    out += " n" + std::to_string(edge.to) + '\n';
  }
  if (marks)
    add_styles(graph, *marks, out);
  return out;
}

} // namespace millrace::flows

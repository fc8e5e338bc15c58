// SPDX-License-Identifier: Apache-2.0
#include "flow_graph_text.hpp"

#include "utf8.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace millrace::flows::drawing {
namespace {

constexpr std::uint32_t replacement = 0xFFFD;
constexpr std::uint32_t ellipsis = 0x2026;

// Ranges of code points that do not belong into a drawing.
constexpr std::array<std::pair<std::uint32_t, std::uint32_t>, 8> unwanted{{
    {0x00, 0x1F},     // C0 controls
    {0x7F, 0x9F},     // DEL and C1 controls
    {0x200B, 0x200F}, // invisible, marks of direction
    {0x2028, 0x202E}, // line separators, embeddings of direction
    {0x2060, 0x2069}, // invisible, isolates of direction
    {0xFEFF, 0xFEFF}, // byte order mark
    {0xFFF9, 0xFFFB}, // interlinear annotation
    {0xFFFE, 0xFFFF}, // forbidden in XML
}};

bool is_wanted(std::uint32_t point) {
  return std::none_of(unwanted.begin(), unwanted.end(), [point](const auto& range) {
    return point >= range.first && point <= range.second;
  });
}

std::uint32_t shown(std::string_view text, std::size_t& at) {
  if (utf8::length_at(text.substr(at)) == 0) {
    ++at;
    return replacement;
  }
  const std::uint32_t point = utf8::next(text, at);
  if (point == '\t' || point == '\n' || point == '\r')
    return ' ';
  return is_wanted(point) ? point : replacement;
}

std::string times(std::uint64_t count) {
  return count == 1 ? "once" : std::to_string(count) + " times";
}

} // namespace

std::string one_line(std::string_view text, std::size_t points_max) {
  std::string line;
  std::size_t last = 0; // where the last code point that may stay begins
  std::size_t points = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (points == points_max) {
      line.resize(last);
      utf8::append(line, ellipsis);
      return line;
    }
    last = line.size();
    utf8::append(line, shown(text, at));
    ++points;
  }
  return line;
}

std::vector<std::string> node_lines(const graph_node& node, const node_mark* mark,
                                    std::size_t points_max) {
  std::vector<std::string> lines;
  const std::string id = one_line(node.id, points_max);
  if (node.kind == graph_node_kind::child)
    lines.push_back(node.id.empty() ? "a flow chosen by data" : "flow " + id);
  else if (node.kind == graph_node_kind::begin)
    lines.emplace_back("start");
  else {
    if (!node.name.empty() && node.name != node.id)
      lines.push_back(one_line(node.name, points_max));
    lines.push_back(id);
    lines.push_back(one_line(node.type, points_max));
  }
  if (!mark || node.kind == graph_node_kind::begin)
    return lines;
  const bool is_child = node.kind == graph_node_kind::child;
  if (mark->count != 0)
    lines.push_back((is_child ? "started " : "entered ") + times(mark->count));
  if (mark->failed)
    lines.emplace_back("failed here");
  if (mark->waiting)
    lines.emplace_back("waiting here");
  if (mark->count == 0 && !mark->failed && !mark->waiting)
    lines.emplace_back(is_child ? "not started" : "not entered");
  return lines;
}

std::string edge_label(const graph_edge& edge, const std::uint64_t* count, std::size_t points_max) {
  std::string label;
  switch (edge.kind) {
  case graph_edge_kind::start: break;
  case graph_edge_kind::transition:
    label = std::to_string(edge.index) + ": " + one_line(edge.label, points_max);
    break;
  case graph_edge_kind::branch: label = "branch " + one_line(edge.label, points_max); break;
  case graph_edge_kind::child: label = edge.label; break;
  case graph_edge_kind::default_next:
  case graph_edge_kind::fallback: label = to_string(edge.kind); break;
  }
  if (count && edge.kind != graph_edge_kind::start)
    label += *count == 0 ? " (never)" : " (" + times(*count) + ")";
  return label;
}

node_state state_of(const node_mark* mark) noexcept {
  if (!mark)
    return node_state::plain;
  if (mark->failed)
    return node_state::failed;
  if (mark->waiting)
    return node_state::waiting;
  return mark->count == 0 ? node_state::missed : node_state::exercised;
}

node_colours colours_of(node_state state) noexcept {
  switch (state) {
  case node_state::plain: break;
  case node_state::exercised: return {"#dafbe1", "#1a7f37"};
  case node_state::missed: return {"#f6f8fa", "#cf222e"};
  case node_state::failed: return {"#ffcecb", "#a40e26"};
  case node_state::waiting: return {"#fff8c5", "#9a6700"};
  }
  return {"#ffffff", "#57606a"};
}

const node_mark* mark_of_node(const graph_marks* marks, std::size_t index) noexcept {
  return marks && index < marks->nodes.size() && marks->nodes[index] ? &*marks->nodes[index]
                                                                     : nullptr;
}

const std::uint64_t* count_of_edge(const graph_marks* marks, std::size_t index) noexcept {
  return marks && index < marks->edges.size() && marks->edges[index] ? &*marks->edges[index]
                                                                     : nullptr;
}

const char* colour_of_edge(const std::uint64_t* count) noexcept {
  if (!count)
    return edge_colour;
  return *count == 0 ? missed_colour : gone_colour;
}

std::string xml(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
    case '&': out += "&amp;"; break;
    case '<': out += "&lt;"; break;
    case '>': out += "&gt;"; break;
    case '"': out += "&quot;"; break;
    case '\'': out += "&#39;"; break;
    default: out += c;
    }
  }
  return out;
}

} // namespace millrace::flows::drawing

// SPDX-License-Identifier: Apache-2.0
#include "flow_graph_layout.hpp"
#include "flow_graph_text.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace millrace::flows {
namespace {

using namespace drawing;

constexpr std::size_t node_points_max = 30;
constexpr std::size_t label_points_max = 34;
constexpr double line_height = 15;
constexpr double node_padding = 8;
constexpr double point_width = 7.2;       // of a character, about
constexpr double label_point_width = 6.4; // the same in a label
constexpr double node_width_min = 90;
constexpr double arrow_length = 8;
constexpr double label_distance = 6; // of one that stands beside its node
// Labels of edges that leave one node stand in rows, so that neighbours do not cover each other.
constexpr std::size_t label_rows = 4;

// Whole pixels: a drawing is the same text on every machine.
std::string px(double value) {
  return std::to_string(std::lround(value));
}

std::size_t points_of(std::string_view line) {
  std::size_t points = 0;
  for (const char c : line)
    points += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return points;
}

class picture {
public:
  picture(const flow_graph& graph, const graph_marks* marks) : graph_(graph), marks_(marks) {
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
      lines_.push_back(node_lines(graph.nodes[i], mark_of_node(marks, i), node_points_max));
    for (const auto& lines : lines_) {
      std::size_t longest = 0;
      for (const std::string& line : lines)
        longest = std::max(longest, points_of(line));
      const double width = static_cast<double>(longest) * point_width + 2 * node_padding;
      place_.nodes.push_back({std::max(width, node_width_min),
                              static_cast<double>(lines.size()) * line_height + node_padding, 0, 0,
                              0});
    }
    for (const graph_edge& edge : graph.edges)
      place_.edges.push_back({edge.from, edge.to, false, 0, {}});
    arrange(place_);
  }

  std::string draw() {
    std::vector<std::size_t> labels(graph_.nodes.size(), 0);
    for (std::size_t i = 0; i < graph_.edges.size(); ++i)
      add_edge(i, labels[graph_.edges[i].from]++);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i)
      add_node(i);
    return head() + paths_ + labels_ + nodes_ + "</svg>\n";
  }

private:
  // Labels may reach beyond the nodes, so the frame is known last.
  [[nodiscard]] std::string head() const {
    const double width = std::max(right_, place_.width) - left_;
    const std::string size = px(width) + "\" height=\"" + px(place_.height);
    std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" +
                      size + "\" viewBox=\"" + px(left_) + " 0 " + px(width) + ' ' +
                      px(place_.height) +
                      "\" font-family=\"sans-serif\" font-size=\"12\">\n  <title>" +
                      xml(one_line(graph_.flow_definition_id)) + " v" +
                      std::to_string(graph_.version) + "</title>\n  <defs>\n";
    for (const char* colour : {edge_colour, gone_colour, missed_colour})
      out += "    <marker id=\"" + marker(colour) +
             "\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" "
             "markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 Z\" "
             "fill=\"" +
             std::string(colour) + "\"/></marker>\n";
    return out + "  </defs>\n  <rect x=\"" + px(left_) + "\" width=\"" + size +
           "\" fill=\"#ffffff\"/>\n";
  }

  static std::string marker(std::string_view colour) {
    return "arrow-" + std::string(colour.substr(1));
  }

  static const char* dashes_of(graph_edge_kind kind) {
    switch (kind) {
    case graph_edge_kind::fallback: return "6 4";
    case graph_edge_kind::child: return "2 3";
    default: return "none";
    }
  }

  struct spot {
    double x = 0;
    double y = 0;
  };

  // From the bottom of one node through the layers to the top of the other.
  std::string down(const placed_edge& edge, spot& label) const {
    const placed_node& from = place_.nodes[edge.from];
    const placed_node& to = place_.nodes[edge.to];
    spot at{from.x, from.y + from.height};
    std::string path = "M" + px(at.x) + ' ' + px(at.y);
    const auto curve = [&](double x, double y) {
      const std::string middle = px((at.y + y) / 2);
      path +=
          " C" + px(at.x) + ' ' + middle + ' ' + px(x) + ' ' + middle + ' ' + px(x) + ' ' + px(y);
      if (label.y == 0)
        label = {(at.x + x) / 2, (at.y + y) / 2};
      at = {x, y};
    };
    for (const placed_edge::point& point : edge.way) {
      curve(point.x, point.y);
      path += " L" + px(point.x) + ' ' + px(point.y + point.height);
      at = {point.x, point.y + point.height};
    }
    curve(to.x, to.y);
    return path;
  }

  // Out at the right side, along the lane, in at the right side.
  std::string beside(const placed_edge& edge, spot& label) const {
    const placed_node& from = place_.nodes[edge.from];
    const placed_node& to = place_.nodes[edge.to];
    const double out_y = from.y + from.height * 2 / 3;
    const double in_y = to.y + to.height / 3;
    const double right = from.x + from.width / 2;
    label = {right + label_distance, out_y - 4};
    return "M" + px(right) + ' ' + px(out_y) + " H" + px(edge.lane_x - arrow_length) + " Q" +
           px(edge.lane_x) + ' ' + px(out_y) + ' ' + px(edge.lane_x) + ' ' +
           px(out_y + (in_y < out_y ? -arrow_length : arrow_length)) + " V" +
           px(in_y + (in_y < out_y ? arrow_length : -arrow_length)) + " Q" + px(edge.lane_x) + ' ' +
           px(in_y) + ' ' + px(edge.lane_x - arrow_length) + ' ' + px(in_y) + " H" +
           px(to.x + to.width / 2);
  }

  void add_edge(std::size_t index, std::size_t row) {
    const graph_edge& edge = graph_.edges[index];
    const std::uint64_t* count = count_of_edge(marks_, index);
    const std::string colour = colour_of_edge(count);
    spot at;
    const placed_edge& placed = place_.edges[index];
    const std::string path = placed.beside ? beside(placed, at) : down(placed, at);
    paths_ += "  <path d=\"" + path + "\" fill=\"none\" stroke=\"" + colour + "\" stroke-width=\"" +
              (edge.kind == graph_edge_kind::branch ? "2.5" : "1.3") + "\" stroke-dasharray=\"" +
              dashes_of(edge.kind) + "\" marker-end=\"url(#" + marker(colour) + ")\"/>\n";
    const std::string label = edge_label(edge, count, label_points_max);
    if (label.empty())
      return;
    const double length = static_cast<double>(points_of(label)) * label_point_width;
    at.y += (static_cast<double>(row % label_rows) - (placed.beside ? 0 : 1)) * line_height;
    const double begin = placed.beside ? at.x : at.x - length / 2;
    left_ = std::min(left_, begin - node_padding);
    right_ = std::max(right_, begin + length + node_padding);
    labels_ += "  <text x=\"" + px(at.x) + "\" y=\"" + px(at.y) + "\" text-anchor=\"" +
               (placed.beside ? "start" : "middle") + "\" font-size=\"11\" fill=\"" + colour +
               "\" stroke=\"#ffffff\" stroke-width=\"3\" paint-order=\"stroke\"><title>" +
               xml(edge_label(edge, count)) + "</title>" + xml(label) + "</text>\n";
  }

  void add_node(std::size_t index) {
    const graph_node& node = graph_.nodes[index];
    const placed_node& at = place_.nodes[index];
    const bool is_begin = node.kind == graph_node_kind::begin;
    const node_state state = is_begin ? node_state::plain : state_of(mark_of_node(marks_, index));
    const node_colours colours = colours_of(state);
    nodes_ += "  <g><title>" + xml(one_line(node.id)) + "</title><rect x=\"" +
              px(at.x - at.width / 2) + "\" y=\"" + px(at.y) + "\" width=\"" + px(at.width) +
              "\" height=\"" + px(at.height) + "\" rx=\"" +
              (is_begin                              ? "12"
               : node.kind == graph_node_kind::child ? "0"
                                                     : "6") +
              "\" fill=\"" + colours.fill + "\" stroke=\"" + colours.border + "\" stroke-width=\"" +
              (state == node_state::failed || state == node_state::waiting ? "3" : "1.5") +
              "\" stroke-dasharray=\"" + (state == node_state::missed ? "4 3" : "none") + "\"/>";
    double y = at.y + line_height;
    for (const std::string& line : lines_[index]) {
      const bool is_first = &line == &lines_[index].front();
      nodes_ += "<text x=\"" + px(at.x) + "\" y=\"" + px(y) + "\" text-anchor=\"middle\" fill=\"" +
                (is_first ? "#1f2328\" font-weight=\"bold" : "#57606a") + "\">" + xml(line) +
                "</text>";
      y += line_height;
    }
    nodes_ += "</g>\n";
  }

  const flow_graph& graph_;
  const graph_marks* marks_;
  std::vector<std::vector<std::string>> lines_;
  layout place_;
  // Drawn in this order, so that lines pass behind words.
  std::string paths_;
  std::string labels_;
  std::string nodes_;
  double left_ = 0;
  double right_ = 0;
};

} // namespace

std::string to_svg(const flow_graph& graph, const graph_marks* marks) {
  return picture(graph, marks).draw();
}

} // namespace millrace::flows

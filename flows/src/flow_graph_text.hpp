// SPDX-License-Identifier: Apache-2.0
//
// The words in drawings of a flow: the same in every format. Each format then escapes them.
#pragma once

#include <millrace/flow_graph.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace millrace::flows::drawing {

/// Code points of a line in a node or of a label; longer ones are cut, which "…" shows.
inline constexpr std::size_t line_points_max = 60;

/// `text` as one line of at most `points_max` code points: no control characters, nothing that
/// turns the direction of writing, no code points that XML forbids, well-formed UTF-8.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t points_max = line_points_max);

/// The lines of a node: name, id where it is another, type; count and marks last.
[[nodiscard]] std::vector<std::string> node_lines(const graph_node& node, const node_mark* mark,
                                                  std::size_t points_max = line_points_max);
/// What stands at an edge; `count`: with how often it was gone.
[[nodiscard]] std::string edge_label(const graph_edge& edge, const std::uint64_t* count,
                                     std::size_t points_max = line_points_max);

/// How a node looks.
enum class node_state : unsigned char { plain, exercised, missed, failed, waiting };
[[nodiscard]] node_state state_of(const node_mark* mark) noexcept;

/// Fill and border of a state, "#rrggbb".
struct node_colours {
  const char* fill;
  const char* border;
};
[[nodiscard]] node_colours colours_of(node_state state) noexcept;

inline constexpr const char* edge_colour = "#57606a";
inline constexpr const char* gone_colour = "#1a7f37";
inline constexpr const char* missed_colour = "#cf222e";

/// The mark of node or edge `index`; null: nothing is known.
[[nodiscard]] const node_mark* mark_of_node(const graph_marks* marks, std::size_t index) noexcept;
[[nodiscard]] const std::uint64_t* count_of_edge(const graph_marks* marks,
                                                 std::size_t index) noexcept;
/// The colour of an edge.
[[nodiscard]] const char* colour_of_edge(const std::uint64_t* count) noexcept;

/// Text for XML: & < > " ' as entities.
[[nodiscard]] std::string xml(std::string_view text);

} // namespace millrace::flows::drawing

// SPDX-License-Identifier: Apache-2.0
//
// Where the nodes and edges of a graph stand in a drawing in layers. Nothing but numbers: what a
// node looks like is for whoever draws it.
//
// Edges that close a cycle are set aside (depth first from the first node); every node stands one
// layer below its lowest predecessor; the order within layers follows the neighbours' (barycentres,
// a few sweeps); places follow the neighbours' as far as nodes stay apart. An edge over several
// layers passes between nodes by way of points; those that lead back, and those beyond
// way_points_max, run beside the graph in a lane of their own.
#pragma once

#include <cstddef>
#include <vector>

namespace millrace::flows::drawing {

/// Bound on the way points of all edges together: what a layout costs stays near linear in the
/// size of the flow.
inline constexpr std::size_t way_points_max = 20'000;

/// A node's size goes in, its place comes out (middle of its top edge), in pixels.
struct placed_node {
  double width = 0;
  double height = 0;
  double x = 0;
  double y = 0;
  std::size_t layer = 0;
};

/// An edge's ends go in, how it runs comes out.
struct placed_edge {
  std::size_t from = 0;
  std::size_t to = 0;
  bool beside = false; ///< in a lane to the right of all nodes, at `lane_x`
  double lane_x = 0;
  struct point {
    double x = 0;
    double y = 0;      ///< top of the layer passed
    double height = 0; ///< of the layer passed
  };
  std::vector<point> way; ///< layers passed, from top to bottom
};

/// A drawing.
struct layout {
  std::vector<placed_node> nodes;
  std::vector<placed_edge> edges;
  double width = 0;
  double height = 0;
};

/// Gives every node and edge of `drawn` its place. Requires at least one node.
void arrange(layout& drawn);

} // namespace millrace::flows::drawing

// SPDX-License-Identifier: Apache-2.0
#include "flow_graph_layout.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cmath>

using namespace millrace::flows::drawing;

namespace {

// Nodes of different widths; every node leads to the next and to two that look random.
layout tangled(std::size_t nodes) {
  layout drawn;
  for (std::size_t i = 0; i < nodes; ++i) {
    drawn.nodes.push_back({60.0 + static_cast<double>(i * 37 % 90), 50, 0, 0, 0});
    for (const std::size_t to : {i + 1, i * 7 + 3, i * i + 11})
      drawn.edges.push_back({i, to % nodes, false, 0, {}});
  }
  arrange(drawn);
  return drawn;
}

bool overlap(const placed_node& one, const placed_node& other) {
  return std::abs(one.x - other.x) < (one.width + other.width) / 2 &&
         std::abs(one.y - other.y) < std::max(one.height, other.height);
}

} // namespace

TEST_CASE("no two nodes of a drawing cover one another, and all stand within it") {
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{2}, std::size_t{30}, std::size_t{200}}) {
    INFO(size);
    const layout drawn = tangled(size);
    std::size_t overlaps = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const placed_node& node = drawn.nodes[i];
      CHECK(node.x - node.width / 2 >= 0);
      CHECK(node.x + node.width / 2 <= drawn.width);
      CHECK(node.y + node.height <= drawn.height);
      for (std::size_t other = 0; other < i; ++other)
        overlaps += overlap(node, drawn.nodes[other]) ? 1 : 0;
    }
    CHECK(overlaps == 0);
  }
}

TEST_CASE("an edge leads down, by a point in every layer it passes, or runs beside the nodes") {
  const layout drawn = tangled(60);
  std::size_t beside = 0;
  for (const placed_edge& edge : drawn.edges) {
    const placed_node& from = drawn.nodes[edge.from];
    const placed_node& to = drawn.nodes[edge.to];
    if (!edge.beside) {
      REQUIRE(from.layer < to.layer);
      CHECK(edge.way.size() == to.layer - from.layer - 1);
      continue;
    }
    ++beside;
    for (const placed_node& node : drawn.nodes)
      CHECK(edge.lane_x > node.x + node.width / 2);
    CHECK(edge.lane_x < drawn.width);
  }
  CHECK(beside > 0);
}

TEST_CASE("an edge that leads to its own step runs beside it") {
  layout drawn;
  drawn.nodes.push_back({80, 50, 0, 0, 0});
  drawn.edges.push_back({0, 0, false, 0, {}});
  arrange(drawn);
  CHECK(drawn.edges[0].beside);
}

TEST_CASE("way points have a bound, and edges beyond it run beside the nodes") {
  constexpr std::size_t size = 2'000;
  layout drawn;
  for (std::size_t i = 0; i < size; ++i) {
    drawn.nodes.push_back({80, 50, 0, 0, 0});
    if (i + 1 < size)
      drawn.edges.push_back({i, i + 1, false, 0, {}});
    if (i + 2 < size)
      drawn.edges.push_back({i, size - 1, false, 0, {}}); // a million layers together
  }
  arrange(drawn);
  std::size_t points = 0;
  for (const placed_edge& edge : drawn.edges)
    points += edge.way.size();
  CHECK(points <= way_points_max);
  CHECK(points > 0);
}

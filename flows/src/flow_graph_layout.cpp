// SPDX-License-Identifier: Apache-2.0
#include "flow_graph_layout.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>

namespace millrace::flows::drawing {
namespace {

constexpr double node_gap = 36;
constexpr double layer_gap = 84;
constexpr double margin = 24;
constexpr double lane_gap = 18;
constexpr double way_point_width = 12;
constexpr int order_sweeps = 8;
constexpr int place_sweeps = 8;

/// A node of the drawing, or a point where an edge passes a layer.
struct item {
  double width = 0;
  double x = 0;
  std::size_t layer = 0;
  std::size_t place = 0; ///< in its layer
  std::vector<std::size_t> above;
  std::vector<std::size_t> below;
};

class arrangement {
public:
  explicit arrangement(layout& drawn)
      : drawn_(drawn), leaving_(drawn.nodes.size()), items_(drawn.nodes.size()) {
    for (std::size_t i = 0; i < drawn.edges.size(); ++i)
      leaving_[drawn.edges[i].from].push_back(i);
  }

  void run() {
    set_cycles_aside();
    choose_layers();
    add_way_points();
    fill_layers();
    for (int sweep = 0; sweep < order_sweeps; ++sweep)
      order(sweep % 2 == 0);
    for (int sweep = 0; sweep < place_sweeps; ++sweep)
      place(sweep % 2 == 0);
    put_places();
    put_lanes();
  }

private:
  // Depth first, without recursion: a flow may be one long chain.
  void set_cycles_aside() {
    enum class visit : std::uint8_t { never, open, done };
    std::vector<visit> seen(drawn_.nodes.size(), visit::never);
    std::vector<std::pair<std::size_t, std::size_t>> stack; // node, next of its edges
    for (std::size_t root = 0; root < seen.size(); ++root) {
      if (seen[root] != visit::never)
        continue;
      seen[root] = visit::open;
      stack.emplace_back(root, 0);
      while (!stack.empty()) {
        auto& [node, next] = stack.back();
        if (next == leaving_[node].size()) {
          seen[node] = visit::done;
          done_.push_back(node);
          stack.pop_back();
          continue;
        }
        placed_edge& edge = drawn_.edges[leaving_[node][next++]];
        if (seen[edge.to] == visit::open) {
          edge.beside = true;
        } else if (seen[edge.to] == visit::never) {
          seen[edge.to] = visit::open;
          stack.emplace_back(edge.to, 0);
        }
      }
    }
  }

  // What is done last comes first: a topological order of the edges that are left.
  void choose_layers() {
    for (auto node = done_.rbegin(); node != done_.rend(); ++node)
      for (const std::size_t index : leaving_[*node]) {
        const placed_edge& edge = drawn_.edges[index];
        if (edge.beside)
          continue;
        placed_node& to = drawn_.nodes[edge.to];
        to.layer = std::max(to.layer, drawn_.nodes[*node].layer + 1);
      }
  }

  void add_way_points() {
    for (std::size_t i = 0; i < drawn_.nodes.size(); ++i) {
      items_[i].width = drawn_.nodes[i].width;
      items_[i].layer = drawn_.nodes[i].layer;
    }
    passed_.resize(drawn_.edges.size());
    std::size_t points = 0;
    for (std::size_t i = 0; i < drawn_.edges.size(); ++i) {
      placed_edge& edge = drawn_.edges[i];
      if (edge.beside)
        continue;
      const std::size_t first = drawn_.nodes[edge.from].layer + 1;
      const std::size_t last = drawn_.nodes[edge.to].layer;
      if (points + (last - first) > way_points_max) {
        edge.beside = true;
        continue;
      }
      points += last - first;
      std::size_t before = edge.from;
      for (std::size_t layer = first; layer < last; ++layer) {
        items_.push_back({way_point_width, 0, layer, 0, {}, {}});
        passed_[i].push_back(items_.size() - 1);
        join(before, items_.size() - 1);
        before = items_.size() - 1;
      }
      join(before, edge.to);
    }
  }

  void join(std::size_t above, std::size_t below) {
    items_[above].below.push_back(below);
    items_[below].above.push_back(above);
  }

  void fill_layers() {
    for (std::size_t i = 0; i < items_.size(); ++i) {
      if (items_[i].layer >= layers_.size())
        layers_.resize(items_[i].layer + 1);
      items_[i].place = layers_[items_[i].layer].size();
      layers_[items_[i].layer].push_back(i);
    }
  }

  [[nodiscard]] const std::vector<std::size_t>& neighbours(std::size_t of, bool downwards) const {
    return downwards ? items_[of].above : items_[of].below;
  }

  template <class Visit>
  void for_each_layer(bool downwards, const Visit& visit) {
    for (std::size_t i = 0; i < layers_.size(); ++i)
      visit(layers_[downwards ? i : layers_.size() - 1 - i]);
  }

  // By the mean place of the neighbours in the layer that is settled; whoever has none stays.
  void order(bool downwards) {
    for_each_layer(downwards, [&](std::vector<std::size_t>& layer) {
      std::vector<std::pair<double, std::size_t>> wanted;
      for (const std::size_t each : layer) {
        const auto& others = neighbours(each, downwards);
        double sum = 0;
        for (const std::size_t other : others)
          sum += static_cast<double>(items_[other].place);
        wanted.emplace_back(others.empty() ? static_cast<double>(items_[each].place)
                                           : sum / static_cast<double>(others.size()),
                            each);
      }
      std::stable_sort(wanted.begin(), wanted.end(),
                       [](const auto& a, const auto& b) { return a.first < b.first; });
      for (std::size_t i = 0; i < layer.size(); ++i) {
        layer[i] = wanted[i].second;
        items_[layer[i]].place = i;
      }
    });
  }

  // Everybody wants to stand under (over) the middle of the neighbours. Pushing from the left and
  // pushing from the right both keep them apart, and so does the mean of the two.
  void place(bool downwards) {
    for_each_layer(downwards, [&](const std::vector<std::size_t>& layer) {
      std::vector<double> wanted;
      for (const std::size_t each : layer) {
        const auto& others = neighbours(each, downwards);
        double sum = 0;
        for (const std::size_t other : others)
          sum += items_[other].x;
        wanted.push_back(others.empty() ? items_[each].x
                                        : sum / static_cast<double>(others.size()));
      }
      std::vector<double> left = wanted;
      std::vector<double> right = wanted;
      for (std::size_t i = 1; i < layer.size(); ++i)
        left[i] = std::max(left[i], left[i - 1] + apart(layer[i - 1], layer[i]));
      for (std::size_t i = layer.size() - 1; i-- > 0;)
        right[i] = std::min(right[i], right[i + 1] - apart(layer[i], layer[i + 1]));
      for (std::size_t i = 0; i < layer.size(); ++i)
        items_[layer[i]].x = (left[i] + right[i]) / 2;
    });
  }

  [[nodiscard]] double apart(std::size_t one, std::size_t other) const {
    return (items_[one].width + items_[other].width) / 2 + node_gap;
  }

  void put_places() {
    double left = std::numeric_limits<double>::max();
    double right = std::numeric_limits<double>::lowest();
    for (const item& each : items_) {
      left = std::min(left, each.x - each.width / 2);
      right = std::max(right, each.x + each.width / 2);
    }
    std::vector<double> heights(layers_.size(), 0);
    for (const placed_node& node : drawn_.nodes)
      heights[node.layer] = std::max(heights[node.layer], node.height);
    std::vector<double> tops(layers_.size(), margin);
    for (std::size_t i = 1; i < tops.size(); ++i)
      tops[i] = tops[i - 1] + heights[i - 1] + layer_gap;
    for (std::size_t i = 0; i < drawn_.nodes.size(); ++i) {
      drawn_.nodes[i].x = items_[i].x - left + margin;
      drawn_.nodes[i].y = tops[drawn_.nodes[i].layer];
    }
    for (std::size_t i = 0; i < drawn_.edges.size(); ++i)
      for (const std::size_t point : passed_[i])
        drawn_.edges[i].way.push_back({items_[point].x - left + margin, tops[items_[point].layer],
                                       heights[items_[point].layer]});
    drawn_.width = right - left + 2 * margin;
    drawn_.height = tops.back() + heights.back() + margin;
  }

  // Lanes are shared by edges that do not meet: each takes the first one that is free where it
  // begins, going from top to bottom.
  void put_lanes() {
    std::vector<std::size_t> beside;
    for (std::size_t i = 0; i < drawn_.edges.size(); ++i)
      if (drawn_.edges[i].beside)
        beside.push_back(i);
    const auto span = [this](std::size_t edge) {
      return std::minmax(
          {drawn_.nodes[drawn_.edges[edge].from].layer, drawn_.nodes[drawn_.edges[edge].to].layer});
    };
    std::stable_sort(beside.begin(), beside.end(),
                     [&](std::size_t a, std::size_t b) { return span(a).first < span(b).first; });
    std::vector<std::size_t> free_below; // by lane: the last layer that it is taken in
    const double begin = drawn_.width;
    for (const std::size_t edge : beside) {
      const auto [top, bottom] = span(edge);
      std::size_t lane = 0;
      while (lane < std::min(free_below.size(), lanes_tried_max) && free_below[lane] >= top)
        ++lane;
      if (lane == free_below.size())
        free_below.push_back(bottom);
      else
        free_below[lane] = std::max(free_below[lane], bottom);
      drawn_.edges[edge].lane_x = begin + static_cast<double>(lane) * lane_gap;
    }
    if (!beside.empty())
      drawn_.width = begin + static_cast<double>(free_below.size()) * lane_gap + margin;
  }

  // Beyond this many lanes edges share the last one: nobody could follow them anyway.
  static constexpr std::size_t lanes_tried_max = 64;

  layout& drawn_;
  std::vector<std::vector<std::size_t>> leaving_; ///< edges by the node they leave
  std::vector<std::size_t> done_;                 ///< nodes in the order they were finished
  std::vector<item> items_;                       ///< the nodes, then the way points
  std::vector<std::vector<std::size_t>> passed_;  ///< way points by edge
  std::vector<std::vector<std::size_t>> layers_;
};

} // namespace

void arrange(layout& drawn) {
  arrangement(drawn).run();
}

} // namespace millrace::flows::drawing

// SPDX-License-Identifier: Apache-2.0
//
// Which runs a benchmark of workloads makes.
#pragma once

#include "workload.hpp"

#include <cstddef>
#include <tuple>
#include <vector>

namespace millrace::bench {

/// A workload at one durability and one size.
struct subject {
  std::string workload;
  millrace::durability durability = millrace::durability::none;
  std::size_t size = 0;

  friend bool operator<(const subject& left, const subject& right) {
    return std::tie(left.workload, left.durability, left.size) <
           std::tie(right.workload, right.durability, right.size);
  }
};

/// A subject and how often it is run.
struct planned {
  subject what;
  int runs = 1;
  bool is_limit = false; ///< of the machine, not of an engine
};

/// What is wanted; empty: everything.
struct selection {
  std::vector<std::string> workloads;
  std::vector<durability> levels;
};

/// The runs of a quick or a full benchmark, limits first. Limits are always among them: the others
/// are judged by them.
[[nodiscard]] std::vector<planned> make_plan(bool quick, const selection& wanted);

} // namespace millrace::bench

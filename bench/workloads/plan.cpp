// SPDX-License-Identifier: Apache-2.0
#include "plan.hpp"

#include <algorithm>

namespace millrace::bench {
namespace {

/// A size and how often it is run: rarely where one run takes long.
struct sized {
  std::size_t size;
  int runs;
};

struct entry {
  std::string_view workload;
  std::vector<durability> levels;
  std::vector<sized> full;
  std::vector<sized> quick;
  bool is_limit = false;
};

constexpr std::size_t kib = 1024;

std::vector<entry> entries() {
  const std::vector<durability> any = {durability::power_loss}; // a limit says its level itself
  const std::vector<durability> both = {durability::power_loss, durability::process_crash};
  const std::vector<durability> all = {durability::power_loss, durability::process_crash,
                                       durability::none};
  const std::vector<sized> contexts = {{kib, 5}, {64 * kib, 5}, {4 * kib * kib, 5}};
  const std::vector<sized> contexts_once = {{kib, 1}, {64 * kib, 1}, {4 * kib * kib, 1}};
  return {
      {"limit_disk", any, {{2'000, 5}}, {{200, 3}}, true},
      {"limit_sqlite", any, {{2'000, 5}}, {{200, 3}}, true},
      {"limit_bare", any, {{10'000, 5}}, {{10'000, 3}}, true},
      {"W1", all, {{10'000, 5}, {100'000, 3}, {1'000'000, 1}}, {{10'000, 3}, {30'000, 1}}},
      {"W1loop", both, {{10'000, 5}, {100'000, 3}, {1'000'000, 1}}, {{2'000, 1}}},
      {"W1start", all, {{1'000, 5}, {10'000, 5}}, {{1'000, 1}}},
      {"W2", both, {{1'000, 5}}, {{200, 1}}},
      {"W3", both, {{10'000, 5}}, {{2'000, 1}}},
      {"W3detached", both, {{10'000, 5}}, {{2'000, 1}}},
      {"W3p", both, {{10'000, 5}}, {{2'000, 1}}},
      {"W3pdetached", both, {{10'000, 5}}, {{2'000, 1}}},
      {"W4", both, {{2'000, 5}}, {{200, 1}}},
      {"W5", both, {{1'000'000, 1}}, {{20'000, 1}}},
      {"W6", both, {{20, 5}}, {{5, 1}}},
      {"W7", both, {{100'000, 3}}, {{10'000, 1}}},
      {"W8", both, contexts, contexts_once},
      {"W9", both, {{10'000, 5}}, {{10'000, 1}}},
  };
}

template <class Value>
bool is_wanted(const std::vector<Value>& wanted, const auto& what) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), what) != wanted.end();
}

} // namespace

std::vector<planned> make_plan(bool quick, const selection& wanted) {
  std::vector<planned> plan;
  for (const entry& each : entries()) {
    if (!each.is_limit && !is_wanted(wanted.workloads, each.workload))
      continue;
    for (const durability level : each.levels) {
      if (!each.is_limit && !is_wanted(wanted.levels, level))
        continue;
      for (const sized& one : quick ? each.quick : each.full)
        plan.push_back({{std::string(each.workload), level, one.size}, one.runs, each.is_limit});
    }
  }
  return plan;
}

} // namespace millrace::bench

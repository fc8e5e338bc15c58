// SPDX-License-Identifier: Apache-2.0
#include "workload.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace millrace::bench {
namespace {

constexpr std::array<std::pair<std::string_view, durability>, 3> levels = {{
    {"power_loss", durability::power_loss},
    {"process_crash", durability::process_crash},
    {"none", durability::none},
}};

} // namespace

const std::vector<workload>& workloads() {
  static const std::vector<workload> all = {
      {"limit_disk", disk_limits, "fdatasync of 4 KiB"},
      {"limit_sqlite", sqlite_limits, "SQLite alone, rows of 200 bytes"},
      {"limit_bare", bare_loop_limits, "actors, JSON and SQLite without an engine"},
      {"W1", detached_children, "a fork starts detached children of one NO_OP"},
      {"W1loop", detached_loop, "a loop of steps starts them one after the other"},
      {"W1start", parent_starts, "the parent's own time for a start, children held back"},
      {"W2", steps_in_a_row, "external steps one after the other in one execution"},
      {"W3", external_executions, "executions of 5 external steps, started from outside"},
      {"W3detached", detached_external_executions, "the same, started by one parent flow"},
      {"W3p", pure_executions, "executions of 5 pure steps, started from outside"},
      {"W3pdetached", detached_pure_executions, "the same, started by one parent flow"},
      {"W4", start_to_result, "idle engine: start to result of one execution"},
      {"W5", parked_executions, "executions parked on an event; resuming some of them"},
      {"W6", first_execution, "process start to the first execution's end, new file"},
      {"W6process", first_execution_process, "the process that W6 starts", true},
      {"W7", reopened_executions, "reopening what a killed process left"},
      {"W7process", unfinished_process, "the process that W7 kills", true},
      {"W8", steps_on_context, "100 steps that set a small value in a context of a size"},
      {"W9", fork_on_context, "a fork of branches over a context of 4 MiB"},
  };
  return all;
}

const workload* find_workload(std::string_view name) {
  const auto found = std::find_if(workloads().begin(), workloads().end(),
                                  [name](const workload& each) { return each.name == name; });
  return found == workloads().end() ? nullptr : &*found;
}

std::string_view to_string(durability level) {
  return std::find_if(levels.begin(), levels.end(),
                      [level](const auto& each) { return each.second == level; })
      ->first;
}

std::optional<durability> parse_durability(std::string_view name) {
  const auto* const found = std::find_if(levels.begin(), levels.end(),
                                         [name](const auto& each) { return each.first == name; });
  return found == levels.end() ? std::nullopt : std::optional(found->second);
}

} // namespace millrace::bench

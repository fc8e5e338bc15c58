// SPDX-License-Identifier: Apache-2.0
//
// One run of one workload: what it is asked, what it answers, and which workloads there are. A run
// has a process of its own, so that its memory and its first start are its own.
#pragma once

#include <millrace/durability.hpp>

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::bench {

/// A wrong result, or an engine that refuses: there is nothing to measure. One sentence.
class failure : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// What a run is asked.
struct run_request {
  std::string workload;
  millrace::durability durability = millrace::durability::power_loss;
  /// How many of what the workload counts: children, steps, executions, bytes of context.
  std::size_t size = 0;
  /// Where its files go: an empty folder of its own.
  std::filesystem::path folder;
  /// Whether the database is audited when everything has been measured.
  bool verify = false;
};

/// What a run measured, by name; the unit is the end of the name (`_per_s`, `_us`, `_ms`, `_mib`,
/// `_bytes`).
using metrics = std::map<std::string, double>;

/// A workload: does it once. Throws `failure` when a result is wrong.
using workload_function = metrics (*)(const run_request& request);

/// A workload and the names it goes by.
struct workload {
  std::string_view name;
  workload_function run;
  std::string_view meaning; ///< a few words for the usage
  /// Whether another workload starts it, in that one's folder.
  bool is_helper = false;
};

/// Every workload, the limits of the machine included, in the order of their description.
[[nodiscard]] const std::vector<workload>& workloads();
/// The workload of that name, or null.
[[nodiscard]] const workload* find_workload(std::string_view name);

/// power_loss, process_crash, none.
[[nodiscard]] std::string_view to_string(durability level);
[[nodiscard]] std::optional<durability> parse_durability(std::string_view name);

// Limits: what the machine gives to anybody (limits_disk.cpp, limits_sqlite.cpp,
// limits_actors.cpp).
metrics disk_limits(const run_request& request);
metrics sqlite_limits(const run_request& request);
metrics bare_loop_limits(const run_request& request);

// Detached starts (detached.cpp).
metrics detached_children(const run_request& request);
metrics detached_loop(const run_request& request);
metrics parent_starts(const run_request& request);

// Steps (steps.cpp).
metrics steps_in_a_row(const run_request& request);
metrics external_executions(const run_request& request);
metrics pure_executions(const run_request& request);
metrics detached_external_executions(const run_request& request);
metrics detached_pure_executions(const run_request& request);

// One execution at a time (latency.cpp); what the process of first_execution() runs.
metrics start_to_result(const run_request& request);
metrics first_execution(const run_request& request);
metrics first_execution_process(const run_request& request);

// Parked executions (parked.cpp).
metrics parked_executions(const run_request& request);

// Reopening (reopening.cpp); what the process that is killed runs.
metrics reopened_executions(const run_request& request);
metrics unfinished_process(const run_request& request);

// Large contexts (contexts.cpp).
metrics steps_on_context(const run_request& request);
metrics fork_on_context(const run_request& request);

} // namespace millrace::bench

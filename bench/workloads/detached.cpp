// SPDX-License-Identifier: Apache-2.0
//
// Detached starts: how many children a parent can start and have run, and what a start costs the
// parent itself.
#include "host.hpp"
#include "process.hpp"
#include "statistics.hpp"

#include <algorithm>

namespace millrace::bench {
namespace {

std::string child_flow() {
  return flow_text("child", "n", R"("n": {"stepInstanceId": "n", "stepType": "NO_OP"})");
}

/// Counts to `$.count` and starts a child at every number. A limit of 0 transitions means none.
std::string loop_flow() {
  return flow_text("parent", "start", R"(
    "start": {"stepInstanceId": "start", "stepType": "START_FLOW_EXECUTION",
              "moduleIdentifier": "system/start-flow-execution",
              "inputMappings": {"initialContextData.item": "$.n"},
              "literals": {"flowDefinitionId": "child"},
              "outputMappings": {"$.started": "$.flowExecutionId"},
              "defaultNextStepInstanceId": "count", "defaultNextMaxTransitions": 0},
    "count": {"stepInstanceId": "count", "stepType": "DATA_TRANSFORMATION",
              "moduleIdentifier": "system/array-aggregator",
              "literals": {"array": ["$.n", 1], "operation": "sum"},
              "outputMappings": {"$.n": "$.result"},
              "transitions": [{"condition": "$.n < $.count", "nextStepInstanceId": "start",
                               "maxTransitions": 0}]})");
}

/// From the start of one parent until it and all its children have completed.
metrics run_family(const run_request& request, const std::string& parent, json::object context) {
  metrics found;
  {
    engine running = open_with(options_for(request), "[" + parent + "," + child_flow() + "]");
    const stopwatch watch;
    start(running, "parent", std::move(context));
    value_of(running.wait_until_quiet());
    found["children_per_s"] = static_cast<double>(request.size) / watch.seconds();
    found["peak_rss_mib"] = peak_rss_mib();
    check_completed(running, "child", request.size);
    check_completed(running, "parent", 1);
  }
  if (request.verify)
    check_sound(request);
  return found;
}

} // namespace

metrics detached_children(const run_request& request) {
  return run_family(request, parent_flow(), items_from(0, request.size));
}

metrics detached_loop(const run_request& request) {
  return run_family(request, loop_flow(), {{"n", 0}, {"count", request.size}});
}

/// With one execution in memory at a time the children run when their parent has ended. The
/// records' times are milliseconds, so several parents are added up until there are starts enough.
metrics parent_starts(const run_request& request) {
  constexpr std::size_t starts_wanted = 5'000;
  constexpr double microseconds_per_millisecond = 1000;
  engine_options options = options_for(request);
  options.max_active_executions = 1;
  engine running = open_with(std::move(options), "[" + parent_flow() + "," + child_flow() + "]");
  const std::size_t parents = std::max<std::size_t>(1, starts_wanted / request.size);
  std::int64_t milliseconds = 0;
  for (std::size_t i = 0; i < parents; ++i) {
    const std::string id = start(running, "parent", items_from(0, request.size));
    value_of(running.wait_until_quiet());
    const execution_record parent = value_of(running.find(id));
    milliseconds += parent.ended_at - parent.started_at;
  }
  check_completed(running, "parent", parents);
  check_completed(running, "child", parents * request.size);
  return {{"parent_start_us", static_cast<double>(milliseconds) * microseconds_per_millisecond /
                                  static_cast<double>(parents * request.size)}};
}

} // namespace millrace::bench

// SPDX-License-Identifier: Apache-2.0
//
// Steps: many in one execution, and few in many executions.
#include "host.hpp"
#include "process.hpp"
#include "statistics.hpp"

#include <algorithm>
#include <vector>

namespace millrace::bench {
namespace {

constexpr std::size_t steps_each = 5;
/// Starts that a host hands over at once. They share commits, as those of a server that gathers
/// requests would.
constexpr std::size_t starts_at_once = 1000;

/// An external step that hands one small value round.
constexpr std::string_view external_step =
    R"("stepType":"CUSTOM_LOGIC","moduleIdentifier":"bench/echo",)"
    R"("inputMappings":{"x":"$.item"},"outputMappings":{"$.x":"$.x"})";
constexpr std::string_view pure_step = R"("stepType":"NO_OP")";

/// Starts `count` executions of "child" from outside.
void start_from_outside(engine& running, std::size_t count) {
  for (std::size_t done = 0; done < count;) {
    std::vector<start_request> together(std::min(starts_at_once, count - done));
    for (start_request& each : together) {
      each.flow_definition_id = "child";
      each.initial_context_data = {{"item", done++}};
    }
    for (const auto& accepted : running.start_all(std::move(together)))
      value_of(accepted);
  }
}

enum class origin : unsigned char {
  outside,  ///< the program calls start()
  detached, ///< a parent flow starts them
};

metrics run_executions(const run_request& request, std::string_view step, origin from) {
  const std::string child = flow_text("child", "step0", chain_of_steps(steps_each, step));
  engine running = open_with(options_for(request), "[" + parent_flow() + "," + child + "]");
  const stopwatch watch;
  if (from == origin::outside)
    start_from_outside(running, request.size);
  else
    start(running, "parent", items_from(0, request.size));
  value_of(running.wait_until_quiet());
  const double rate = static_cast<double>(request.size) / watch.seconds();
  const double peak = peak_rss_mib();
  check_completed(running, "child", request.size);
  return {{"executions_per_s", rate},
          {"steps_per_s", rate * static_cast<double>(steps_each)},
          {"peak_rss_mib", peak}};
}

} // namespace

metrics steps_in_a_row(const run_request& request) {
  const std::string flow = flow_text("row", "step0", chain_of_steps(request.size, external_step));
  engine running = open_with(options_for(request), "[" + flow + "]");
  const stopwatch watch;
  const std::string id = start(running, "row", {{"item", 1}});
  const execution_record ended = value_of(running.wait(id));
  const double rate = static_cast<double>(request.size) / watch.seconds();
  check_completed(running, "row", 1);
  if (ended.context.at("x") != 1 || ended.path.size() != request.size)
    throw failure("The steps in a row did not all run.");
  return {{"steps_per_s", rate}};
}

metrics external_executions(const run_request& request) {
  return run_executions(request, external_step, origin::outside);
}

metrics detached_external_executions(const run_request& request) {
  return run_executions(request, external_step, origin::detached);
}

metrics pure_executions(const run_request& request) {
  return run_executions(request, pure_step, origin::outside);
}

metrics detached_pure_executions(const run_request& request) {
  return run_executions(request, pure_step, origin::detached);
}

} // namespace millrace::bench

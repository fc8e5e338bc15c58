// SPDX-License-Identifier: Apache-2.0
//
// Opening a database whose process was killed: how soon everything that it had accepted is
// complete.
#include "host.hpp"
#include "process.hpp"
#include "statistics.hpp"

#include <cstdio>
#include <future>

namespace millrace::bench {
namespace {

constexpr std::string_view all_is_accepted = "accepted";

/// The parent starts an execution that stands in an external step, then the children. With one
/// execution in memory at a time that first one keeps all others where they are: accepted, not run.
std::string gate_and_children() {
  const std::string first = R"(
    "first": {"stepInstanceId": "first", "stepType": "START_FLOW_EXECUTION",
              "moduleIdentifier": "system/start-flow-execution",
              "literals": {"flowDefinitionId": "gate"}, "defaultNextStepInstanceId": "each"},)";
  const std::string parent = flow_text("parent", "first", first + std::string(starting_fork()));
  const std::string gate = flow_text("gate", "g", R"(
    "g": {"stepInstanceId": "g", "stepType": "CUSTOM_LOGIC", "moduleIdentifier": "bench/gate"})");
  const std::string child =
      flow_text("child", "n", R"("n": {"stepInstanceId": "n", "stepType": "NO_OP"})");
  return "[" + parent + "," + gate + "," + child + "]";
}

engine_options options_with_gate(const run_request& request, step_handler gate) {
  engine_options options = options_for(request);
  value_of(options.steps.add_module("bench/gate", {std::move(gate), step_effect::external}));
  return options;
}

} // namespace

metrics reopened_executions(const run_request& request) {
  child_process victim({"--run", "W7process", std::string(to_string(request.durability)),
                        std::to_string(request.size), request.folder.string()});
  if (victim.read_line() != all_is_accepted)
    throw failure("The process that was to be killed did not get so far.");
  victim.kill();
  metrics found;
  {
    const stopwatch watch;
    engine running = value_of(engine::open(options_with_gate(
        request, [](const step_request&) -> step_result { return json::value(json::object()); })));
    found["open_ms"] = watch.milliseconds();
    value_of(running.wait_until_quiet());
    found["executions_per_s"] = static_cast<double>(request.size) / watch.seconds();
    found["peak_rss_mib"] = peak_rss_mib();
    check_completed(running, "parent", 1);
    check_completed(running, "gate", 1);
    check_completed(running, "child", request.size - 1);
  }
  if (request.verify)
    check_sound(request);
  return found;
}

metrics unfinished_process(const run_request& request) {
  engine_options options = options_with_gate(request, [](const step_request&) -> step_result {
    std::promise<void>().get_future().wait(); // until this process is killed
    return json::value();
  });
  options.max_active_executions = 1;
  engine running = open_with(std::move(options), gate_and_children());
  value_of(running.wait(start(running, "parent", items_from(0, request.size - 1))));
  std::printf("%s\n", all_is_accepted.data());
  std::fflush(stdout);
  value_of(running.wait_until_quiet());
  throw failure("The process that was to be killed went on to the end.");
}

} // namespace millrace::bench

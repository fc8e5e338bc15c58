// SPDX-License-Identifier: Apache-2.0
//
// Steps: many in one execution, and few in many executions.
#include "host.hpp"
#include "process.hpp"
#include "statistics.hpp"

#include <atomic>
#include <exception>
#include <thread>

namespace millrace::bench {
namespace {

constexpr std::size_t steps_each = 5;
/// A start returns when it is on disk, and starts that come at once share a commit: a host that has
/// many to make, such as a server, makes them on many threads.
constexpr unsigned starting_threads = 64;

/// An external step that hands one small value round.
constexpr std::string_view external_step =
    R"("stepType":"CUSTOM_LOGIC","moduleIdentifier":"bench/echo",)"
    R"("inputMappings":{"x":"$.item"},"outputMappings":{"$.x":"$.x"})";
constexpr std::string_view pure_step = R"("stepType":"NO_OP")";

/// Starts `count` executions of "child" from outside.
void start_from_outside(engine& running, std::size_t count) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  const auto starting = [&running, &next, &failed, count] {
    start_request asked;
    asked.flow_definition_id = "child";
    for (std::size_t i = next++; i < count && !failed; i = next++) {
      asked.initial_context_data = {{"item", i}};
      if (!running.start(asked))
        failed = true;
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < starting_threads; ++i)
    threads.emplace_back(starting);
  for (std::thread& each : threads)
    each.join();
  if (failed)
    throw failure("A start from outside was refused.");
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

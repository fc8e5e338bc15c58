// SPDX-License-Identifier: Apache-2.0
//
// Large contexts: what a step costs that does not touch them, and what many branches over one do.
#include "host.hpp"
#include "process.hpp"
#include "statistics.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

namespace millrace::bench {
namespace {

constexpr std::size_t steps_each = 100;

/// A context of about `bytes` of JSON text: an array of records that nothing touches, and `$.n`.
json::object context_of(std::size_t bytes) {
  constexpr std::string_view filler = "twenty-eight pounds of flour";
  json::array records;
  const auto record = [&records, filler] {
    return json::object{{"number", records.size()}, {"name", filler}, {"price", 12.5}};
  };
  const std::size_t record_bytes = stringify(record()).size() + 1;
  const std::size_t count = std::max<std::size_t>(1, bytes / record_bytes);
  records.reserve(count);
  while (records.size() < count)
    records.emplace_back(record());
  return {{"n", 1}, {"records", std::move(records)}};
}

/// When each step began, in order. One execution runs at a time.
using moments = std::vector<std::chrono::steady_clock::time_point>;

/// A handler that writes down when it was called and returns its input.
step_handler noting(moments& into) {
  return [&into](const step_request& asked) -> step_result {
    into.push_back(std::chrono::steady_clock::now());
    return json::value(asked.input);
  };
}

/// The time from a step's beginning to the next one's, in the middle of some executions: the start
/// and the end, which store the whole context, are left out.
double step_microseconds(engine& running, std::string_view flow, moments& noted,
                         std::size_t context_bytes) {
  constexpr int executions = 5;
  std::vector<double> times;
  for (int i = 0; i < executions; ++i) {
    noted.clear();
    const std::string id = start(running, flow, context_of(context_bytes));
    const execution_record ended = value_of(running.wait(id));
    if (ended.status != execution_status::completed || noted.size() != steps_each ||
        ended.context.at("value") != 1)
      throw failure("The steps on a large context did not all run.");
    const std::chrono::duration<double, std::micro> all = noted.back() - noted.front();
    times.push_back(all.count() / static_cast<double>(steps_each - 1));
  }
  return median(times);
}

std::string setting_steps(std::string_view module) {
  std::string step = R"("stepType":"CUSTOM_LOGIC","moduleIdentifier":")";
  step += module;
  step += R"(","inputMappings":{"x":"$.n"},"outputMappings":{"$.value":"$.x"})";
  return chain_of_steps(steps_each, step);
}

} // namespace

metrics steps_on_context(const run_request& request) {
  moments noted;
  engine_options options = options_for(request);
  value_of(options.steps.add_module("bench/pure", {noting(noted), step_effect::pure}));
  value_of(options.steps.add_module("bench/external", {noting(noted), step_effect::external}));
  engine running =
      open_with(std::move(options),
                "[" + flow_text("pure", "step0", setting_steps("bench/pure")) + "," +
                    flow_text("external", "step0", setting_steps("bench/external")) + "]");
  return {{"pure_step_us", step_microseconds(running, "pure", noted, request.size)},
          {"external_step_us", step_microseconds(running, "external", noted, request.size)},
          {"peak_rss_mib", peak_rss_mib()}};
}

metrics fork_on_context(const run_request& request) {
  constexpr std::size_t context_bytes = 4 * 1024 * 1024;
  const std::string flow = flow_text("fork", "each", R"(
    "each": {"stepInstanceId": "each", "stepType": "PARALLEL_FORK_MANAGER", "itemsPath": "$.items",
             "parallelBranches": [{"branchId": "b", "stepInstanceId": "set"}],
             "aggregationConfig": {"strategy": "COLLECT_ARRAY", "maxConcurrency": 10000}},
    "set": {"stepInstanceId": "set", "stepType": "DATA_TRANSFORMATION",
            "moduleIdentifier": "system/compose-object-from-input",
            "inputMappings": {"item": "$.currentItem", "n": "$.n"}})");
  engine running = open_with(options_for(request), "[" + flow + "]");
  json::object context = context_of(context_bytes);
  context["items"] = items_from(0, request.size).at("items");
  const stopwatch watch;
  const std::string id = start(running, "fork", std::move(context));
  value_of(running.wait_until_quiet());
  metrics found = {{"branches_per_s", static_cast<double>(request.size) / watch.seconds()},
                   {"peak_rss_mib", peak_rss_mib()}};
  check_completed(running, "fork", 1);
  const execution_record ended = value_of(running.wait(id));
  const json::value& gathered = ended.context.at("steps_output").at("each").at("aggregatedData");
  if (gathered.as_array().size() != request.size)
    throw failure("The fork did not gather all its branches.");
  return found;
}

} // namespace millrace::bench

// SPDX-License-Identifier: Apache-2.0
//
// Executions that wait for an event: what each takes of memory and of the file, and how long it
// takes from an event to the end of the one that waited for it.
#include "host.hpp"
#include "process.hpp"
#include "statistics.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

namespace millrace::bench {
namespace {

/// A parent starts so many: what it takes itself stays small beside what is parked.
constexpr std::size_t children_per_parent = 10'000;
/// Of so many parked ones one is resumed, but not fewer than it takes for a percentile.
constexpr std::size_t parked_per_resumed = 1'000;
constexpr std::size_t resumed_min = 200;
/// After everything is quiet: what is freed later than that counts.
constexpr std::chrono::milliseconds settling{500};

std::string parking_flow() {
  return flow_text("child", "w", R"(
    "w": {"stepInstanceId": "w", "stepType": "WAIT_FOR_EXTERNAL_EVENT",
          "correlationKeyTemplate": "order:{{item}}", "defaultNextStepInstanceId": "n"},
    "n": {"stepInstanceId": "n", "stepType": "NO_OP"})");
}

double park(engine& running, std::size_t count) {
  const stopwatch watch;
  for (std::size_t first = 0; first < count; first += children_per_parent) {
    start(running, "parent", items_from(first, std::min(children_per_parent, count - first)));
    value_of(running.wait_until_quiet());
  }
  return static_cast<double>(count) / watch.seconds();
}

/// Numbers of executions, each once, in random order.
std::vector<std::size_t> some_of(std::size_t count) {
  constexpr unsigned seed = 20261123;
  std::vector<std::size_t> numbers(count);
  for (std::size_t i = 0; i < count; ++i)
    numbers[i] = i;
  std::mt19937 random(seed); // NOLINT: the same executions in every run
  std::shuffle(numbers.begin(), numbers.end(), random);
  numbers.resize(std::min(count, std::max(resumed_min, count / parked_per_resumed)));
  return numbers;
}

std::vector<double> resume_times(engine& running, const std::vector<std::size_t>& numbers) {
  std::vector<double> times;
  for (const std::size_t each : numbers) {
    const stopwatch watch;
    const std::string id = value_of(
        running.resume("order:" + std::to_string(each), json::object{{"decision", "yes"}}));
    const execution_record ended = value_of(running.wait(id));
    times.push_back(watch.microseconds());
    const json::value* const item = ended.context.if_contains("item");
    if (ended.status != execution_status::completed || item == nullptr || *item != each)
      throw failure("An event did not end the execution that waited for it.");
  }
  return times;
}

void check_still_parked(const engine& running, std::size_t count) {
  execution_filter filter;
  filter.flow_definition_id = "child";
  filter.status = execution_status::waiting;
  filter.limit = count + 1;
  const std::size_t parked = value_of(running.list(filter)).size();
  if (parked != count)
    throw failure(std::to_string(parked) + " executions are parked, not " + std::to_string(count) +
                  ".");
}

} // namespace

metrics parked_executions(const run_request& request) {
  constexpr double middle = 0.5;
  constexpr double nearly_all = 0.99;
  metrics found;
  {
    engine running =
        open_with(options_for(request), "[" + parent_flow() + "," + parking_flow() + "]");
    std::this_thread::sleep_for(settling);
    const double idle = rss_mib();
    found["parked_per_s"] = park(running, request.size);
    std::this_thread::sleep_for(settling);
    found["memory_mib"] = rss_mib() - idle;
    const std::vector<std::size_t> numbers = some_of(request.size);
    const std::vector<double> times = resume_times(running, numbers);
    found["resume_p50_us"] = percentile(times, middle);
    found["resume_p99_us"] = percentile(times, nearly_all);
    found["peak_rss_mib"] = peak_rss_mib();
    check_still_parked(running, request.size - numbers.size());
  }
  // Closed, so that all of it is in the file and nothing in the log beside it.
  found["file_bytes_each"] = static_cast<double>(std::filesystem::file_size(database_of(request))) /
                             static_cast<double>(request.size);
  if (request.verify)
    check_sound(request);
  return found;
}

} // namespace millrace::bench

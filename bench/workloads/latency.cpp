// SPDX-License-Identifier: Apache-2.0
//
// One execution at a time: how long the caller of an idle engine waits, and how long whoever starts
// a program that has one.
#include "host.hpp"
#include "process.hpp"
#include "statistics.hpp"

#include <cstdio>

namespace millrace::bench {
namespace {

constexpr std::string_view first_is_done = "done";

std::string trivial_flow() {
  return "[" + flow_text("one", "n", R"("n": {"stepInstanceId": "n", "stepType": "NO_OP"})") + "]";
}

void run_one(engine& running) {
  const execution_record ended = value_of(running.wait(start(running, "one")));
  if (ended.status != execution_status::completed)
    throw failure("A trivial execution did not complete.");
}

} // namespace

metrics start_to_result(const run_request& request) {
  constexpr int warming_up = 20;
  constexpr double middle = 0.5;
  constexpr double nearly_all = 0.99;
  engine running = open_with(options_for(request), trivial_flow());
  for (int i = 0; i < warming_up; ++i)
    run_one(running);
  std::vector<double> times;
  for (std::size_t i = 0; i < request.size; ++i) {
    const stopwatch watch;
    run_one(running);
    times.push_back(watch.microseconds());
  }
  return {{"p50_us", percentile(times, middle)}, {"p99_us", percentile(times, nearly_all)}};
}

/// `size` processes one after the other, each with a file of its own.
metrics first_execution(const run_request& request) {
  std::vector<double> times;
  for (std::size_t i = 0; i < request.size; ++i) {
    const scratch_folder folder(request.folder);
    const stopwatch watch;
    child_process process({"--run", "W6process", std::string(to_string(request.durability)), "1",
                           folder.path().string()});
    const std::string line = process.read_line();
    times.push_back(watch.milliseconds());
    if (line != first_is_done || process.wait() != 0)
      throw failure("A new process did not complete its first execution.");
  }
  return {{"first_execution_ms", median(times)}};
}

metrics first_execution_process(const run_request& request) {
  engine running = open_with(options_for(request), trivial_flow());
  run_one(running);
  std::printf("%s\n", first_is_done.data());
  std::fflush(stdout);
  return {};
}

} // namespace millrace::bench

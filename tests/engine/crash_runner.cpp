// SPDX-License-Identifier: Apache-2.0
//
// The program that the SIGKILL test kills: opens a database, starts one family (again) under a
// fixed id, waits until everything has ended.
//
//     crash_runner DATABASE FLOWS ROOT_ID INPUT LOG HELD
//
// Each attempt of the external module test/echo appends "<execution> <step> <idempotency key>" to
// the file LOG and takes up to 2 ms. Attempt number HELD of this process, from 1, says "h" on
// standard output and never ends; 0: none.
#include <millrace/engine.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

using namespace millrace;

namespace {

int refuse(const error& reason) {
  std::fprintf(stderr, "%s\n", reason.message().c_str());
  return 3;
}

// The outside world of the test: what it was asked for stays, whatever becomes of the process.
class world {
public:
  world(const char* log, int held)
      : log_(open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)), held_(held) {}

  step_result act(const step_request& request) {
    // The line break comes first as well: a kill may have cut the line before short, at a page.
    const std::string line = '\n' + std::string(request.flow_execution_id) + ' ' +
                             std::string(request.step_instance_id) + ' ' +
                             std::string(request.idempotency_key) + '\n';
    if (write(log_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
      return step_error::permanent("the log cannot be written");
    if (++attempts_ == held_)
      hold();
    constexpr std::uint64_t busy_max = 2000;
    std::this_thread::sleep_for(std::chrono::microseconds(request.random_low % busy_max));
    return json::value(request.input);
  }

private:
  [[noreturn]] static void hold() {
    [[maybe_unused]] const ssize_t said = write(STDOUT_FILENO, "h", 1);
    for (;;)
      pause();
  }

  int log_;
  int held_;
  std::atomic<int> attempts_{0};
};

} // namespace

int main(int argc, char** argv) {
  const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
  if (arguments.size() != 7)
    return 2;
  engine_options options;
  options.database = arguments[1];
  options.max_active_executions = 50; // the rest waits in the database, so that each life gets on
  world outside(arguments[5], std::atoi(arguments[6])); // outlives the engine
  const auto echo = options.steps.add_module(
      "test/echo",
      {[&outside](const step_request& request) -> step_result { return outside.act(request); },
       step_effect::external});
  if (!echo)
    return refuse(echo.error());
  auto running = engine::open(std::move(options));
  if (!running)
    return refuse(running.error());
  if (auto defined = running->define_path(arguments[2]); !defined)
    return refuse(defined.error());
  auto input = parse_json(arguments[4], "input");
  if (!input)
    return refuse(input.error());
  start_request start;
  start.flow_definition_id = "intake";
  start.flow_execution_id = arguments[3];
  start.initial_context_data = input->as_object();
  if (auto started = running->start(start); !started)
    return refuse(started.error());
  if (auto quiet = running->wait_until_quiet(); !quiet)
    return refuse(quiet.error());
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
//
// The program that the SIGKILL test kills: opens a database, starts one family (again) under a
// fixed id, waits until everything has ended.
//
//     crash_runner DATABASE FLOWS ROOT_ID INPUT
#include <millrace/engine.hpp>

#include <cstdio>
#include <span>

using namespace millrace;

namespace {

int refuse(const error& reason) {
  std::fprintf(stderr, "%s\n", reason.message().c_str());
  return 3;
}

} // namespace

int main(int argc, char** argv) {
  const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
  if (arguments.size() != 5)
    return 2;
  engine_options options;
  options.database = arguments[1];
  options.max_active_executions = 50; // the rest waits in the database, so that each life gets on
  const auto echo = options.steps.add_module(
      "test/echo",
      {[](const step_request& request) -> step_result { return json::value(request.input); },
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

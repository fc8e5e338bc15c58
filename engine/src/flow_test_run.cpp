// SPDX-License-Identifier: Apache-2.0
//
// One test in a world of its own.
#include <millrace/flow_test.hpp>

#include "mock_book.hpp"

namespace millrace::simulation {
namespace {

world_options world_of(const flow_test& test, const flow_test_options& options) {
  world_options how;
  how.seed = options.seed;
  how.steps = options.steps;
  how.mocks = test.mocks;
  how.observer = options.observer;
  how.work_max = options.work_max;
  return how;
}

result<world> open_world(const flow_test& test, const std::vector<flow_document>& flows,
                         const flow_test_options& options) {
  auto opened = world::open(world_of(test, options));
  if (!opened)
    return opened.error();
  if (auto defined = opened->define(flows); !defined)
    return defined.error();
  if (auto named = opened->check_mocks(); !named)
    return named.error();
  return opened;
}

// Lets happen what the test plans, until it is quiet and for as long as it says after that.
result<void> play(world& stage, const flow_test& test) {
  for (const event& each : test.events)
    stage.deliver(each);
  if (auto quiet = stage.run(); !quiet)
    return quiet;
  return test.run_for ? stage.run_for(*test.run_for) : result<void>();
}

} // namespace

result<void> put_mocks(std::vector<mock> mocks, steps::registry& steps) {
  const auto book = mock_book::open(std::move(mocks), {});
  return book ? (*book)->install(steps) : result<void>(book.error());
}

result<flow_test_run> run_flow_test(const flow_test& test, const std::vector<flow_document>& flows,
                                    const flow_test_options& options) {
  auto stage = open_world(test, flows, options);
  if (!stage)
    return stage.error();
  const auto root = stage->start(test.start);
  if (!root)
    return root.error();
  const auto played = play(*stage, test);
  if (!played && played.error().code() != errc::limit_exceeded)
    return played.error();
  auto outcome = stage->outcome();
  if (!outcome)
    return outcome.error();
  flow_test_run run;
  run.seed = options.seed;
  run.trace = stage->trace();
  run.outcome = std::move(*outcome);
  if (!played) {
    run.failures.push_back("It does not come to rest: " + played.error().message());
    return run;
  }
  auto failures = check(test.expect, run.outcome, *root);
  if (!failures)
    return failures.error();
  run.failures = std::move(*failures);
  return run;
}

result<crash_report> sweep_flow_test(const flow_test& test, const std::vector<flow_document>& flows,
                                     const flow_test_options& options) {
  crash_sweep_options how;
  how.world = world_of(test, options);
  how.world.observer = {}; // it would hear of every disturbed run
  how.world.faults = options.faults;
  return sweep_crashes(how, [&](world& stage) -> result<void> {
    if (auto defined = stage.define(flows); !defined)
      return defined.error();
    if (auto started = stage.start(test.start); !started)
      return started.error();
    return play(stage, test);
  });
}

} // namespace millrace::simulation

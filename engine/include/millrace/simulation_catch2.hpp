// SPDX-License-Identifier: Apache-2.0
//
// Expectations in Catch2, version 2 or 3: REQUIRE_THAT(world, meets(expectation{}...)). What fails
// is told with its sentences, the seed and the trace. Header only; Millrace itself does not need
// Catch2.
#pragma once

#include <millrace/expectation.hpp>
#include <millrace/simulation.hpp>

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_tostring.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <string>
#include <utility>

namespace millrace::simulation {

#if __has_include(<catch2/catch_all.hpp>)
using world_matcher = Catch::Matchers::MatcherBase<world>;
#else
using world_matcher = Catch::MatcherBase<world>;
#endif

/// Holds one execution of a world against an expectation. Made by meets().
class meets_expectation final : public world_matcher {
public:
  meets_expectation(expectation expected, std::string flow_execution_id)
      : expected_(std::move(expected)), id_(std::move(flow_execution_id)) {}

  bool match(const world& stage) const override {
    said_ = "meets the expectation";
    const auto seen = stage.outcome();
    if (!seen)
      return fail("The world has no outcome: " + seen.error().message());
    if (id_.empty() && seen->executions.empty())
      return fail("Nothing was started.");
    const auto failures = check(
        expected_, *seen, id_.empty() ? seen->executions.front().record.flow_execution_id : id_);
    if (!failures)
      return fail(failures.error().message());
    if (failures->empty())
      return true;
    std::string all;
    for (const std::string& each : *failures)
      all += (all.empty() ? "" : "\n  ") + each;
    return fail(all + "\nseed " + std::to_string(stage.seed()) + ", trace:\n" + stage.trace());
  }

  [[nodiscard]] std::string describe() const override { return said_; }

private:
  bool fail(const std::string& why) const {
    said_ = "does what is expected of it, but:\n  " + why;
    return false;
  }

  expectation expected_;
  std::string id_;
  mutable std::string said_; // of the last match: Catch2 asks for it afterwards
};

/// Matches a world in which the execution `flow_execution_id` (empty: the first that was started)
/// is as expected.
[[nodiscard]] inline meets_expectation meets(expectation expected,
                                             std::string flow_execution_id = {}) {
  return {std::move(expected), std::move(flow_execution_id)};
}

} // namespace millrace::simulation

/// A world in a message: by its seed, since the matcher tells the rest.
template <>
struct Catch::StringMaker<millrace::simulation::world> {
  static std::string convert(const millrace::simulation::world& stage) {
    return "the world of seed " + std::to_string(stage.seed());
  }
};

// SPDX-License-Identifier: Apache-2.0
#include "failing_store.hpp"

#include "catch.hpp"
#include "store_fixture.hpp"

namespace millrace::storage::testing {

namespace {

/// Starts executions 1, 2 and 3 in a commit each, the second failing; returns how many there are.
std::int64_t started_of_three(write_failure kind) {
  const auto plan = std::make_shared<failure_plan>();
  plan->fail_at = 2;
  plan->kind = kind;
  failing_store target(open({}, durability::none), plan);
  CHECK(target.commit(std::vector{starting(root_start(1))}).has_value());
  CHECK_FALSE(plan->has_failed);
  const auto failed = target.commit(std::vector{starting(root_start(2))});
  REQUIRE(failed.has_error());
  CHECK(failed.error().code() == errc::database_failed);
  CHECK(plan->has_failed);
  const auto later = target.commit(std::vector{starting(root_start(3))});
  CHECK(later.has_value() == (kind == write_failure::refused));
  CHECK(plan->writes == (kind == write_failure::refused ? 3U : 2U));
  return target.counts().value().executions;
}

} // namespace

TEST_CASE("a failing store fails the write it was told to, before or after its effect") {
  CHECK(started_of_three(write_failure::refused) == 2);
  CHECK(started_of_three(write_failure::before_effect) == 1);
  CHECK(started_of_three(write_failure::after_effect) == 2);
}

TEST_CASE("a failing store counts definitions as writes") {
  const auto plan = std::make_shared<failure_plan>();
  plan->fail_at = 4;
  failing_store target(open({}, durability::none), plan);
  CHECK(
      target.put_flow_versions(std::vector<flow_version_record>{{"f", 1, true, "{}"}}).has_value());
  CHECK(target.put_flow_variables("f", "{}").has_value());
  CHECK(target.put_record("step", "s", "{}").has_value());
  CHECK(target.put_pinned_definition("hash", "{}").has_error());
  CHECK(target.put_record("step", "t", "{}").has_error());
  CHECK(plan->writes == 4);
}

} // namespace millrace::storage::testing

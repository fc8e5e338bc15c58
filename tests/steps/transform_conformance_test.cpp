// SPDX-License-Identifier: Apache-2.0
//
// tests/conformance/transform.json and the transform rows of quirks.json, without the cases that
// have a customConfig to render: those are in transform_config_conformance_test.cpp.
#include "transform_case.hpp"

#include "catch.hpp"

using namespace millrace;
using namespace millrace::testing;

TEST_CASE("every transformation case of the reference gives the same result") {
  int run = 0;
  for (const conformance_case& one : load_cases("transform.json")) {
    if (has_custom_config(one)) {
      continue;
    }
    std::string why;
    const bool agrees = transform_agrees(one, {}, why);
    INFO(one.name << ": " << why);
    CHECK(agrees);
    ++run;
  }
  REQUIRE(run > 100);
}

TEST_CASE("every transformation quirk gives what parity.json decided") {
  const std::vector<conformance_case> quirks = load_decided_quirks("transform");
  for (const conformance_case& one : quirks) {
    std::string why;
    const bool agrees = transform_agrees(one, {}, why);
    INFO(one.name << ": " << why);
    CHECK(agrees);
  }
  REQUIRE(quirks.size() >= 14);
}

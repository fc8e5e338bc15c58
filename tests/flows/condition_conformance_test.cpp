// SPDX-License-Identifier: Apache-2.0
//
// Every recorded condition case, and every condition quirk as parity.json decides it.
#include <millrace/condition.hpp>

#include "catch.hpp"
#include "conformance_tests.hpp"

namespace {

using namespace millrace;

/// The outcome in the form of a case's `expect`.
json::object outcome(bool holds, const flows::condition_trace& trace) {
  json::array alternatives;
  for (const auto& alternative : trace.resolved) {
    json::array parts;
    for (const auto& value : alternative)
      parts.push_back(value ? json::object{{"value", *value}} : json::object{{"undefined", true}});
    alternatives.push_back(std::move(parts));
  }
  return {{"result", holds}, {"resolved", std::move(alternatives)}};
}

void check(const testing::conformance_case& each) {
  const flows::condition condition =
      flows::condition::compile(std::string_view(each.given.at("condition").as_string()));
  INFO(condition.text());
  const flows::scope visible(each.given.at("context"));
  flows::condition_trace trace;
  const auto holds = condition.holds(visible, &trace);
  const json::object& expect = each.expect.as_object();
  if (const json::value* const wanted = expect.if_contains("error")) {
    REQUIRE_FALSE(holds.has_value());
    INFO(holds.error().message());
    CHECK(testing::contains_all(wanted->at("messageContains"), holds.error().message()));
    return;
  }
  REQUIRE(holds.has_value());
  std::string why;
  testing::bindings seen;
  const bool agrees = testing::matches(expect, outcome(*holds, trace), seen, &why);
  INFO(why);
  CHECK(agrees);
  CHECK(*condition.holds(visible) == *holds);
}

const testing::conformance_tests cases("condition", check);

} // namespace

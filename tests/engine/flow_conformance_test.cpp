// SPDX-License-Identifier: Apache-2.0
//
// tests/conformance/flow.json, the decided quirks of its area and the "step" cases of mapping.json,
// through the shipping engine: its actors, an in-memory store, a virtual clock.
#include <millrace/evaluate.hpp>

#include "catch.hpp"
#include "conformance_tests.hpp"

#include <set>
#include <string>
#include <vector>

using namespace millrace;
using testing::conformance_case;

namespace {

// {"errorName", "errorMessage"?, "errorMessageContains"?} against what we gave.
bool error_agrees(const json::object& expected, const json::value* actual, testing::bindings& seen,
                  std::string& why) {
  if (!actual || !actual->is_object()) {
    why = "no error was given";
    return false;
  }
  const json::object& got = actual->get_object();
  const std::string message(got.at("errorMessage").as_string());
  bool agrees = testing::text_matches(expected.at("errorName").as_string(),
                                      got.at("errorName").as_string(), seen);
  if (const json::value* whole = expected.if_contains("errorMessage"))
    agrees = agrees && testing::text_matches(whole->as_string(), message, seen);
  if (const json::value* parts = expected.if_contains("errorMessageContains"))
    agrees = agrees && testing::contains_all(*parts, message);
  if (!agrees)
    why = "error: expected " + stringify(expected) + ", got " + stringify(got);
  return agrees;
}

bool delays_agree(const json::array& expected, const json::value* actual, std::string& why) {
  const json::array none;
  const json::array& got = actual ? actual->as_array() : none;
  bool agrees = expected.size() == got.size();
  for (std::size_t i = 0; agrees && i < got.size(); ++i) {
    const double length = got[i].to_number<double>();
    if (const json::object* range = expected[i].if_object())
      agrees = range->at("min").to_number<double>() <= length &&
               length <= range->at("max").to_number<double>();
    else
      agrees = expected[i].to_number<double>() == length;
  }
  if (!agrees)
    why = "delays: got " + stringify(got);
  return agrees;
}

bool branches_agree(const json::array& expected, const json::value* actual, testing::bindings& seen,
                    std::string& why);

bool branch_agrees(const json::object& expected, const json::object& actual,
                   testing::bindings& seen, std::string& why) {
  for (const auto& member : expected) {
    const json::value* got = actual.if_contains(member.key());
    if (member.key() == "error") {
      if (!error_agrees(member.value().as_object(), got, seen, why))
        return false;
    } else if (member.key() == "branches") {
      if (!branches_agree(member.value().as_array(), got, seen, why))
        return false;
    } else if (!got || !testing::matches(member.value(), *got, seen, &why)) {
      why = "branch, " + std::string(member.key()) + ": " + why;
      return false;
    }
  }
  return true;
}

bool branches_agree(const json::array& expected, const json::value* actual, testing::bindings& seen,
                    std::string& why) {
  const json::array none;
  const json::array& got = actual ? actual->as_array() : none;
  if (expected.size() != got.size()) {
    why = "branches: got " + stringify(got);
    return false;
  }
  for (std::size_t i = 0; i < got.size(); ++i)
    if (!branch_agrees(expected[i].as_object(), got[i].as_object(), seen, why))
      return false;
  return true;
}

bool member_agrees(std::string_view key, const json::value& expected, const json::value* got,
                   testing::bindings& seen, std::string& why) {
  if (key == "errorInfo")
    return error_agrees(expected.as_object(), got, seen, why);
  if (key == "delaysMs")
    return delays_agree(expected.as_array(), got, why);
  if (key == "branches")
    return branches_agree(expected.as_array(), got, seen, why);
  if (got && testing::matches(expected, *got, seen, &why))
    return true;
  why = std::string(key) + ": " + (got ? why + ", got " + stringify(*got) : "missing");
  return false;
}

bool execution_agrees(const json::object& expected, const json::object& actual,
                      testing::bindings& seen, std::string& why) {
  for (const auto& member : expected)
    if (!member_agrees(member.key(), member.value(), actual.if_contains(member.key()), seen, why))
      return false;
  // What was recorded completely must not hold more here.
  for (const auto& member : actual) {
    if (member.key() == "finalContext" || expected.contains(member.key()))
      continue;
    why = std::string(member.key()) + ": not expected, got " + stringify(member.value());
    return false;
  }
  return true;
}

// Executions come in the order in which they began to exist; queued starts and calls may be listed
// in another order here (by acceptance), so each is looked for.
bool executions_agree(const json::array& expected, const json::array& actual,
                      testing::bindings& seen, std::string& why) {
  if (expected.size() != actual.size()) {
    why = "executions: " + std::to_string(actual.size()) + " instead of " +
          std::to_string(expected.size()) + ": " + stringify(actual);
    return false;
  }
  std::set<std::size_t> taken;
  for (const json::value& wanted : expected) {
    bool found = false;
    std::string first_reason;
    for (std::size_t i = 0; i < actual.size() && !found; ++i) {
      if (taken.count(i) != 0)
        continue;
      testing::bindings tried = seen;
      std::string reason;
      found = execution_agrees(wanted.as_object(), actual[i].as_object(), tried, reason);
      if (found) {
        seen = tried;
        taken.insert(i);
      } else if (first_reason.empty()) {
        first_reason = reason;
      }
    }
    if (!found) {
      why = first_reason;
      return false;
    }
  }
  return true;
}

void check_flow_with(const conformance_case& each, unsigned threads) {
  INFO("threads: " << threads);
  auto got = evaluate(evaluation_kind::flow, each.given, {threads});
  INFO((got ? std::string() : got.error().message()));
  REQUIRE(got.has_value());
  testing::bindings seen;
  std::string why;
  const bool agrees = executions_agree(each.expect.at("executions").as_array(),
                                       got->at("executions").as_array(), seen, why);
  INFO(why);
  CHECK(agrees);
  for (const char* name : {"resumeStatusCodes", "lambdaCallCounts", "sqsMessages"})
    if (const json::value* recorded = each.expect.as_object().if_contains(name)) {
      INFO(name);
      REQUIRE(got->contains(name));
      CHECK(testing::matches(*recorded, got->at(name), seen, &why));
    }
}

// With threads, and without any: pumped on this one.
void check_flow(const conformance_case& each) {
  check_flow_with(each, 1);
  check_flow_with(each, 0);
}

void check_step(const conformance_case& each) {
  auto got = evaluate(evaluation_kind::mapping, each.given);
  REQUIRE(got.has_value());
  testing::bindings seen;
  std::string why;
  for (const auto& member : each.expect.as_object()) {
    const bool agrees =
        member_agrees(member.key(), member.value(), got->if_contains(member.key()), seen, why);
    INFO(why);
    CHECK(agrees);
  }
}

bool is_step(const conformance_case& each) {
  return each.given.at("kind") == "step";
}

const testing::conformance_tests flow_cases("flow", check_flow);
const testing::conformance_tests step_cases("mapping", check_step, is_step);

} // namespace

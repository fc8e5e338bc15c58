// SPDX-License-Identifier: Apache-2.0
//
// tests/conformance/transform.json and the transform rows of quirks.json: the module on the input.
// A customConfig is rendered first as the interpreter does, with the context, the run state above
// it and the input on top.
#include "step_call.hpp"

#include "catch.hpp"
#include "conformance_tests.hpp"

#include <millrace/template.hpp>

using namespace millrace;
using namespace millrace::testing;

namespace {

json::object context_of(const conformance_case& one) {
  const json::value* const context = one.given.if_contains("context");
  return context != nullptr ? context->as_object() : json::object();
}

/// The run state of the recording; see tests/conformance/README.md, "mapping.json".
json::object run_state(const json::object& context) {
  return {{"flowDefinitionId", "conformance"},
          {"flowDefinitionVersion", 1},
          {"flowExecutionId", "00000000-0000-4000-8000-000000000000"},
          {"enableExecutionLogs", false},
          {"currentStepInstanceId", "s"},
          {"status", "RUNNING"},
          {"startTime", "2024-01-01T00:00:00.000Z"},
          {"currentContextData", context}};
}

json::object custom_config(const conformance_case& one) {
  const json::value* const config = one.given.if_contains("customConfig");
  if (config == nullptr)
    return {};
  const json::object context = context_of(one);
  const json::object state = run_state(context);
  flows::scope visible(context);
  visible.push(state).push(one.given.at("input").as_object());
  const auto rendered = flows::value_template::compile(*config).render(visible);
  REQUIRE(rendered.has_value());
  return rendered->as_object();
}

void check_failure(const json::object& expect, const step_error& actual) {
  INFO("failed with " << actual.name << ": " << actual.message);
  REQUIRE(expect.contains("error"));
  const json::object& wanted = expect.at("error").as_object();
  bindings seen;
  CHECK(text_matches(wanted.at("name").as_string(), actual.name, seen));
  if (const json::value* const parts = wanted.if_contains("messageContains"))
    CHECK(contains_all(*parts, actual.message));
}

void check(const conformance_case& one) {
  const step_result outcome = run({std::string(one.given.at("module").as_string()),
                                   one.given.at("input").as_object(), custom_config(one)});
  const json::object& expect = one.expect.as_object();
  if (outcome.has_error()) {
    check_failure(expect, outcome.error());
    return;
  }
  INFO("gave " << stringify(*outcome));
  REQUIRE(expect.contains("output"));
  bindings seen;
  std::string why;
  const bool agrees = matches(expect.at("output"), *outcome, seen, &why);
  INFO(why);
  CHECK(agrees);
}

const conformance_tests cases("transform", check);

} // namespace

// SPDX-License-Identifier: Apache-2.0
//
// The cases of tests/conformance/transform.json that have a customConfig: it is rendered as the
// interpreter does, with the context, the run state above it and the input on top.
#include "transform_case.hpp"

#include "catch.hpp"

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

} // namespace

TEST_CASE("a rendered customConfig is the default below the input") {
  int run = 0;
  for (const conformance_case& one : load_cases("transform.json")) {
    if (!has_custom_config(one)) {
      continue;
    }
    INFO(one.name);
    const json::object context = context_of(one);
    const json::object state = run_state(context);
    flows::scope visible(context);
    visible.push(state).push(one.given.at("input").as_object());
    const auto config =
        flows::value_template::compile(one.given.at("customConfig")).render(visible);
    REQUIRE(config.has_value());
    std::string why;
    const bool agrees = transform_agrees(one, config->as_object(), why);
    INFO(why);
    CHECK(agrees);
    ++run;
  }
  REQUIRE(run > 0);
}

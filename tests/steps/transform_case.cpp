// SPDX-License-Identifier: Apache-2.0
#include "transform_case.hpp"

#include "step_call.hpp"

namespace millrace::testing {

namespace {

bool error_agrees(const json::object& expected, const step_error& actual) {
  bindings seen;
  const json::value* const text = expected.if_contains("messageContains");
  return text_matches(expected.at("name").as_string(), actual.name, seen) &&
         (text == nullptr || contains_all(*text, actual.message));
}

} // namespace

bool has_custom_config(const conformance_case& one) {
  return one.given.contains("customConfig");
}

bool transform_agrees(const conformance_case& one, const json::object& custom_config,
                      std::string& why) {
  const step_result outcome = run({std::string(one.given.at("module").as_string()),
                                   one.given.at("input").as_object(), custom_config});
  const json::object& expect = one.expect.as_object();
  const json::value* const output = expect.if_contains("output");
  if (outcome.has_error()) {
    why = "failed with " + outcome.error().name + ": " + outcome.error().message;
    const json::value* const failure = expect.if_contains("error");
    return failure != nullptr && error_agrees(failure->as_object(), outcome.error());
  }
  why = "gave " + stringify(*outcome) + " where a failure was expected";
  bindings seen;
  return output != nullptr && matches(*output, *outcome, seen, &why);
}

} // namespace millrace::testing

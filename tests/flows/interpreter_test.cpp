// SPDX-License-Identifier: Apache-2.0
//
// Before which step an execution stands that ended without completing. What else the interpreter
// does is in the conformance cases and in engine's tests.
#include <millrace/interpreter.hpp>

#include "catch.hpp"

using namespace millrace;
using namespace millrace::flows;

namespace {

std::shared_ptr<const flow_definition> definition(const char* steps) {
  const auto text = parse_json(
      R"({"id": "f", "startStepInstanceId": "a", "steps": )" + std::string(steps) + '}', "flow");
  auto compiled = compile_definition(text.value().get_object(), {});
  INFO(describe(compiled.problems));
  REQUIRE(compiled.definition);
  return compiled.definition;
}

// Two steps; `a` may lead to `b` as often as `limit` says (0: always).
std::string steps(const char* limit, const char* more = "") {
  return std::string(R"({
    "a": {"stepInstanceId": "a", "stepType": "NO_OP", "defaultNextStepInstanceId": "b",
          "defaultNextMaxTransitions": )") +
         limit + R"(},
    "b": {"stepInstanceId": "b", "stepType": "NO_OP", "defaultNextStepInstanceId": "a")" +
         more + "}}";
}

// Runs attempts, of which the `failing`th fails and `attempts` succeed before it ends in `cancel`.
struct course {
  int attempts = 0;
  int failing = 0; ///< 0: none
  bool cancel = false;
};

std::string stopped_before(const std::string& steps_text, const course& what) {
  execution_state state(definition(steps_text.c_str()), {}, start_request(), {});
  interpreter stepping(state);
  for (int attempt = 1; attempt <= what.attempts; ++attempt) {
    auto wanted = stepping.next({1, 1});
    if (!wanted)
      break;
    const auto* run = std::get_if<run_step_effect>(&*wanted);
    REQUIRE(run != nullptr);
    if (attempt == what.failing)
      stepping.on_result(run->cursor, step_error::permanent("It fails."), {1, 1});
    else
      stepping.on_result(run->cursor, json::value(json::object()), {1, 1});
  }
  if (what.cancel)
    stepping.cancel("stop");
  CHECK(is_terminal(state.status()));
  return state.stopped_before();
}

} // namespace

TEST_CASE("an execution that failed at a step or was interrupted there stands before it") {
  CHECK(stopped_before(steps("0"), {1, 1}) == "a");
  CHECK(stopped_before(steps("0"), {4, 4}) == "b");
  CHECK(stopped_before(steps("0"), {0, 0, true}) == "a"); // not even begun
  CHECK(stopped_before(steps("0"), {1, 0, true}) == "b"); // about to enter it
  CHECK(stopped_before(steps("0"), {2, 0, true}) == "a");
}

TEST_CASE("an execution whose last step had completed stands before none") {
  CHECK(stopped_before(steps("1"), {9}) == ""); // no way leads on any more
  CHECK(stopped_before(R"({"a": {"stepInstanceId": "a", "stepType": "NO_OP"}})", {9}) == "");
}

TEST_CASE("a failure that went to a fallback leaves nothing behind") {
  const char* end = R"({"a": {"stepInstanceId": "a", "stepType": "NO_OP",
                              "onError": {"fallbackStepInstanceId": "b"}},
                        "b": {"stepInstanceId": "b", "stepType": "NO_OP"}})";
  CHECK(stopped_before(end, {2, 1}) == "");
  CHECK(stopped_before(end, {1, 1, true}) == "b");
}

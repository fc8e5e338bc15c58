// SPDX-License-Identifier: Apache-2.0
//
// How far an execution has come, by steps and by checkpoints.
#include <millrace/progress.hpp>

#include "catch.hpp"

using namespace millrace;

namespace {

flows::flow_definition flow(const std::string& steps) {
  json::value document =
      parse_json(R"({"id": "f", "startStepInstanceId": "a", "steps": )" + steps + '}', "flow")
          .value();
  for (auto& step : document.at("steps").as_object())
    step.value().as_object()["stepInstanceId"] = step.key();
  auto compiled = flows::compile_definition(document.as_object(), {}, "");
  INFO(flows::describe(compiled.problems));
  REQUIRE(compiled.definition);
  return *compiled.definition;
}

std::string progress(const flows::flow_definition& definition, const std::vector<std::string>& path,
                     execution_status status) {
  return stringify(flows::measure_progress(definition, path, status).to_json());
}

const char* const plain_steps =
    R"({"a": {"stepType": "NO_OP", "displayName": "First", "defaultNextStepInstanceId": "b"},
        "b": {"stepType": "NO_OP", "displayName": "Second", "defaultNextStepInstanceId": "c"},
        "c": {"stepType": "NO_OP"}})";

const char* const checkpoint_steps =
    R"({"a": {"stepType": "NO_OP", "displayName": "Begin", "defaultNextStepInstanceId": "b"},
        "b": {"stepType": "NO_OP", "checkpoint": {"id": "paid", "label": "Paid", "order": 20},
              "defaultNextStepInstanceId": "c"},
        "c": {"stepType": "NO_OP", "checkpoint": {"id": "sent", "label": "Sent"},
              "defaultNextStepInstanceId": "d"},
        "d": {"stepType": "NO_OP", "checkpoint": {"id": "seen", "label": "Seen", "order": 10}}})";

} // namespace

TEST_CASE("a flow without checkpoints is measured by its steps") {
  const auto definition = flow(plain_steps);
  using status = execution_status;
  CHECK(progress(definition, {}, status::running) ==
        R"({"completedStepCount":0,"totalStepCount":3,"progressPercent":0})");
  CHECK(
      progress(definition, {"a", "b"}, status::waiting) ==
      R"({"completedStepCount":1,"totalStepCount":3,"progressPercent":33,)"
      R"("currentStepInstanceId":"b","currentStepDisplayName":"Second","currentStepType":"NO_OP"})");
  CHECK(progress(definition, {"a", "b", "c"}, status::running).find(R"("progressPercent":67)") !=
        std::string::npos);
  CHECK(progress(definition, {"a", "b"}, status::failed) ==
        R"({"completedStepCount":1,"totalStepCount":3,"progressPercent":33})");
  CHECK(progress(definition, {"a"}, status::completed) ==
        R"({"completedStepCount":1,"totalStepCount":3,"progressPercent":100})");
}

TEST_CASE("a loop passes 100 percent of the steps and shows no more than that") {
  const auto definition = flow(plain_steps);
  CHECK(progress(definition, {"a", "b", "a", "b", "a", "b"}, execution_status::running)
            .find(R"("completedStepCount":5,"totalStepCount":3,"progressPercent":100)") !=
        std::string::npos);
}

TEST_CASE("a flow with checkpoints is measured by the farthest one, which a loop never leaves") {
  const auto definition = flow(checkpoint_steps);
  using status = execution_status;
  CHECK(progress(definition, {"a"}, status::running)
            .find(R"("progressPercent":0,"totalCheckpoints":3)") != std::string::npos);
  CHECK(progress(definition, {"a", "b"}, status::failed) ==
        R"({"completedStepCount":1,"totalStepCount":4,"progressPercent":67,"totalCheckpoints":3,)"
        R"("currentCheckpoint":{"id":"paid","label":"Paid","order":20,"ordinal":2}})");
  CHECK(progress(definition, {"a", "b", "d"}, status::failed).find(R"("id":"paid")") !=
        std::string::npos);
  CHECK(progress(definition, {"c"}, status::failed) ==
        R"({"completedStepCount":0,"totalStepCount":4,"progressPercent":100,"totalCheckpoints":3,)"
        R"("currentCheckpoint":{"id":"sent","label":"Sent","ordinal":3}})");
}

TEST_CASE("checkpoints without an order come last, as they stand in the definition") {
  const auto definition = flow(R"({"a": {"stepType": "NO_OP", "defaultNextStepInstanceId": "z"},
               "z": {"stepType": "NO_OP", "checkpoint": {"id": "z", "label": "Z"},
                     "defaultNextStepInstanceId": "m"},
               "m": {"stepType": "NO_OP", "checkpoint": {"id": "m", "label": "M"},
                     "defaultNextStepInstanceId": "2"},
               "2": {"stepType": "NO_OP", "checkpoint": {"id": "2", "label": "Two"},
                     "defaultNextStepInstanceId": "b"},
               "b": {"stepType": "NO_OP", "checkpoint": {"id": "b", "label": "B", "order": 5}}})");
  const std::vector<std::string> expected{"b", "2", "z", "m"}; // a number as a name comes first
  for (std::size_t i = 0; i < expected.size(); ++i) {
    INFO(expected[i]);
    const auto measured =
        flows::measure_progress(definition, {expected[i]}, execution_status::running);
    REQUIRE(measured.current_checkpoint.has_value());
    CHECK(measured.current_checkpoint->ordinal == static_cast<std::int64_t>(i) + 1);
  }
}

TEST_CASE("the headline is the checkpoint, else the step, else the status") {
  const auto headline = [](const char* steps, const std::vector<std::string>& path,
                           execution_status status) {
    return flows::measure_progress(flow(steps), path, status).headline(status);
  };
  using status = execution_status;
  CHECK(headline(checkpoint_steps, {"a", "b"}, status::running) == "Paid");
  CHECK(headline(checkpoint_steps, {"a"}, status::running) == "Begin");
  CHECK(headline(plain_steps, {"a", "b", "c"}, status::running) == "c");
  CHECK(headline(plain_steps, {"a"}, status::completed) == "Completed");
  CHECK(headline(plain_steps, {"a"}, status::failed) == "FAILED");
}

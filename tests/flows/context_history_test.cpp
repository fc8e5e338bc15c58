// SPDX-License-Identifier: Apache-2.0
//
// A context of the past from step records; what the records of real executions give is tested with
// redrives in engine.
#include <millrace/context_history.hpp>

#include "catch.hpp"

using namespace millrace;

namespace {

json::object object(std::string_view text) {
  return std::move(parse_json(text, "test").value().get_object());
}

std::shared_ptr<const flows::flow_definition> definition() {
  auto compiled = flows::compile_definition(object(R"({"id": "f", "startStepInstanceId": "a",
    "steps": {
      "a": {"stepInstanceId": "a", "stepType": "NO_OP", "outputMappings": {"$.a": "$.x"},
            "defaultNextStepInstanceId": "w"},
      "w": {"stepInstanceId": "w", "stepType": "WAIT_FOR_EXTERNAL_EVENT",
            "correlationKeyTemplate": "k"}}})"),
                                            {});
  REQUIRE(compiled.definition);
  return compiled.definition;
}

// What records (a line each) lead to before the visit at `position`.
result<json::object> before(std::size_t position, const std::vector<const char*>& records,
                            std::string_view final_context) {
  flows::context_history history(definition(), object(R"({"n": 1})"), position);
  for (const char* record : records)
    if (auto added = history.add(object(record)); !added)
      return added.error();
  return history.context_before(final_context);
}

constexpr const char* gave_2 =
    R"({"stepInstanceId": "a", "status": "COMPLETED", "visitNumber": 1, "outputData": {"x": 2}})";
constexpr const char* of_branch =
    R"({"stepInstanceId": "a", "status": "COMPLETED", "visitNumber": 2, "outputData": {"x": 9},
        "branchExecutionId": "/1.0"})";
constexpr const char* waits = R"({"stepInstanceId": "w", "status": "WAITING", "visitNumber": 3})";
constexpr const char* event =
    R"({"stepInstanceId": "w", "status": "COMPLETED", "visitNumber": 3, "outputData": {"by": 1}})";
constexpr const char* failed = R"({"stepInstanceId": "a", "status": "FAILED", "visitNumber": 4})";

} // namespace

TEST_CASE("the outputs in step records make a context again, from visit to visit") {
  const std::vector<const char*> all{gave_2, of_branch, waits, event, failed};
  const char* after = R"({"n":1,"a":2})";
  CHECK(before(0, all, after).value() == object(R"({"n": 1})"));
  for (const std::size_t position : {1U, 2U}) // the event is dropped: the step maps nothing
    CHECK(before(position, all, after).value() == object(after));
  // The last visit may have no record at all: it was interrupted.
  CHECK(before(1, {gave_2}, after).value() == object(after));
}

TEST_CASE("a step that reads its input again finds it in its record") {
  CHECK(before(1, {R"({"stepInstanceId": "a", "status": "COMPLETED", "visitNumber": 1,
                    "outputData": {"y": 0}, "inputMappingResult": {"x": 5}})"},
               R"({"n":1,"a":5})")
            .value() == object(R"({"n": 1, "a": 5})"));
}

TEST_CASE("records that cannot be trusted give no context") {
  struct row {
    std::vector<const char*> records;
    const char* final_context;
    const char* words;
  };
  const std::vector<row> rows{
      {{R"({"stepInstanceId": "a", "status": "COMPLETED", "outputData": {}})"},
       "{}",
       "which visit of which step"},
      {{R"({"stepInstanceId": "gone", "status": "COMPLETED", "visitNumber": 1})"},
       "{}",
       "which visit of which step"},
      {{}, R"({"n":1})", "every step that the execution went through"},
      {{gave_2}, R"({"n":1,"a":3})", "how the context became what it was at the end"},
      {{gave_2}, R"({"a":2,"n":1})", "how the context became what it was at the end"}};
  for (const row& each : rows) {
    INFO(each.words);
    const auto context = before(1, each.records, each.final_context);
    REQUIRE(context.has_error());
    CHECK(context.error().code() == errc::conflict);
    CHECK(context.error().message().find(each.words) != std::string::npos);
  }
}

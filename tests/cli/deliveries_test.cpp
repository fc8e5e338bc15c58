// SPDX-License-Identifier: Apache-2.0
//
// Completion actions and notifications as the command shows them.
#include "command.hpp"

#include "catch.hpp"

using namespace millrace::cli::testing;
namespace json = millrace::json;

namespace {

constexpr const char* queue = "https://sqs.eu-west-1.amazonaws.com/1/told";

// Logs its end, and calls a function that nobody has named.
std::string acting_flow() {
  return simple_flow("acting", R"("onCompletionActions": [
    {"actionType": "LOG_ONLY", "executeOnStatus": "ANY", "payloadTemplate": {"n": "$.n"}},
    {"actionType": "CUSTOM_LAMBDA_INVOKE", "target": "nobody", "executeOnStatus": "ANY"}], )");
}

} // namespace

TEST_CASE("run says what was logged and what could not be delivered, and completes all the same") {
  const workplace place;
  place.write("f.json", acting_flow());
  const outcome result = place.run({"run", "f.json", "--input", "{\"n\": 3}", "--db", "m.db"});
  CHECK(result.status == 0);
  CHECK(result.err.find("has ended: {\"n\":3}") != std::string::npos);
  CHECK(result.err.find("A delivery has failed: onCompletionActions[1] of ") != std::string::npos);
  CHECK(result.err.find("Function not found: nobody") != std::string::npos);
  const json::array shown = place.run({"list", "--db", "m.db", "--output", "json"}).executions();
  REQUIRE(shown.size() == 1);
  const std::string id(shown[0].at("flowExecutionId").as_string());
  const json::array delivered =
      place.run({"list", "--deliveries", "--parent", id, "--db", "m.db", "--output", "json"})
          .executions();
  REQUIRE(delivered.size() == 2);
  CHECK(delivered[0].at("executionKind") == "DELIVERY");
  const outcome detail = place.run({"show", id, "--db", "m.db", "--output", "json"});
  CHECK(detail.document().at("deliveries").as_array().size() == 2);
  const outcome text = place.run({"show", id, "--db", "m.db"});
  CHECK(text.out.find("onCompletionActions[1]") != std::string::npos);
}

TEST_CASE("run --notify tells a queue, whose name in the flow's world needs no set-up") {
  const workplace place;
  place.write("f.json", simple_flow("quiet"));
  const outcome result =
      place.run({"run", "f.json", "--db", "m.db", "--notify",
                 std::string("{\"sqsUrl\": \"") + queue + "\", \"events\": [\"TERMINAL\"]}"});
  INFO(result.err);
  CHECK(result.status == 0);
  const json::array delivered =
      place.run({"list", "--deliveries", "--db", "m.db", "--output", "json"}).executions();
  REQUIRE(delivered.size() == 1);
  CHECK(delivered[0].at("parentStepInstanceId") == "notificationConfig.queue.TERMINAL");
  CHECK(delivered[0].at("status") == "COMPLETED");
}

// SPDX-License-Identifier: Apache-2.0
#include <millrace/bundle.hpp>
#include <millrace/definition.hpp>

#include "catch.hpp"
#include "conformance.hpp"

#include <filesystem>
#include <set>
#include <string>

using namespace millrace;

namespace {

flows::definition_rules shipped_rules() {
  flows::definition_rules rules;
  // Which modules of the system there are is checked where they are.
  rules.knows_module = [](std::string_view module) { return module.starts_with("system/"); };
  return rules;
}

} // namespace

TEST_CASE("every sample flow is valid, published and says what it does") {
  std::set<std::string> ids;
  for (const auto& entry :
       std::filesystem::directory_iterator(MILLRACE_SOURCE_DIR "/flows/examples")) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(".json") || name.ends_with(".test.json")) {
      continue;
    }
    INFO(name);
    const json::value document = testing::load_json("flows/examples/" + name);
    const auto source = flows::read_flow_source(document, name);
    CHECK(flows::describe(source.problems) == "");
    REQUIRE_FALSE(source.flows.empty());
    for (const flows::flow_record& flow : source.flows) {
      CHECK(flow.is_published);
      CHECK(flow.definition.contains("description"));
      const auto outcome = flows::compile_definition(flow.definition, shipped_rules());
      CHECK(flows::describe(outcome.problems) == ""); // no warning either: it runs on Allma as well
      REQUIRE(outcome.ok());
      ids.insert(outcome.definition->id);
    }
  }
  CHECK(ids == std::set<std::string>{"expense-approval", "order-intake", "order-quote", "parcel",
                                     "parcel-label", "process-order-flow", "relay", "restock",
                                     "restock-notice", "support-answer", "support-desk",
                                     "support-mail"});
}

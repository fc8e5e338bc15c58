// SPDX-License-Identifier: Apache-2.0
#include <millrace/definition.hpp>

#include "catch.hpp"
#include "conformance.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace millrace;
using flows::compile_definition;
using flows::problem;

namespace {

/// Rules like those of the shipped engine, with the reusable step definitions of one case.
flows::definition_rules rules_with(const json::array& step_definitions = {}) {
  flows::definition_rules rules;
  auto known = std::make_shared<json::array>(step_definitions);
  rules.find_step_definition = [known](std::string_view id) -> const json::object* {
    for (const json::value& definition : *known) {
      if (definition.at("id").as_string() == id) {
        return &definition.as_object();
      }
    }
    return nullptr;
  };
  rules.knows_module = [](std::string_view module) { return module.substr(0, 7) == "system/"; };
  return rules;
}

/// The definition of a case: `record` whole, or `steps` alone, which start with the first one.
json::object record_of(const json::object& given) {
  if (const json::value* record = given.if_contains("record")) {
    return record->as_object();
  }
  const json::object& steps = given.at("steps").as_object();
  return {
      {"id", "f"}, {"version", 1}, {"startStepInstanceId", steps.begin()->key()}, {"steps", steps}};
}

const char* name_of(problem::severity_type severity) {
  return severity == problem::severity_type::error ? "error" : "warning";
}

/// Takes the problem that `expected` = [severity, pointer, words] describes out of `found`.
bool take_problem(std::vector<problem>& found, const json::array& expected) {
  const auto fits = [&expected](const problem& each) {
    return expected[0].as_string() == name_of(each.severity) &&
           expected[1].as_string() == each.pointer &&
           each.message.find(expected[2].as_string().c_str()) != std::string::npos;
  };
  const auto match = std::find_if(found.begin(), found.end(), fits);
  if (match == found.end()) {
    return false;
  }
  found.erase(match);
  return true;
}

json::array list_or_empty(const json::object& object, std::string_view key) {
  const json::value* list = object.if_contains(key);
  return list == nullptr ? json::array() : list->as_array();
}

json::object parse_object(std::string_view text) {
  return json::parse(json::string_view(text.data(), text.size())).as_object();
}

} // namespace

TEST_CASE("each broken rule is reported once, with its place and what to do") {
  const json::value table = testing::load_json("tests/flows/data/definitions.json");
  for (const json::value& each : table.as_array()) {
    const json::object& given = each.as_object();
    INFO(given.at("name").as_string().c_str());
    auto outcome =
        compile_definition(record_of(given), rules_with(list_or_empty(given, "stepDefinitions")));
    INFO(flows::describe(outcome.problems));

    const auto& expected = given.at("problems").as_array();
    const bool broken = std::any_of(expected.begin(), expected.end(), [](const json::value& entry) {
      return entry.as_array()[0] == "error";
    });
    CHECK(outcome.ok() == !broken);
    for (const json::value& entry : expected) {
      INFO("expected: " << json::serialize(entry));
      CHECK(take_problem(outcome.problems, entry.as_array()));
    }
    CHECK(flows::describe(outcome.problems) == "");
    const json::value* missing = given.if_contains("missing");
    CHECK(outcome.missing_step_definition == (missing ? missing->as_string() : json::string()));
  }
}

TEST_CASE("the conformance cases about definitions are refused or accepted as by the reference") {
  std::size_t seen = 0;
  for (const testing::conformance_case& each : testing::load_cases("flow.json")) {
    const bool refused_start = each.name == "call: sync as text is refused" ||
                               each.name == "unknown reusable step definition";
    if (each.name.rfind("definition:", 0) != 0 && !refused_start) {
      continue;
    }
    ++seen;
    INFO(each.name);
    const json::value& root = each.expect.at("executions").at(0);
    const auto outcome =
        compile_definition(each.given.at("flows").at(0).as_object(),
                           rules_with(list_or_empty(each.given, "stepDefinitions")));
    INFO(flows::describe(outcome.problems));
    CHECK(outcome.ok() == (root.at("status") == "COMPLETED"));
  }
  CHECK(seen >= 18);
}

TEST_CASE("every flow that ran in a conformance case or quirk compiles") {
  const std::set<std::string> not_here{"custom_lambda", "sqs_send"};
  auto cases = testing::load_cases("flow.json");
  const auto quirks = testing::load_cases("quirks.json", "flow");
  cases.insert(cases.end(), quirks.begin(), quirks.end());
  for (const testing::conformance_case& each : cases) {
    const bool skipped =
        std::any_of(each.required.begin(), each.required.end(),
                    [&](const std::string& name) { return not_here.count(name) != 0; });
    const auto& root = each.expect.at("executions").at(0).as_object();
    const std::string text = json::serialize(each.given);
    // These step types cannot run here: their flows are refused by name.
    const bool other_type = text.find("\"START_SUB_FLOW\"") != std::string::npos ||
                            text.find("\"CUSTOM_LAMBDA_INVOKE\"") != std::string::npos ||
                            text.find("\"SQS_SEND\"") != std::string::npos;
    // A version is recorded only for flows that the reference could load.
    if (skipped || other_type || !root.contains("flowDefinitionVersion")) {
      continue;
    }
    INFO(each.name);
    const auto rules = rules_with(list_or_empty(each.given, "stepDefinitions"));
    for (const json::value& flow : each.given.at("flows").as_array()) {
      if (flow.at("id") != root.at("flowDefinitionId")) {
        continue;
      }
      const auto outcome = compile_definition(flow.as_object(), rules);
      INFO(flows::describe(outcome.problems));
      CHECK(outcome.ok());
    }
  }
}

TEST_CASE("a definition is compiled member by member") {
  const auto outcome = compile_definition(parse_object(R"json({
    "id": "orders", "version": 3, "isPublished": true, "name": "Orders",
    "enableExecutionLogs": true, "startStepInstanceId": "f",
    "steps": {
      "f": {"stepInstanceId": "f", "stepType": "PARALLEL_FORK_MANAGER", "displayName": "Each",
            "itemsPath": "$.orders", "checkpoint": {"id": "c", "label": "Orders", "order": 2},
            "parallelBranches": [{"branchId": "b", "stepInstanceId": "s",
                                  "condition": "$.currentItem.ok"}],
            "aggregationConfig": {"strategy": "SUM", "dataPath": "$.total",
                                  "failOnBranchError": false, "maxConcurrency": 7},
            "outputMappings": {"$.sum": "$.aggregatedData"},
            "transitions": [{"condition": "$.sum > 5", "nextStepInstanceId": "w"},
                            {"condition": "$.sum", "nextStepInstanceId": "w",
                             "maxTransitions": 0}],
            "defaultNextStepInstanceId": "w", "defaultNextMaxTransitions": 9},
      "s": {"stepInstanceId": "s", "stepType": "START_FLOW_EXECUTION",
            "moduleIdentifier": "system/start-flow-execution", "flowDefinitionId": "{{child}}",
            "literals": {"b": 1, "2": 2, "1": 3}, "customConfig": {"sync": true},
            "delay": {"delayFrom": 10, "delayTo": 20, "position": "before"},
            "onError": {"retries": {"count": 2, "intervalSeconds": 4, "errorEquals": ["E"]},
                        "retryOnContentError": {}, "fallbackStepInstanceId": "w"}},
      "w": {"stepInstanceId": "w", "stepType": "WAIT_FOR_EXTERNAL_EVENT",
            "correlationKeyTemplate": "k:{{id}}", "maxWaitTimeSeconds": 60,
            "outputValidation": {"requiredFields": ["$.decision"]},
            "delay": {"milliseconds": 5}, "outputMappings": {}}
    }})json"),
                                          rules_with());
  INFO(flows::describe(outcome.problems));
  REQUIRE(outcome.ok());
  const flows::flow_definition& flow = *outcome.definition;
  CHECK(flow.id == "orders");
  CHECK(flow.version == 3);
  CHECK(flow.is_published);
  CHECK(flow.name == "Orders");
  CHECK(flow.enable_execution_logs);
  CHECK(flow.start_step_instance_id == "f");
  CHECK(flow.content_hash.size() == 64);
  REQUIRE(flow.steps.size() == 3);
  CHECK(flow.find_step("nothing") == nullptr);

  const flows::step& fork = *flow.find_step("f");
  CHECK(fork.type == "PARALLEL_FORK_MANAGER");
  CHECK(fork.display_name == "Each");
  REQUIRE(fork.checkpoint);
  CHECK(fork.checkpoint->label == "Orders");
  CHECK(fork.checkpoint->order == 2);
  CHECK(fork.outputs_given);
  CHECK_FALSE(fork.literals);
  REQUIRE(fork.transitions.size() == 2);
  CHECK(fork.transitions[0].when.text() == "$.sum > 5");
  CHECK(fork.transitions[0].max_transitions == 5);
  CHECK(fork.transitions[1].max_transitions == 0);
  CHECK(fork.default_next == "w");
  CHECK(fork.default_next_max_transitions == 9);
  REQUIRE(fork.fork);
  REQUIRE(fork.fork->items_path);
  CHECK(fork.fork->items_path->text() == "$.orders");
  REQUIRE(fork.fork->branches.size() == 1);
  CHECK(fork.fork->branches[0].step_instance_id == "s");
  CHECK(fork.fork->branches[0].condition->text() == "$.currentItem.ok");
  CHECK(fork.fork->aggregation.strategy == flows::aggregation_strategy::sum);
  CHECK(fork.fork->aggregation.data_path->text() == "$.total");
  CHECK_FALSE(fork.fork->aggregation.fail_on_branch_error);
  CHECK(fork.fork->aggregation.max_concurrency == 7);

  const flows::step& start = *flow.find_step("s");
  REQUIRE(start.start);
  CHECK(start.start->flow_definition_id->text() == "{{child}}");
  CHECK_FALSE(start.start->flow_version);
  CHECK(start.start->sync);
  REQUIRE(start.literals);
  REQUIRE(start.literals->size() == 3);
  CHECK(start.literals->at(0).first == "1"); // integer-like names first, as in JavaScript
  CHECK(start.literals->at(1).first == "2");
  CHECK(start.literals->at(2).first == "b");
  REQUIRE(start.delay);
  CHECK(start.delay->from.count() == 10);
  CHECK(start.delay->to.count() == 20);
  CHECK(start.delay->before);
  REQUIRE(start.on_error.retries);
  CHECK(start.on_error.retries->count == 2);
  CHECK(start.on_error.retries->interval.count() == 4);
  CHECK(start.on_error.retries->backoff_rate == 2.0);
  CHECK(start.on_error.retries->error_equals == std::vector<std::string>{"E"});
  CHECK(start.on_error.retry_on_content_error->count == 1);
  CHECK(start.on_error.fallback_step_instance_id == "w");
  CHECK_FALSE(start.outputs_given);
  CHECK_FALSE(start.outputs.empty());

  const flows::step& wait = *flow.find_step("w");
  REQUIRE(wait.wait);
  CHECK(wait.wait->correlation_key.text() == "k:{{id}}");
  CHECK(wait.wait->max_wait->count() == 60);
  REQUIRE(wait.required_fields.size() == 1);
  CHECK(wait.required_fields[0].text() == "$.decision");
  CHECK(wait.delay->from == wait.delay->to);
  CHECK_FALSE(wait.delay->before);
  CHECK(wait.outputs_given);
  CHECK(wait.outputs.empty());
  CHECK(wait.custom_config.is_undefined());
}

TEST_CASE("a reusable definition lies under the step, and the merged text compiles by itself") {
  const json::array reusable{parse_object(
      R"({"id": "gen", "name": "Gen", "stepType": "DATA_TRANSFORMATION",
          "moduleIdentifier": "system/generate-array",
          "literals": {"count": 9, "note": "below"}, "extra": {"a": 1, "b": 2}})")};
  const auto first = compile_definition(parse_object(R"({
      "id": "f", "startStepInstanceId": "a",
      "steps": {"a": {"stepInstanceId": "a", "stepDefinitionId": "gen",
                      "literals": {"count": 2}, "extra": {"b": 3}}}})"),
                                        rules_with(reusable));
  INFO(flows::describe(first.problems));
  REQUIRE(first.ok());
  CHECK(first.definition->version == 1);
  const flows::step& merged = *first.definition->find_step("a");
  CHECK(merged.type == "DATA_TRANSFORMATION");
  CHECK(merged.module_identifier == "system/generate-array");
  CHECK(merged.step_definition_id == "gen");
  CHECK(merged.raw.at("literals") == parse_object(R"({"count": 2, "note": "below"})"));
  CHECK(merged.raw.at("extra") == parse_object(R"({"a": 1, "b": 3})"));

  const auto again = compile_definition(first.definition->raw, rules_with());
  INFO(flows::describe(again.problems));
  REQUIRE(again.ok());
  CHECK(again.definition->raw == first.definition->raw);
  CHECK(again.definition->content_hash == first.definition->content_hash);
}

TEST_CASE("the content hash tells texts apart, whatever they mean") {
  const auto hash_of = [](const char* text) {
    return compile_definition(parse_object(text), rules_with()).definition->content_hash;
  };
  const char* text = R"({"id": "f", "startStepInstanceId": "a",
                         "steps": {"a": {"stepInstanceId": "a", "stepType": "NO_OP"}}})";
  const char* other = R"({"id": "f", "startStepInstanceId": "a", "description": "x",
                          "steps": {"a": {"stepInstanceId": "a", "stepType": "NO_OP"}}})";
  CHECK(hash_of(text) == hash_of(text));
  CHECK(hash_of(text) != hash_of(other));
}

TEST_CASE("problems have the prefix of the place where the definition stood") {
  const auto outcome = compile_definition(
      parse_object(R"({"id": "f", "version": 0, "startStepInstanceId": "a", "steps": {"a": {}}})"),
      rules_with(), "/flows/2");
  REQUIRE(outcome.problems.size() == 3);
  CHECK(outcome.problems[0].pointer == "/flows/2/version");
  CHECK(outcome.problems[1].pointer == "/flows/2/steps/a");
  CHECK(flows::describe(outcome.problems).rfind("error at /flows/2/version: version must be", 0) ==
        0);
}

TEST_CASE("step overrides are merged deeply over their steps and recompiled") {
  const auto base = compile_definition(parse_object(R"({
      "id": "f", "startStepInstanceId": "a",
      "steps": {"a": {"stepInstanceId": "a", "stepType": "DATA_TRANSFORMATION",
                      "moduleIdentifier": "system/compose-object-from-input",
                      "literals": {"x": "old", "y": 1}, "defaultNextStepInstanceId": "b"},
                "b": {"stepInstanceId": "b", "stepType": "NO_OP"}}})"),
                                       rules_with());
  REQUIRE(base.ok());

  SECTION("what is given wins, what is null goes, the rest stays") {
    const auto changed = flows::with_step_overrides(
        *base.definition,
        parse_object(R"({"a": {"literals": {"x": "new"}, "defaultNextStepInstanceId": null},
                         "unknown": {"literals": {}}})"),
        rules_with());
    REQUIRE(changed.has_value());
    const flows::step& step = *(*changed)->find_step("a");
    CHECK(step.raw.at("literals") == parse_object(R"({"x": "new", "y": 1})"));
    CHECK(step.default_next.empty());
    CHECK((*changed)->raw.at("steps").at("a") == step.raw);
    CHECK((*changed)->content_hash != base.definition->content_hash);
    CHECK(base.definition->find_step("a")->default_next == "b");
  }
  SECTION("overrides that break a rule are refused with their place") {
    const auto changed = flows::with_step_overrides(
        *base.definition,
        parse_object(R"({"a": {"defaultNextStepInstanceId": "zz"}, "b": {"stepType": "HUM"}})"),
        rules_with());
    REQUIRE(changed.has_error());
    CHECK(changed.error().code() == errc::invalid_definition);
    CHECK(changed.error().message().find("/steps/a/defaultNextStepInstanceId") !=
          std::string::npos);
    CHECK(changed.error().message().find("\"HUM\"") != std::string::npos);
  }
}

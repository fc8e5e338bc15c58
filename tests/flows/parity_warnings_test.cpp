// SPDX-License-Identifier: Apache-2.0
//
// Where Millrace differs from Allma the definition is warned of at the place, and nowhere else:
// every documented row of parity.json, and every case that gives the same, as a flow.
#include <millrace/definition.hpp>

#include "catch.hpp"
#include "conformance.hpp"

#include <algorithm>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace millrace;
using namespace millrace::flows;
using testing::conformance_case;
using testing::parity_decision;

namespace {

constexpr std::string_view expression_areas[] = {"jsonpath", "condition", "template", "mapping",
                                                 "transform"};

definition_rules rules_for(const conformance_case& given) {
  definition_rules rules;
  const json::value* list = given.given.if_contains("stepDefinitions");
  const json::array definitions = list != nullptr ? list->as_array() : json::array();
  rules.find_step_definition = [definitions](std::string_view id) -> const json::object* {
    for (const json::value& each : definitions)
      if (std::string_view(each.at("id").as_string()) == id)
        return each.if_object();
    return nullptr;
  };
  return rules;
}

json::object when(std::string_view condition) {
  const json::object way{{"condition", condition}, {"nextStepInstanceId", "s"}};
  return {{"transitions", json::array{way}}};
}

json::object members_for_path(const json::value& path) {
  const std::string text(path.as_string());
  if (text.substr(0, 2) == "$.")
    return {{"outputMappings", json::object{{"$.r", path}}}};
  // A mapping's path starts with "$."; the right side of a comparison need not.
  return when("$.x == " + text);
}

/// What a step needs to use the expression of a case.
json::object members_for(std::string_view area, const json::object& given) {
  if (area == "jsonpath")
    return members_for_path(given.at("path"));
  if (area == "condition")
    return when(given.at("condition").as_string());
  if (area == "transform") {
    const json::value* config = given.if_contains("customConfig");
    return {{"moduleIdentifier", given.at("module")},
            {"literals", given.at("input")},
            {"customConfig", config != nullptr ? *config : json::value(json::object())}};
  }
  const json::value& kind = given.at("kind");
  if (kind == "render")
    return {{"literals", json::object{{"v", given.at("template")}}}};
  if (kind == "nested")
    return {{"literals", given.at("object")}};
  if (kind == "step")
    return given.at("step").as_object();
  return {{kind == "input" ? "inputMappings" : "outputMappings", given.at("mappings")}};
}

/// A flow of the one step `s`.
json::object flow_of_step(json::object members) {
  members.emplace("stepType", "DATA_TRANSFORMATION");
  if (members.at("stepType") == "DATA_TRANSFORMATION")
    members.emplace("moduleIdentifier", "system/compose-object-from-input");
  members["stepInstanceId"] = "s";
  return {{"steps", json::object{{"s", std::move(members)}}}};
}

json::object completed(json::object flow) {
  flow.emplace("id", "f");
  flow.emplace("version", 1);
  flow.emplace("startStepInstanceId", "s");
  return flow;
}

/// The definitions of a case.
std::vector<json::object> flows_of(std::string_view area, const conformance_case& one) {
  std::vector<json::object> flows;
  if (area != "flow") {
    flows.push_back(completed(flow_of_step(members_for(area, one.given))));
    return flows;
  }
  for (const json::value& each : one.given.at("flows").as_array())
    flows.push_back(each.as_object());
  return flows;
}

bool is_difference(const problem& each) {
  return each.severity == problem::severity_type::warning &&
         each.message.rfind("Allma today ", 0) == 0 &&
         each.message.find("; Millrace ") != std::string::npos;
}

std::vector<problem> differences_in(const json::object& flow, const definition_rules& rules) {
  std::vector<problem> found = compile_definition(flow, rules).problems;
  found.erase(std::remove_if(found.begin(), found.end(),
                             [](const problem& each) { return !is_difference(each); }),
              found.end());
  return found;
}

/// The definition in which a row's difference shows.
json::object shown_in(const parity_decision& row, const conformance_case& quirk) {
  if (const json::object* own = row.in.if_object())
    return completed(*own);
  const auto flows = flows_of(row.area, quirk);
  return flows.at(row.in.is_null() ? 0 : row.in.to_number<std::size_t>());
}

void check_row(const parity_decision& row, const conformance_case& quirk) {
  const auto rules = rules_for(quirk);
  const json::object flow = shown_in(row, quirk);
  const auto problems = compile_definition(flow, rules).problems;
  INFO(row.area << ": " << row.name << "\n"
                << stringify(json::value(flow)) << "\n"
                << describe(problems));
  if (!row.silent.empty()) {
    CHECK(differences_in(flow, rules).empty());
    return;
  }
  const std::string& place = row.warns.empty() ? row.refuses : row.warns;
  CHECK(std::any_of(problems.begin(), problems.end(), [&](const problem& each) {
    const bool fits =
        row.warns.empty() ? each.severity == problem::severity_type::error : is_difference(each);
    return fits && each.pointer == place;
  }));
}

std::map<std::pair<std::string, std::string>, conformance_case> quirks_by_name() {
  std::map<std::pair<std::string, std::string>, conformance_case> quirks;
  for (conformance_case& each : testing::load_cases("quirks.json")) {
    const std::pair key(each.area, each.name);
    quirks.emplace(key, std::move(each));
  }
  return quirks;
}

struct warned_case {
  std::string_view area;
  std::string_view name;
  std::string_view pointer;
};

/// The cases with the same result in which a difference is in the definition and, with their data,
/// not in the result.
constexpr warned_case expected_warnings[] = {
    // Nothing fails there that Allma would not let onError handle.
    {"flow", "aggregate: fork without items path uses its fallback", "/steps/f/onError"},
    // Refused on both.
    {"flow", "definition: no-op with a module", "/steps/a"},
    // The version in the input is the latest published one.
    {"flow", "start: same id in both places", "/steps/go"},
    // What is found is nowhere in the start input.
    {"mapping", "input: descent source", "/steps/s/inputMappings/all"},
    // Recorded below the schema that refuses a bare "$".
    {"mapping", "output: into steps_output", "/steps/s/outputMappings/$.steps_output.s1"},
    {"mapping", "output: whole output by $", "/steps/s/outputMappings/$.r"},
    // There is nothing that Allma would miss.
    {"jsonpath", "dynamic with indexed inner path", "/steps/s/outputMappings/$.r"},
    {"jsonpath", "filter @ directly followed by an operator", "/steps/s/outputMappings/$.r"},
    {"jsonpath", "leading wildcard $.empty[*]", "/steps/s/outputMappings/$.r"},
    {"jsonpath", "leading wildcard $.n.*", "/steps/s/outputMappings/$.r"},
    {"jsonpath", "leading wildcard $.obj.*", "/steps/s/outputMappings/$.r"},
    {"jsonpath", "leading wildcard $.people[*].length", "/steps/s/outputMappings/$.r"},
    {"jsonpath", "leading wildcard $.s.*", "/steps/s/outputMappings/$.r"},
    // No row matches.
    {"transform", "join-data: right join without any match", "/steps/s/literals/join_type"},
    {"transform", "join-data: right join without any match as csv", "/steps/s/literals/join_type"},
    {"transform", "join-data: right with empty right", "/steps/s/literals/join_type"},
};

void add_warnings(std::vector<std::string>& to, std::string_view area,
                  const conformance_case& one) {
  for (const json::object& flow : flows_of(area, one))
    for (const problem& problem : differences_in(flow, rules_for(one)))
      to.push_back(std::string(area) + ": " + one.name + " at " + problem.pointer);
}

void add_warnings_of_same_quirks(std::vector<std::string>& to) {
  const auto quirks = quirks_by_name();
  for (const parity_decision& row : testing::load_parity())
    if (row.same)
      add_warnings(to, row.area, quirks.at({row.area, row.name}));
}

std::vector<std::string> warnings_of_cases() {
  std::vector<std::string> found;
  const auto look = [&](std::string_view area) {
    for (const conformance_case& each : testing::load_cases(std::string(area) + ".json"))
      add_warnings(found, area, each);
  };
  for (const std::string_view area : expression_areas)
    look(area);
  look("flow");
  add_warnings_of_same_quirks(found);
  std::sort(found.begin(), found.end());
  return found;
}

} // namespace

TEST_CASE("every documented difference is warned of at its place, or says why it cannot be") {
  const auto quirks = quirks_by_name();
  std::size_t seen = 0;
  for (const parity_decision& row : testing::load_parity()) {
    if (row.same)
      continue;
    check_row(row, quirks.at({row.area, row.name}));
    ++seen;
  }
  CHECK(seen >= 140);
}

TEST_CASE("what gives the same as on Allma is not warned of, but for the cases listed here") {
  std::vector<std::string> expected;
  for (const warned_case& each : expected_warnings)
    expected.push_back(std::string(each.area) + ": " + std::string(each.name) + " at " +
                       std::string(each.pointer));
  std::sort(expected.begin(), expected.end());
  const std::vector<std::string> found = warnings_of_cases();
  std::cout << found.size() << " warnings of a difference over all cases that give the same\n";
  for (const std::string& each : found) {
    INFO(each);
    CHECK(std::binary_search(expected.begin(), expected.end(), each));
  }
  CHECK(found.size() == expected.size());
}

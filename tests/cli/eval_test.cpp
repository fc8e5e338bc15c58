// SPDX-License-Identifier: Apache-2.0
//
// millrace eval: a corpus in one call, an expression by hand, and what it says to bad input.
#include "command.hpp"
#include "expectation.hpp"

#include "catch.hpp"
#include "conformance.hpp"

#include <algorithm>
#include <set>

using namespace millrace;
using namespace millrace::cli::testing;
using millrace::testing::conformance_case;

namespace {

// Abilities of step types that are not built yet; cases that require one are left out by name.
const std::set<std::string> missing_abilities{"custom_lambda", "queue_failure", "sqs_send"};

bool can_run(const conformance_case& each) {
  return std::none_of(each.required.begin(), each.required.end(), [](const std::string& ability) {
    return missing_abilities.count(ability) != 0;
  });
}

std::vector<conformance_case> cases_of(const std::string& kind) {
  std::vector<conformance_case> cases;
  std::string left_out;
  for (conformance_case& each : testing::load_cases(kind + ".json")) {
    if (can_run(each))
      cases.push_back(std::move(each));
    else
      left_out += "\n  " + each.name;
  }
  if (!left_out.empty())
    WARN(kind << " cases left out, for step types that are not built yet:" << left_out);
  return cases;
}

// Gives every case of a kind to the command in one array.
void check_corpus(const std::string& kind, std::size_t count_min) {
  const workplace place;
  const std::vector<conformance_case> cases = cases_of(kind);
  CHECK(cases.size() >= count_min);
  json::array given;
  for (const conformance_case& each : cases)
    given.push_back(each.given);
  place.write("given.json", stringify(given));
  const outcome result = place.run({"eval", kind, "--given", "given.json"});
  INFO(result.err);
  REQUIRE(result.status == 0);
  CHECK(result.err == "");
  const json::array results = result.document().as_array();
  REQUIRE(results.size() == cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    std::string why;
    const bool agree = agrees(cases[i].expect.as_object(), results[i].as_object(), why);
    INFO(cases[i].name << ": " << why);
    CHECK(agree);
  }
}

outcome eval(const std::string& kind, const std::string& given) {
  const workplace place;
  circumstances how;
  how.input = given;
  return place.run({"eval", kind}, how);
}

struct bad_given {
  std::string kind;
  std::string given;
  std::string says; ///< the whole sentence
};

const std::vector<bad_given>& bad_ones() {
  static const std::vector<bad_given> all{
      {"jsonpath", "", "standard input is empty; a JSON text must stand there."},
      {"jsonpath", " \n", "standard input"},
      {"jsonpath", "[{\"path\": \"$\"},\n {\"path\" 1}]", "standard input: line 2, column 10: "},
      {"jsonpath", "[\"M\xFCller\"]", "standard input: line 1, column 4: expected valid UTF-8"},
      {"jsonpath", std::string(10'000, '['), "standard input: line 1, column 513: "},
      {"jsonpath", "{\"path\": \"$\"}",
       "standard input must be an array of given objects such as [{\"path\": \"$.a\", \"data\": "
       "{\"a\": 1}}], but it is an object."},
      {"jsonpath", "[{\"path\": \"$\"}, 7]",
       "standard input: error at /1: Here must be an object such as {\"path\": \"$.a\", \"data\": "
       "{\"a\": 1}}, but it is a number."},
      {"jsonpath", "[{\"path\": \"$\"}, {\"data\": {}}]",
       "standard input: error at /1: The given object needs a member \"path\" that is a text. Such "
       "as: {\"path\": \"$.a\", \"data\": {\"a\": 1}}"},
      {"jsonpath", "[{\"name\": \"x\", \"given\": {\"path\": \"$\"}}]",
       "standard input: error at /0: This is a whole case; give what stands at its member "
       "\"given\" alone."},
      {"condition", "[{}]", "needs a member \"condition\" that is a text."},
      {"template", "[{\"template\": \"x\"}]", "needs a member \"kind\" that is a text."},
      {"template", "[{\"kind\": \"x\"}]", "\"kind\" that is \"render\" or \"nested\"."},
      {"mapping", "[{\"kind\": \"x\", \"mappings\": {}}]",
       "\"kind\" that is \"input\", \"output\" or \"step\"."},
      {"mapping", "[{\"kind\": \"input\", \"mappings\": {}, \"context\": [1]}]",
       "needs a member \"context\" that is an object."},
      {"mapping", "[{\"kind\": \"step\"}]", "needs a member \"step\" that is an object."},
      {"transform", "[{}]", "needs a member \"module\" that is a text."},
      {"transform", "[{\"module\": \"m\", \"input\": 1}]",
       "needs a member \"input\" that is an object."},
      {"flow", "[{\"flows\": []}]", "needs a member \"start\" that is an object."},
      {"flow", "[{\"flows\": {}, \"start\": {}}]", "needs a member \"flows\" that is an array."},
      {"flow", "[{\"flows\": [7], \"start\": {}}]", "Each of the \"flows\" must be an object."},
      {"flow", "[{\"flows\": [], \"start\": {}, \"resume\": 1}]",
       "needs a member \"resume\" that is an array."},
  };
  return all;
}

} // namespace

TEST_CASE("eval gives what the reference recorded for paths") {
  check_corpus("jsonpath", 230);
}

TEST_CASE("eval gives what the reference recorded for conditions") {
  check_corpus("condition", 187);
}

TEST_CASE("eval gives what the reference recorded for templates") {
  check_corpus("template", 208);
}

TEST_CASE("eval gives what the reference recorded for mappings and single steps") {
  check_corpus("mapping", 83);
}

TEST_CASE("eval gives what the reference recorded for transformations") {
  check_corpus("transform", 110);
}

TEST_CASE("eval gives what the reference recorded for whole flows") {
  check_corpus("flow", 208);
}

TEST_CASE("eval prints the results in the order of what was given, one a line") {
  const outcome result =
      eval("jsonpath", R"([{"path": "$.a", "data": {"a": 1}}, {"path": "$.b", "data": {}},
                           {"path": "$.m[$.k]", "data": {"m": {}}}])");
  CHECK(result.status == 0);
  CHECK(result.err == "");
  CHECK(result.out ==
        "[\n{\"value\":1},\n{\"undefined\":true},\n{\"error\":{\"name\":\"Error\",\"message\":"
        "\"Resolution of dynamic path segment failed: Dynamic path segment '$.k' in path "
        "'$.m[$.k]' resolved to null or undefined.\"}}\n]\n");
}

TEST_CASE("eval of nothing prints an empty array") {
  const outcome result = eval("flow", "[]");
  CHECK(result.status == 0);
  CHECK(result.out == "[]\n");
}

TEST_CASE("eval takes thousands of given objects, from a file, - or standard input") {
  constexpr std::size_t count = 5000;
  std::string given = "[";
  for (std::size_t i = 0; i < count; ++i)
    given += (i == 0 ? "" : ",") + std::string(R"({"path": "$.n", "data": {"n": )") +
             std::to_string(i) + "}}";
  given += "]";
  const workplace place;
  place.write("given.json", given);
  circumstances typed;
  typed.input = given;
  const outcome of_file = place.run({"eval", "jsonpath", "--given", "given.json"});
  CHECK(of_file.status == 0);
  const json::array results = of_file.document().as_array();
  REQUIRE(results.size() == count);
  CHECK(results.back().at("value") == count - 1);
  CHECK(place.run({"eval", "jsonpath"}, typed).out == of_file.out);
  CHECK(place.run({"eval", "jsonpath", "--given", "-"}, typed).out == of_file.out);
}

TEST_CASE(
    "a flow that fails, or has a step that cannot run, is a result of eval, not its failure") {
  const std::string given = R"([{"flows": [)" + failing_flow() +
                            R"(], "start": {"flowDefinitionId": "failing"}}, {"flows": [],
                            "start": {"flowDefinitionId": "nix"}}])";
  const outcome result = eval("flow", given);
  CHECK(result.status == 0);
  const json::array results = result.document().as_array();
  REQUIRE(results.size() == 2);
  for (const json::value& each : results) {
    const json::value& root = each.at("executions").at(0);
    CHECK(root.at("status") == "FAILED");
    CHECK(root.at("errorInfo").at("errorMessage").as_string().size() > 0);
  }
}

TEST_CASE("eval says to every bad given object what is wrong, where, and prints nothing else") {
  for (const bad_given& each : bad_ones()) {
    INFO(each.kind << ": " << each.given.substr(0, 80));
    const outcome result = eval(each.kind, each.given);
    INFO(result.err);
    CHECK(result.status == 2);
    CHECK(result.out == "");
    CHECK(result.err.substr(0, 10) == "millrace: ");
    CHECK(result.err.find(each.says) != std::string::npos);
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  }
}

TEST_CASE("eval says that its output cannot be written") {
  const workplace place;
  circumstances how;
  how.input = R"([{"path": "$.a"}])";
  how.output_to = "/dev/full";
  const outcome result = place.run({"eval", "jsonpath"}, how);
  CHECK(result.status == 3);
  CHECK(result.err.find("Standard output cannot be written") != std::string::npos);
}

// SPDX-License-Identifier: Apache-2.0
//
// millrace redrive, and how far what runs has come.
#include "command.hpp"

#include "catch.hpp"

using namespace millrace::cli::testing;
namespace json = millrace::json;

namespace {

// `a` puts something into the context, `b` fails in version 1 and does not in version 2.
std::string two_steps(int version) {
  const std::string module =
      version == 1 ? "system/unheard-of" : "system/compose-object-from-input";
  return R"({"id": "two", "version": )" + std::to_string(version) +
         R"(, "isPublished": true, "startStepInstanceId": "a", "steps": {
    "a": {"stepInstanceId": "a", "displayName": "A", "stepType": "DATA_TRANSFORMATION",
      "moduleIdentifier": "system/compose-object-from-input", "literals": {"x": 1},
      "outputMappings": {"$.x": "$.x"}, "defaultNextStepInstanceId": "b"},
    "b": {"stepInstanceId": "b", "displayName": "B", "stepType": "DATA_TRANSFORMATION",
      "moduleIdentifier": ")" +
         module + R"(", "literals": {"saw": "$.x"}, "outputMappings": {"$.saw": "$.saw"}}}})";
}

// The one execution of a document.
json::object only(const outcome& result) {
  INFO(result.err);
  const json::array executions = result.executions();
  REQUIRE(executions.size() == 1);
  return executions.at(0).as_object();
}

std::string text_at(const json::object& object, const char* name) {
  return std::string(object.at(name).as_string());
}

} // namespace

TEST_CASE("a failed execution is redriven, from its beginning or from where it failed") {
  const workplace place;
  place.write("two.json", two_steps(1));
  const outcome failed =
      place.run({"run", "two.json", "--db", "x.db", "--input", R"({"n": 7})", "--output", "json"});
  REQUIRE(failed.status == 1);
  const json::object original = only(failed);
  const std::string id = text_at(original, "flowExecutionId");

  const outcome again = place.run({"redrive", id, "--db", "x.db", "--output", "json"});
  CHECK(again.status == 1);
  CHECK(text_at(only(again), "triggerSource") == "RedriveOf:" + id);
  CHECK(only(again).at("context").at("n") == 7);
  CHECK(text_at(only(again), "flowExecutionId") != id);

  place.write("mended.json", two_steps(2));
  const outcome mended = place.run({"redrive", id, "mended.json", "--db", "x.db", "--version", "2",
                                    "--from", "b", "--output", "json"});
  CHECK(mended.status == 0);
  CHECK(only(mended).at("status") == "COMPLETED");
  CHECK(only(mended).at("path") == json::array{"b"});
  CHECK(only(mended).at("context").at("saw") == 1);
  CHECK(text_at(only(mended), "triggerSource") == "StatefulRedriveOf:" + id);

  const outcome given = place.run({"redrive", id, "--db", "x.db", "--version", "2", "--from", "b",
                                   "--context", R"({"x": "mine"})", "--output", "json"});
  CHECK(only(given).at("context") == json::parse(R"({"x": "mine", "saw": "mine"})"));

  const outcome text = place.run({"redrive", id, "--db", "x.db", "--version", "2"});
  CHECK(text.status == 0);
  CHECK(text.out.find("two v2") != std::string::npos);
  const outcome shown =
      place.run({"show", text_at(only(mended), "flowExecutionId"), "--db", "x.db"});
  CHECK(shown.out.find("started by StatefulRedriveOf:" + id + "\n") != std::string::npos);
}

TEST_CASE("a redrive that is not waited for is taken up by whatever runs next") {
  const workplace place;
  place.write("two.json", two_steps(2));
  const outcome ran = place.run({"run", "two.json", "--db", "x.db", "--output", "json"});
  const std::string id = text_at(only(ran), "flowExecutionId");
  const outcome accepted =
      place.run({"redrive", id, "--from", "b", "--context", "{}", "--db", "x.db", "--no-wait"});
  INFO(accepted.err);
  REQUIRE(accepted.status == 0);
  const std::string new_id = accepted.out.substr(0, accepted.out.size() - 1);
  REQUIRE(new_id.size() == id.size());
  CHECK(place.run({"run", "--recover-only", "--db", "x.db"}).status == 0);
  const json::value shown =
      place.run({"show", new_id, "--db", "x.db", "--output", "json"}).document();
  CHECK(shown.at("status") == "COMPLETED");
  CHECK(shown.at("path") == json::array{"b"});
}

TEST_CASE("a redrive that is refused says why, in one sentence, and starts nothing") {
  const workplace place;
  place.write("two.json", two_steps(2));
  place.write("waiting.json", waiting_flow());
  const std::string id = text_at(
      only(place.run({"run", "two.json", "--db", "x.db", "--output", "json"})), "flowExecutionId");
  const std::string open = text_at(only(place.run({"run", "waiting.json", "--db", "x.db", "--input",
                                                   R"({"id": 1})", "--output", "json"})),
                                   "flowExecutionId");
  struct row {
    std::vector<std::string> arguments;
    std::string says;
  };
  const std::vector<row> rows{
      {{"nobody"}, "No execution has the id nobody."},
      {{open}, "is WAITING; only one that has ended can run again."},
      {{id, "--version", "9"}, "9"},
      {{id, "--from", "c"}, "Version 2 of the flow two has no step 'c'."},
      {{id, "--from", "a"}, "No step records were kept. Give the context to begin on (--context)"},
      {{id, "--from", "a", "--visit", "3"}, "there is no visit 3."},
      {{id, "--from", "a", "--context", "[1]"}, "--context must be a JSON object"},
      {{id, "--from", "a", "--context", "{"}, "--context: line 1"},
      {{id, "--from", "a", "--context", "@nix.json"}, "nix.json cannot be opened"},
      {{id, "nix.json"}, "There is no file or folder nix.json"}};
  for (const row& each : rows) {
    INFO(each.says);
    std::vector<std::string> arguments{"redrive", "--db", "x.db"};
    arguments.insert(arguments.end(), each.arguments.begin(), each.arguments.end());
    const outcome refused = place.run(arguments);
    INFO(refused.err);
    CHECK(refused.status == 2);
    CHECK(refused.out == "");
    CHECK(refused.err.find(each.says) != std::string::npos);
    CHECK(refused.err.substr(0, 10) == "millrace: ");
  }
  CHECK(place.run({"list", "--db", "x.db", "--output", "json"}).executions().size() == 2);
}

TEST_CASE("show --progress tells how far a family has come") {
  const workplace place;
  place.write("waiting.json", waiting_flow());
  const outcome ran = place.run(
      {"run", "waiting.json", "--db", "x.db", "--input", R"({"id": 1})", "--output", "json"});
  const std::string id = text_at(only(ran), "flowExecutionId");
  const json::value document =
      place.run({"show", id, "--progress", "--db", "x.db", "--output", "json"}).document();
  CHECK(document.at("root").at("flowExecutionId").as_string() == id);
  CHECK(document.at("root").at("isWaiting") == true);
  CHECK(document.at("headline").at("label") == "Wait");
  const outcome text = place.run({"show", id, "--progress", "--db", "x.db"});
  CHECK(text.out == "Wait, 0 %, waits\n\n"
                    "EXECUTION   STATUS   PROGRESS  AT    ID\n"
                    "waiting v1  WAITING       0 %  Wait  " +
                        id + "\n");
  CHECK(place.run({"show", "nobody", "--progress", "--db", "x.db"}).status == 2);
}

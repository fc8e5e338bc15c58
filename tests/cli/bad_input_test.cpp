// SPDX-License-Identifier: Apache-2.0
//
// What the command says to bad input: one clear sentence, the right exit status, nothing on
// standard output, and no database file.
#include "command.hpp"

#include "catch.hpp"

#include <algorithm>

using namespace millrace::cli::testing;

namespace {

struct bad_input {
  std::string what;
  std::vector<std::string> arguments;
  std::string says; ///< part of the message
};

std::string flow_with(const std::string& start, const std::string& step) {
  return R"({"id": "x", "startStepInstanceId": ")" + start +
         R"(", "steps": {"a": {"stepInstanceId": "a", "name": "A", )" + step + "}}}";
}

void write_inputs(const workplace& place) {
  place.write("good.json", simple_flow("good"));
  place.write("draft.json", simple_flow("draft", R"("isPublished": false, )"));
  place.write("cut.json", "{\n  \"id\": ");
  place.write("no-flow.json", R"({"hello": "world"})");
  place.write("number.json", "7");
  place.write("unknown-type.json", flow_with("a", R"("stepType": "TELEPORT")"));
  place.write("nowhere.json",
              flow_with("a", R"("stepType": "NO_OP", "defaultNextStepInstanceId": "b")"));
  place.write("no-start.json", flow_with("begin", R"("stepType": "NO_OP")"));
  place.write("array.json", "[1, 2]");
  place.write("mocks.json", R"([{"step": "b", "answers": {"return": 1}}])");
  place.write("cut-input.json", "{\"a\": 1,\n \"b\" 2}");
  place.write("deep.json", std::string(10'000, '[') + std::string(10'000, ']'));
  place.write("latin1.json", "{\"name\": \"M\xFCller\"}");
}

const std::vector<bad_input>& cases() {
  static const std::vector<bad_input> all{
      {"no file", {"run", "nix.json"}, "There is no file or folder nix.json"},
      {"not JSON", {"run", "cut.json"}, "cut.json: line 2, column 9: "},
      {"not a flow", {"run", "no-flow.json"}, "no-flow.json: error: this is no flow"},
      {"a number", {"run", "number.json"}, "number.json"},
      {"unknown step type",
       {"run", "unknown-type.json"},
       "error at /steps/a/stepType: there is no step type \"TELEPORT\""},
      {"missing step",
       {"run", "nowhere.json"},
       "error at /steps/a/defaultNextStepInstanceId: the default transition leads to step \"b\""},
      {"no start step", {"run", "no-start.json"}, "error at /startStepInstanceId"},
      {"the same flow twice", {"run", "good.json", "good.json"}, "is defined twice"},
      {"unknown flow", {"run", "good.json", "--flow", "nix"}, "no flow \"nix\"; known are: good."},
      {"unknown version",
       {"run", "good.json", "--version", "7"},
       "The flow \"good\" has no version \"7\"; it has: 1 (published)."},
      {"nothing published",
       {"run", "draft.json", "--version", "LATEST_PUBLISHED"},
       "The flow \"draft\" has no published version; it has: 1."},
      {"input not JSON",
       {"run", "good.json", "--input", "{\"a\":"},
       "--input: line 1, column 6: expected a value"},
      {"input an array", {"run", "good.json", "--input", "[1]"}, "--input must be a JSON object"},
      {"input null", {"run", "good.json", "--input", "null"}, "but it is null."},
      {"notify wrong",
       {"run", "good.json", "--notify", "{\"sqsUrl\": \"q\"}"},
       "--notify: notificationConfig.sqsUrl must be a URL, but is the text \"q\"."},
      {"notify empty", {"run", "good.json", "--notify", ""}, "--notify is empty"},
      {"input empty", {"run", "good.json", "--input", ""}, "--input is empty"},
      {"input file an array",
       {"run", "good.json", "--input", "@array.json"},
       "--input (array.json) must be a JSON object"},
      {"input file not JSON",
       {"run", "good.json", "--input", "@cut-input.json"},
       "cut-input.json: line 2, column 6: "},
      {"no input file",
       {"run", "good.json", "--input", "@nix.json"},
       "The file nix.json cannot be opened: No such file or directory."},
      {"input a folder", {"run", "good.json", "--input", "@."}, "The file . cannot be read"},
      {"input nameless", {"run", "good.json", "--input", "@"}, "names no file"},
      {"input nested deep",
       {"run", "good.json", "--input", "@deep.json"},
       "deep.json: line 1, column 513: "},
      {"input not UTF-8",
       {"run", "good.json", "--input", "@latin1.json"},
       "latin1.json: line 1, column 12: expected valid UTF-8"},
      {"unknown option", {"run", "good.json", "--bogus"}, "not expected: --bogus"},
      {"unknown command", {"fly"}, "not expected: fly"},
      {"wrong output", {"run", "good.json", "--output", "xml"}, "must be one of text|json"},
      {"wrong durability",
       {"run", "good.json", "--durability", "much"},
       "must be one of power_loss|process_crash|none"},
      {"negative timeout", {"run", "good.json", "--timeout", "-1"}, "not \"-1\""},
      {"timeout zero", {"run", "good.json", "--timeout", "0"}, "greater than 0"},
      {"timeout no number", {"run", "good.json", "--timeout", "5min"}, "not \"5min\""},
      {"timeout infinite", {"run", "good.json", "--timeout", "inf"}, "not \"inf\""},
      {"no file of mocks",
       {"run", "good.json", "--mock", "nix.json"},
       "The file nix.json cannot be opened: No such file or directory."},
      {"mocks of a step that is not there",
       {"run", "good.json", "--mock", "mocks.json"},
       "mocks.json:1:3: /0/step: no flow has a step \"b\"; there is \"only\"."},
      {"nothing to wait for",
       {"run", "good.json", "--no-wait", "--timeout", "1"},
       "--no-wait does not wait"},
      {"test", {"test", "nix.test.json"}, "There is no file or folder nix.test.json"},
      {"eval nothing",
       {"eval"},
       "Name what to evaluate: jsonpath, condition, template, mapping, transform, flow."},
      {"eval an unknown kind",
       {"eval", "xpath"},
       "There is no kind \"xpath\" to evaluate; there are: jsonpath, condition, template, "
       "mapping, transform, flow."},
      {"eval no file",
       {"eval", "flow", "--given", "nix.json"},
       "The file nix.json cannot be opened: No such file or directory."},
      {"eval a folder", {"eval", "flow", "--given", "."}, "The file . cannot be read"},
      {"eval nameless", {"eval", "flow", "--given", ""}, "--given names no file"},
      {"eval not JSON", {"eval", "flow", "--given", "cut.json"}, "cut.json: line 2, column 9: "},
      {"eval an object",
       {"eval", "flow", "--given", "no-flow.json"},
       "no-flow.json must be an array of given objects"},
      {"eval two kinds", {"eval", "flow", "mapping"}, "not expected: mapping"},
      {"eval given no value", {"eval", "flow", "--given"}, "--given: 1 required"},
      {"validate nothing", {"validate"}, "Name a flow file"},
      {"graph nothing", {"graph"}, "Name a flow file"},
      {"graph of a bad flow",
       {"graph", "nowhere.json"},
       "error at /steps/a/defaultNextStepInstanceId: the default transition leads to step \"b\""},
      {"graph of no flow", {"graph", "good.json", "--flow", "nix"}, "known are: good."},
      {"graph in no format",
       {"graph", "good.json", "--format", "png"},
       "must be one of mermaid|dot|svg"},
      {"graph with no coverage",
       {"graph", "good.json", "--coverage", "nix.json"},
       "The file nix.json cannot be opened: No such file or directory."},
      {"graph with a wrong coverage",
       {"graph", "good.json", "--coverage", "no-flow.json"},
       "no-flow.json: at /millraceCoverage must stand 1"},
      {"graph of an execution without a database",
       {"graph", "good.json", "--execution", "x"},
       "--execution ID and --db FILE belong together"},
      {"graph of an execution in no database",
       {"graph", "good.json", "--execution", "x", "--db", "nix.db"},
       "There is no database nix.db."},
      {"graph of two things",
       {"graph", "good.json", "--execution", "x", "--db", "nix.db", "--coverage", "c.json"},
       "--coverage and --execution cannot be drawn at once"},
      {"payload not JSON", {"resume", "key", "--payload", "{"}, "There is no database"},
      {"list", {"list"}, "There is no database new.db."},
      {"list limit", {"list", "--limit", "0"}, "--limit"},
      {"show", {"show", "id"}, "There is no database new.db."},
      {"show nobody", {"show"}, "Name an execution"},
      {"cancel", {"cancel", "id"}, "There is no database new.db."},
      {"redrive", {"redrive", "id"}, "There is no database new.db."},
      {"redrive nobody", {"redrive"}, "Name an execution that has ended"},
      {"redrive from nowhere", {"redrive", "id", "--from", ""}, "--from is empty"},
      {"redrive a visit of nothing", {"redrive", "id", "--visit", "1"}, "name it with --from."},
      {"redrive a context of nothing",
       {"redrive", "id", "--context", "{}"},
       "name it with --from."},
      {"redrive visit 0", {"redrive", "id", "--from", "a", "--visit", "0"}, "1 or more"},
      {"redrive visit no number", {"redrive", "id", "--from", "a", "--visit", "x"}, "--visit"},
      {"redrive on two contexts",
       {"redrive", "id", "--from", "a", "--visit", "1", "--context", "{}"},
       "use one of them."},
      {"redrive on an empty context",
       {"redrive", "id", "--from", "a", "--context", ""},
       "--context is empty"},
      {"recover", {"run", "--recover-only"}, "There is no database new.db."},
      {"recover and start",
       {"run", "--recover-only", "--input", "{}"},
       "--recover-only starts nothing"}};
  return all;
}

bool takes_database(const bad_input& each) {
  const std::string& command = each.arguments.front();
  return command != "validate" && command != "test" && command != "fly" && command != "eval" &&
         command != "graph";
}

} // namespace

TEST_CASE("bad input is refused with one sentence, status 2 and no database file") {
  const workplace place;
  write_inputs(place);
  for (const bad_input& each : cases()) {
    INFO(each.what);
    std::vector<std::string> arguments = each.arguments;
    if (takes_database(each)) {
      arguments.emplace_back("--db");
      arguments.emplace_back("new.db");
    }
    const outcome result = place.run(arguments);
    INFO(result.err);
    CHECK(result.status == 2);
    CHECK(result.out == "");
    CHECK(result.err.find(each.says) != std::string::npos);
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
    CHECK(result.err.substr(0, 10) == "millrace: ");
    CHECK_FALSE(place.has("new.db"));
  }
}

TEST_CASE("a command that needs a database says so") {
  const workplace place;
  place.write("good.json", simple_flow("good"));
  const std::vector<bad_input> without{
      {"list", {"list"}, "Name the database with --db FILE."},
      {"show", {"show", "id"}, "Name the database with --db FILE."},
      {"resume", {"resume", "key"}, "Name the database with --db FILE."},
      {"cancel", {"cancel", "id"}, "Name the database with --db FILE."},
      {"redrive", {"redrive", "id"}, "Name the database with --db FILE."},
      {"no-wait", {"run", "good.json", "--no-wait"}, "--no-wait needs a database"},
      {"recover", {"run", "--recover-only"}, "--recover-only needs a database"},
      {"option without value", {"run", "good.json", "--flow"}, "--flow: 1 required"},
      {"nothing", {"run"}, "Name a flow file, or a database"}};
  for (const bad_input& each : without) {
    INFO(each.what);
    const outcome result = place.run(each.arguments);
    CHECK(result.status == 2);
    CHECK(result.err.find(each.says) != std::string::npos);
  }
}

TEST_CASE("without arguments the help goes to standard error with status 2") {
  const workplace place;
  const outcome result = place.run({});
  CHECK(result.status == 2);
  CHECK(result.out == "");
  CHECK(result.err.find("Usage: millrace") != std::string::npos);
}

TEST_CASE("the help lists what works and nothing else") {
  const workplace place;
  const outcome result = place.run({"--help"});
  CHECK(result.status == 0);
  for (const char* word :
       {"run", "validate", "test", "eval", "list", "show", "resume", "cancel", "redrive"})
    CHECK(result.out.find(std::string("\n  ") + word + ' ') != std::string::npos);
}

TEST_CASE("validate names every problem of every source and gives status 2") {
  const workplace place;
  write_inputs(place);
  const outcome text = place.run({"validate", "cut.json", "nowhere.json", "good.json"});
  CHECK(text.status == 2);
  CHECK(text.err.find("cut.json: line 2") != std::string::npos);
  CHECK(text.err.find("/steps/a/defaultNextStepInstanceId") != std::string::npos);
  CHECK(text.out.find("good        1  yes        valid\n") != std::string::npos);
  CHECK(text.out.find("x           1  yes        1 error\n") != std::string::npos);

  const outcome document =
      place.run({"validate", "cut.json", "nowhere.json", "good.json", "--output", "json"});
  CHECK(document.status == 2);
  const millrace::json::object report = document.document().as_object();
  CHECK(report.at("valid") == false);
  CHECK(report.at("flows").as_array().size() == 2);
  REQUIRE(report.at("problems").as_array().size() == 2);
  CHECK(report.at("problems").at(1).at("pointer") == "/steps/a/defaultNextStepInstanceId");
  CHECK(report.at("problems").at(1).at("flowDefinitionId") == "x");

  const outcome good = place.run({"validate", "good.json", "--output", "json"});
  CHECK(good.status == 0);
  CHECK(good.document().at("valid") == true);
}

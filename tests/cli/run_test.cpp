// SPDX-License-Identifier: Apache-2.0
//
// millrace run in memory: the document, the tree, and where the words go.
#include "command.hpp"

#include "catch.hpp"

#include <csignal>
#include <iostream>
#include <regex>
#include <set>

using namespace millrace::cli::testing;
namespace json = millrace::json;

namespace {

// Times and ids as letters, so that what is left is the same in every run.
std::string masked(std::string text) {
  text = std::regex_replace(text, std::regex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "ID");
  text = std::regex_replace(text, std::regex(R"([0-9]+(\.[0-9]+)? (ms|s)\b)"), "T");
  text = std::regex_replace(text, std::regex(R"((T after|T before|with) its parent)"), "AGAINST");
  return std::regex_replace(text, std::regex(" +"), " ");
}

// Says so where a case cannot run; CTest then counts it as skipped.
bool is_skipped_without_terminal() {
  if (has_terminals())
    return false;
  std::cout << "This case is skipped: it requires a pseudo-terminal, and /dev/pts has none.\n";
  SUCCEED("skipped");
  return true;
}

void write_family(const workplace& place) {
  place.write("1-parent.json", parent_flow());
  place.write("2-child.json", simple_flow("child"));
}

std::string items(int count) {
  std::string text;
  for (int i = 0; i < count; ++i)
    text += (i == 0 ? "" : ",") + std::to_string(i);
  return "{\"items\": [" + text + "]}";
}

} // namespace

TEST_CASE("the document holds the root first, then its children in the order of their start") {
  const workplace place;
  write_family(place);
  const outcome result = place.run({"run", ".", "--input", items(3), "--output", "json"});
  INFO(result.err);
  REQUIRE(result.status == 0);
  const json::array executions = result.executions();
  REQUIRE(executions.size() == 4);
  const json::object& root = executions[0].as_object();
  CHECK(root.at("flowDefinitionId") == "parent");
  CHECK(root.at("flowDefinitionVersion") == 1);
  CHECK(root.at("status") == "COMPLETED");
  CHECK(root.at("executionKind") == "ROOT");
  CHECK(root.at("depth") == 0);
  CHECK(root.at("rootFlowExecutionId") == root.at("flowExecutionId"));
  CHECK(root.at("parentFlowExecutionId").is_null());
  CHECK(root.at("parentStepInstanceId").is_null());
  CHECK(root.at("triggerSource").is_string());
  CHECK(root.at("startTime").as_string().size() == 24);
  CHECK(root.at("endTime").as_string().size() == 24);
  CHECK(root.at("path") == json::value{"each"});
  CHECK(root.at("errorInfo").is_null());
  CHECK(root.at("context").at("items").as_array().size() == 3);
  std::set<std::int64_t> seen;
  for (std::size_t i = 1; i < executions.size(); ++i) {
    const json::object& child = executions[i].as_object();
    CHECK(child.at("flowDefinitionId") == "child");
    CHECK(child.at("executionKind") == "ASYNC_SUBFLOW");
    CHECK(child.at("depth") == 1);
    CHECK(child.at("parentFlowExecutionId") == root.at("flowExecutionId"));
    CHECK(child.at("parentStepInstanceId") == "start");
    seen.insert(child.at("context").at("item").as_int64());
  }
  CHECK(seen == std::set<std::int64_t>{0, 1, 2});
}

TEST_CASE("input comes from the command line, a file or standard input") {
  const workplace place;
  place.write("flow.json", simple_flow("flow"));
  place.write("input.json", R"({"from": "here"})");
  for (const char* argument : {R"({"from": "here"})", "@input.json", "-"}) {
    INFO(argument);
    circumstances how;
    how.input = R"({"from": "here"})";
    const outcome result =
        place.run({"run", "flow.json", "--input", argument, "--output", "json"}, how);
    REQUIRE(result.status == 0);
    CHECK(result.err == "");
    CHECK(result.executions().at(0).at("context").at("from") == "here");
  }
  CHECK(place.run({"run", "flow.json", "--input", "{}"}).status == 0);
}

TEST_CASE("the first flow starts unless --flow and --version name another") {
  const workplace place;
  place.write("flows.json", "[" + simple_flow("a") + "," +
                                simple_flow("b", R"("version": 1, "isPublished": true, )") + "," +
                                simple_flow("b", R"("version": 2, "isPublished": false, )") + "]");
  const auto started = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"run", "flows.json", "--output", "json"});
    const json::array executions = place.run(more).executions();
    return std::string(executions.at(0).at("flowDefinitionId").as_string()) +
           std::to_string(executions.at(0).at("flowDefinitionVersion").as_int64());
  };
  CHECK(started({}) == "a1");
  CHECK(started({"--flow", "b"}) == "b1");
  CHECK(started({"--flow", "b", "--version", "2"}) == "b2");
}

TEST_CASE("a flow without a published version runs in its highest one, with a warning") {
  const workplace place;
  place.write("draft.json", "[" + simple_flow("x", R"("version": 3, "isPublished": false, )") +
                                "," + simple_flow("x", R"("version": 2, "isPublished": false, )") +
                                "]");
  const outcome result = place.run({"run", "draft.json", "--output", "json"});
  CHECK(result.status == 0);
  CHECK(result.err == "millrace: No version of the flow \"x\" is published; version 3 is taken.\n");
  CHECK(result.executions().at(0).at("flowDefinitionVersion") == 3);
}

TEST_CASE("a run and a check warn once of what Allma does otherwise, with the place") {
  const workplace place;
  place.write("flow.json", R"({"id": "f", "startStepInstanceId": "a", "isPublished": true,
    "steps": {"a": {"stepInstanceId": "a", "stepType": "NO_OP", "name": "A",
      "outputMappings": {"$.all": "$.list[*]"}}}})");
  const std::string sentence =
      "Allma today finds nothing by a path whose first operator is a wildcard; Millrace takes "
      "every element, as JSONPath does";
  const std::string pointer = "/steps/a/outputMappings/$.all";
  for (const char* command : {"run", "validate"}) {
    const outcome result = place.run({command, "flow.json", "--output", "json"});
    INFO(command << ": " << result.err);
    CHECK(result.status == 0);
    const std::size_t first = result.err.find(sentence);
    CHECK(first != std::string::npos);
    CHECK(result.err.find(sentence, first + 1) == std::string::npos);
    CHECK(result.err.find(pointer) != std::string::npos);
  }
  const json::value document = place.run({"validate", "flow.json", "--output", "json"}).document();
  CHECK(document.at("valid") == true);
  REQUIRE(document.at("problems").as_array().size() == 1);
  CHECK(document.at("problems").at(0).at("severity") == "warning");
  CHECK(document.at("problems").at(0).at("pointer") == json::string(pointer));
  CHECK(document.at("problems").at(0).at("message") == json::string(sentence));
}

TEST_CASE(
    "a root that fails gives status 1, its error in the document and in one line of the tree") {
  const workplace place;
  place.write("failing.json", failing_flow());
  const outcome document = place.run({"run", "failing.json", "--output", "json"});
  CHECK(document.status == 1);
  CHECK(document.executions().at(0).at("status") == "FAILED");
  CHECK(document.executions().at(0).at("errorInfo").at("errorMessage").is_string());

  const outcome text = place.run({"run", "failing.json"});
  CHECK(text.status == 1);
  CHECK(masked(text.out) ==
        "EXECUTION STATUS START END TOOK ENDED ID\n"
        "failing v1 FAILED +T +T T ID\n"
        " Error: Invalid final input for start-flow-execution: initialContextData must be an "
        "object, but is an array.\n");
}

TEST_CASE("a child that fails is not its parent's failure") {
  const workplace place;
  place.write("parent.json", parent_flow()); // and no child
  const outcome result = place.run({"run", "parent.json", "--input", items(1), "--output", "json"});
  CHECK(result.status == 0);
  REQUIRE(result.executions().size() == 2);
  CHECK(result.executions().at(1).at("status") == "FAILED");
  CHECK(result.executions().at(1).at("flowDefinitionVersion").is_null());
}

TEST_CASE("the tree shows who started whom, in UTF-8 where the locale is") {
  const workplace place;
  write_family(place);
  circumstances how;
  how.environment = {"LC_ALL=C.UTF-8"};
  const outcome unicode = place.run({"run", ".", "--input", items(2)}, how);
  CHECK(unicode.status == 0);
  const std::string text = masked(unicode.out);
  CHECK(text.find("EXECUTION STATUS START END TOOK ENDED ID\n"
                  "parent v1 COMPLETED +T +T T ID\n"
                  "├─ child v1 COMPLETED +T +T T AGAINST ID\n"
                  "└─ child v1 COMPLETED +T +T T AGAINST ID\n"
                  "\nDetached: ") == 0);
  const outcome ascii = place.run({"run", ".", "--input", items(2)});
  CHECK(masked(ascii.out).find("\n|- child v1 COMPLETED") != std::string::npos);
  CHECK(ascii.out.find("\n`- child v1") != std::string::npos);
}

TEST_CASE("a large family is summed up, not drawn") {
  const workplace place;
  write_family(place);
  const outcome result = place.run({"run", ".", "--input", items(41)});
  CHECK(result.status == 0);
  const std::string text = masked(result.out);
  CHECK(text.find("child v1 first COMPLETED") != std::string::npos);
  CHECK(text.find("child v1 last COMPLETED") != std::string::npos);
  CHECK(text.find("child v1 41 41 0 0 0 0 0\n") != std::string::npos);
  CHECK(std::count(text.begin(), text.end(), '\n') < 12);
}

TEST_CASE("colours and the progress line are for terminals, NO_COLOR is honoured") {
  if (is_skipped_without_terminal())
    return;
  const workplace place;
  write_family(place);
  const std::vector<std::string> arguments{"run", ".", "--input", items(1)};
  const std::string green = "\x1b[32mCOMPLETED\x1b[0m";
  const outcome piped = place.run(arguments);
  CHECK(piped.out.find('\x1b') == std::string::npos);
  CHECK(piped.err == "");

  circumstances screen;
  screen.terminal_output = true;
  screen.environment = {"TERM=xterm"};
  CHECK(place.run(arguments, screen).out.find(green) != std::string::npos);
  screen.environment = {"TERM=xterm", "NO_COLOR=1"};
  const outcome plain = place.run(arguments, screen);
  CHECK(plain.out.find("COMPLETED") != std::string::npos);
  CHECK(plain.out.find("\x1b[3") == std::string::npos);
}

TEST_CASE("the progress line counts and goes away") {
  if (is_skipped_without_terminal())
    return;
  const workplace place;
  place.write("slow.json", slow_flow());
  circumstances screen;
  screen.terminal_output = true;
  screen.environment = {"TERM=xterm"};
  const outcome text = place.run({"run", "slow.json", "--timeout", "1"}, screen);
  CHECK(text.status == 1);
  CHECK(text.out.find("0 running, 1 waiting, 0 completed, 0 failed; Pause, 0 %\r\x1b[K") !=
        std::string::npos);
  const outcome document =
      place.run({"run", "slow.json", "--timeout", "0.3", "--output", "json"}, screen);
  CHECK(document.out.find("waiting,") == std::string::npos);
}

TEST_CASE("the time limit ends the wait with status 1 and the family as it stands") {
  const workplace place;
  place.write("slow.json", slow_flow());
  const outcome result = place.run({"run", "slow.json", "--timeout", "0.2", "--output", "json"});
  CHECK(result.status == 1);
  CHECK(result.err == "millrace: The time limit of 0.2 s came before the end; without --db nothing "
                      "was kept of what had not ended.\n");
  CHECK(result.executions().at(0).at("status") == "WAITING");
}

TEST_CASE("a reader that leaves is no error, an output that cannot be written is one") {
  const workplace place;
  place.write("flow.json", simple_flow("flow"));
  circumstances gone;
  gone.reader_leaves = true;
  const outcome left = place.run({"run", "flow.json", "--output", "json"}, gone);
  CHECK(left.status == 0);
  CHECK(left.err == "");
  circumstances full;
  full.output_to = "/dev/full";
  const outcome lost = place.run({"run", "flow.json", "--output", "json"}, full);
  CHECK(lost.status == 3);
  CHECK(lost.err == "millrace: Standard output cannot be written: No space left on device.\n");
}

TEST_CASE("a large input works in bounded memory") {
  const workplace place;
  place.write("flow.json", simple_flow("flow"));
  const std::size_t large = std::size_t{8} * 1024 * 1024;
  place.write("large.json", "{\"text\": \"" + std::string(large, 'x') + "\"}");
  const outcome result =
      place.run({"run", "flow.json", "--input", "@large.json", "--output", "json"});
  CHECK(result.status == 0);
  CHECK(result.executions().at(0).at("context").at("text").as_string().size() == large);
}

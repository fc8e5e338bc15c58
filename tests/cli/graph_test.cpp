// SPDX-License-Identifier: Apache-2.0
//
// millrace graph: a flow as a drawing, with what was run of it.
#include "command.hpp"

#include "catch.hpp"

#include <fstream>
#include <sstream>

using namespace millrace::cli::testing;

namespace {

const std::string examples = MILLRACE_SOURCE_DIR "/flows/examples";

constexpr const char* waiting_coverage =
    R"({"millraceCoverage": 1, "flows": [{"flowDefinitionId": "waiting", "version": 1,
        "steps": {"wait": {"begun": 3, "entered": 3, "default": 2}, "after": {"entered": 2}}}]})";

std::string document(const std::string& path) {
  std::ifstream file(MILLRACE_SOURCE_DIR "/" + path);
  REQUIRE(file);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a flow is drawn in the format that is asked for") {
  const workplace place;
  const outcome plain = place.run({"graph", examples, "--flow", "relay"});
  CHECK(plain.status == 0);
  CHECK(plain.err.empty());
  CHECK(plain.out.find("flowchart TD\n") == 0);
  CHECK(plain.out == place.run({"graph", examples, "--flow", "relay", "--format", "mermaid"}).out);
  CHECK(place.run({"graph", examples, "--flow", "relay", "--format", "dot"}).out.find("digraph") ==
        0);
  CHECK(place.run({"graph", examples, "--flow", "relay", "--format", "svg"}).out.find("<?xml") ==
        0);
}

TEST_CASE("the drawing in the documents is the one that the command gives") {
  const workplace place;
  const outcome drawn = place.run({"graph", examples, "--flow", "relay"});
  CHECK(has(document("docs/graph-and-coverage.md"), "```mermaid\n" + drawn.out + "```\n"));
}

TEST_CASE("the published version of the first flow is drawn unless another is asked for") {
  const workplace place;
  const auto flow = [](int version, bool published, const std::string& type) {
    return R"({"id": "x", "version": )" + std::to_string(version) + R"(, "isPublished": )" +
           (published ? "true" : "false") +
           R"(, "name": "X", "createdAt": "2026-01-01T00:00:00.000Z",
           "updatedAt": "2026-01-01T00:00:00.000Z", "variables": {}, "startStepInstanceId": "a",
           "steps": {"a": {"stepInstanceId": "a", "displayName": "A", "stepType": ")" +
           type + R"("}}})";
  };
  place.write("1.json", flow(1, true, "NO_OP"));
  place.write("2.json", flow(2, false, "END_FLOW"));
  CHECK(has(place.run({"graph", "2.json", "1.json"}).out, "NO_OP"));
  CHECK(has(place.run({"graph", "2.json", "1.json", "--version", "2"}).out, "END_FLOW"));
}

TEST_CASE("a flow whose module nobody registered is drawn all the same") {
  const workplace place;
  place.write("own.json", R"({"id": "own", "startStepInstanceId": "a", "steps": {"a":
    {"stepInstanceId": "a", "displayName": "A", "stepType": "CUSTOM_LOGIC",
     "moduleIdentifier": "my/module"}}})");
  const outcome drawn = place.run({"graph", "own.json"});
  CHECK(drawn.status == 0);
  CHECK(has(drawn.out, "A<br/>a<br/>CUSTOM_LOGIC"));
}

TEST_CASE("a coverage file marks what was run, how often, and what never") {
  const workplace place;
  place.write("waiting.json", waiting_flow());
  place.write("coverage.json", waiting_coverage);
  const outcome drawn = place.run({"graph", "waiting.json", "--coverage", "coverage.json"});
  CHECK(drawn.status == 0);
  CHECK(has(drawn.out, "entered 3 times"));
  CHECK(has(drawn.out, "default (2 times)"));
  place.write("simple.json", simple_flow("simple"));
  CHECK(has(place.run({"graph", "simple.json", "--coverage", "coverage.json"}).out, "not entered"));
}

TEST_CASE("an execution's path is drawn with the place where it waits or failed") {
  const workplace place;
  place.write("waiting.json", waiting_flow());
  place.write("failing.json", failing_flow());
  const auto draw = [&](const std::string& flow) {
    const outcome ran =
        place.run({"run", flow, "--input", R"({"id": 1})", "--db", "x.db", "--output", "json"});
    const std::string id(ran.executions().at(0).at("flowExecutionId").as_string());
    const outcome drawn = place.run({"graph", flow, "--db", "x.db", "--execution", id});
    CHECK(drawn.status == 0);
    CHECK(drawn.err.empty());
    return drawn.out;
  };
  CHECK(has(draw("waiting.json"), "entered once<br/>waiting here"));
  CHECK(has(draw("failing.json"), "entered once<br/>failed here"));
}

TEST_CASE("that a branch's steps are not known is said") {
  const workplace place;
  place.write("parent.json", parent_flow());
  place.write("child.json", simple_flow("child"));
  const outcome ran = place.run({"run", "parent.json", "child.json", "--input",
                                 R"({"items": [1, 2]})", "--db", "x.db", "--output", "json"});
  const std::string id(ran.executions().at(0).at("flowExecutionId").as_string());
  const outcome drawn = place.run({"graph", "parent.json", "--db", "x.db", "--execution", id});
  CHECK(drawn.status == 0);
  CHECK(has(drawn.err, "enableExecutionLogs would keep them."));
  CHECK(has(drawn.out, "START_FLOW_EXECUTION\"]")); // neither entered nor not
  const outcome other = place.run({"graph", "child.json", "--db", "x.db", "--execution", id});
  CHECK(other.status == 2);
  CHECK(has(other.err, "The flow \"parent\" version 1, which the execution runs, is not in what"));
}

// SPDX-License-Identifier: Apache-2.0
//
// Test files: what is refused and with which words, what runs and how it is told, and that the
// schema says what the reader knows.
#include <millrace/flow_test.hpp>

#include "flow_test_members.hpp"
#include <millrace/durations.hpp>
#include <millrace/json_position.hpp>

#include "catch.hpp"
#include "conformance.hpp"

#include <filesystem>
#include <fstream>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <unistd.h>

using namespace millrace;
using namespace millrace::simulation;

namespace fs = std::filesystem;

namespace {

constexpr const char* flow = R"({"id": "shop", "startStepInstanceId": "charge", "steps": {
  "charge": {"stepInstanceId": "charge", "displayName": "C", "stepType": "CUSTOM_LOGIC",
             "moduleIdentifier": "shop/charge", "inputMappings": {"amount": "$.amount"},
             "outputMappings": {"$.payment": "$.id"}, "defaultNextStepInstanceId": "ask"},
  "ask": {"stepInstanceId": "ask", "displayName": "A", "stepType": "WAIT_FOR_EXTERNAL_EVENT",
          "correlationKeyTemplate": "ask:{{payment}}", "maxWaitTimeSeconds": 3600,
          "outputMappings": {"$.answer": "$.word"}}}})";

/// A folder with the flow and one test file. Removed by the destructor.
class shop_folder {
public:
  shop_folder() {
    std::string pattern = (fs::temp_directory_path() / "millrace-flow-test-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    write("shop.json", flow);
  }
  ~shop_folder() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  shop_folder(const shop_folder&) = delete;
  shop_folder& operator=(const shop_folder&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
    return path(name);
  }
  [[nodiscard]] flow_test_reading read(const std::string& text) const {
    return read_flow_tests(write("t.test.json", text), steps::registry::with_system_modules());
  }

private:
  fs::path folder_;
};

std::string with_test(const std::string& members) {
  return R"({"tests": [{"name": "n", "start": {"flowDefinitionId": "shop"}, )" + members + "}]}";
}
std::string with_expect(const std::string& members) {
  return with_test("\"expect\": {" + members + "}");
}
std::string with_mock(const std::string& members) {
  return with_test(R"("expect": {"status": "COMPLETED"}, "mocks": [{)" + members + "}]");
}
std::string with_answer(const std::string& answer) {
  return with_mock(R"("step": "charge", "answers": )" + answer);
}

struct bad_file {
  std::string text;
  std::string pointer;
  std::string message; ///< part of it
};

const std::vector<bad_file>& bad_files() {
  static const std::vector<bad_file> all{
      {"[]", "", "a test file is an object with \"tests\", an array of tests, but it is []"},
      {"{}", "", "\"tests\" is missing"},
      {R"({"tests": []})", "/tests", "a test file needs at least one test"},
      {R"({"tests": 1})", "/tests", "this must be an array, but it is 1"},
      {R"({"tests": [7]})", "/tests/0", "a test is an object"},
      {R"({"test": [], "tests": []})", "/test", "\"tests\" was probably meant"},
      {R"({"flows": ["nix.json"], "tests": []})", "/flows/0", "nix.json"},
      {R"({"flows": [1], "tests": []})", "/flows/0", "this must be a flow file"},
      {R"({"flows": [], "tests": []})", "/flows", "this must be a list of flow files"},
      {R"({"tests": [{}]})", "/tests/0", "\"name\" is missing: a claim in a sentence"},
      {R"({"tests": [{"name": 1}]})", "/tests/0/name", "this must be a text"},
      {R"({"tests": [{"name": "n"}]})", "/tests/0", "\"start\" is missing"},
      {R"({"tests": [{"name": "n", "start": {}}]})", "/tests/0/start",
       "flowDefinitionId must be a text that is not empty, but is missing"},
      {R"({"tests": [{"name": "n", "start": {"flowDefinitionId": "shopp"}}]})",
       "/tests/0/start/flowDefinitionId", "\"shop\" was probably meant"},
      {R"({"tests": [{"name": "n", "start": {"flowDefinitionId": "shop", "input": {}}}]})",
       "/tests/0/start/input", "there is no member \"input\" here"},
      {with_test("\"seed\": -1"), "/tests/0/seed", "a whole number of 0 or more, but it is -1"},
      {with_test("\"runFor\": \"1 day\""), "/tests/0/runFor",
       "this must be a duration such as \"250ms\""},
      {with_test("\"exepct\": {}"), "/tests/0/exepct", "\"expect\" was probably meant"},
      {with_test("\"expect\": {}"), "/tests/0/expect", "a test that expects nothing cannot fail"},
      {with_expect(R"("status": "COMPLETE")"), "/tests/0/expect/status",
       "\"COMPLETED\" was probably meant"},
      {with_expect(R"("path": ["charge", 1])"), "/tests/0/expect/path/1", "this must be a text"},
      {with_expect(R"("path": ["chrage"])"), "/tests/0/expect/path/0",
       "\"charge\" was probably meant"},
      {with_expect(R"("neverEntered": ["pay"])"), "/tests/0/expect/neverEntered/0",
       "the flow \"shop\" has no step \"pay\"; there is \"ask\" or \"charge\""},
      {with_expect(R"("entered": {"charge": "once"})"), "/tests/0/expect/entered/charge",
       "this must be how often, 0 or more, but it is \"once\""},
      {with_expect(R"("context": {"payment": 1})"), "/tests/0/expect/context/payment",
       "is no JSONPath into the context; it has to start with \"$.\""},
      {with_expect(R"("context": {"$.a[?(@.b == ]": 1})"), "/tests/0/expect/context/$.a[?(@.b == ]",
       "is no JSONPath: "},
      {with_expect(R"("types": {"$.payment": "text"})"), "/tests/0/expect/types/$.payment",
       "this must be \"null\", \"boolean\", \"number\", \"string\", \"array\" or \"object\""},
      {with_expect(R"("error": {"nam": "x"})"), "/tests/0/expect/error/nam",
       "there is no member \"nam\" here"},
      {with_expect(R"("duration": "soon")"), "/tests/0/expect/duration",
       "or an object with \"atLeast\" or \"atMost\", but it is \"soon\""},
      {with_expect(R"("delays": ["3s", {"least": 1}])"), "/tests/0/expect/delays/1/least",
       "\"atLeast\""},
      {with_expect(R"("children": [{"flow": "schop"}])"), "/tests/0/expect/children/0/flow",
       "there is no flow \"schop\"; \"shop\" was probably meant"},
      {with_expect(R"("children": [{"flow": "shop", "children": [{"flow": "shop",
                      "entered": {"asc": 1}}]}])"),
       "/tests/0/expect/children/0/children/0/entered/asc",
       "the flow \"shop\" has no step \"asc\""},
      {with_expect(R"("children": [{"count": 1}])"), "/tests/0/expect/children/0",
       "a child needs its \"flow\""},
      {with_expect(R"("children": [{"flow": "shop", "events": []}])"),
       "/tests/0/expect/children/0/events", "there is no member \"events\" here"},
      {with_expect(R"("events": ["delivered"])"), "/tests/0/expect/events",
       "it must be as long as the test's \"events\""},
      {with_expect(R"("executions": 0)"), "/tests/0/expect/executions",
       "a whole number of 1 or more"},
      {with_test("\"events\": [{}]"), "/tests/0/events/0", "\"correlationKey\" is missing"},
      {with_test(R"("events": [{"correlationKey": "k", "at": -1}])"), "/tests/0/events/0/at",
       "this must be a duration"},
      {with_test("\"mocks\": [1]"), "/tests/0/mocks/0", "a mock is an object"},
      {with_mock(R"("answers": {"return": 1})"), "/tests/0/mocks/0", "a mock needs a \"step\""},
      {with_mock(R"("step": "charge", "module": "shop/charge", "answers": {"return": 1})"),
       "/tests/0/mocks/0", "a mock names a step or a module, not both"},
      {with_mock(R"("step": "chrage", "answers": {"return": 1})"), "/tests/0/mocks/0/step",
       "no flow has a step \"chrage\"; \"charge\" was probably meant"},
      {with_mock(R"("step": "shop/chrage", "answers": {"return": 1})"), "/tests/0/mocks/0/step",
       "the flow \"shop\" has no step \"chrage\"; \"charge\" was probably meant"},
      {with_mock(R"("step": "schop/charge", "answers": {"return": 1})"), "/tests/0/mocks/0/step",
       "there is no flow \"schop\"; \"shop\" was probably meant"},
      {with_mock(R"("step": "ask", "answers": {"return": 1})"), "/tests/0/mocks/0/step",
       "the step \"ask\" cannot be mocked: a WAIT_FOR_EXTERNAL_EVENT is run by Millrace itself"},
      {with_mock(R"("module": "shop/chrage", "answers": {"return": 1})"), "/tests/0/mocks/0/module",
       "\"shop/charge\" was probably meant"},
      {with_mock(R"("step": "charge")"), "/tests/0/mocks/0", "\"answers\" is missing"},
      {with_mock(R"("step": "charge", "when": {"amount": 1}, "answers": {"return": 1})"),
       "/tests/0/mocks/0/when/amount", "is no JSONPath"},
      {with_answer("[]"), "/tests/0/mocks/0/answers", "a mock needs at least one answer"},
      {with_answer("7"), "/tests/0/mocks/0/answers", "an answer is an object"},
      {with_answer(R"([{"return": 1}, {}])"), "/tests/0/mocks/0/answers/1",
       "an answer has one of \"return\", \"fail\" and \"timeOut\", this one has none"},
      {with_answer(R"({"return": 1, "timeOut": "1s"})"), "/tests/0/mocks/0/answers",
       "this one has several"},
      {with_answer(R"({"fail": {"message": "m"}})"), "/tests/0/mocks/0/answers/fail",
       "\"name\" is missing"},
      {with_answer(R"({"return": 1, "times": 0})"), "/tests/0/mocks/0/answers/times",
       "a whole number of 1 or more"},
      {with_answer(R"({"return": 1, "after": "3 s"})"), "/tests/0/mocks/0/answers/after",
       "this must be a duration"},
  };
  return all;
}

std::string all_of(const std::vector<file_problem>& problems) {
  std::string text;
  for (const file_problem& each : problems)
    text += each.describe() + '\n';
  return text;
}

// The names that the schema gives one of its definitions.
std::set<std::string> schema_members(const json::object& schema, std::string_view definition) {
  const json::object& from =
      definition.empty() ? schema : schema.at("$defs").at(definition).as_object();
  std::set<std::string> names;
  for (const auto& member : from.at("properties").as_object())
    names.emplace(member.key());
  return names;
}

std::set<std::string> names_in(std::span<const std::string_view> members) {
  return {members.begin(), members.end()};
}

const char* good_test = R"("mocks": [{"module": "shop/charge", "answers": [
    {"fail": {"name": "TransientStepError"}, "times": 1}, {"return": {"id": 7}, "after": "2s"}]}],
  "events": [{"correlationKey": "ask:7", "payload": {"word": "yes"}, "at": "10m"}],
  "expect": {"status": "COMPLETED", "retried": {"charge": 1}, "duration": "10m",
             "context": {"$.payment": 7, "$.answer": "yes"}, "events": ["delivered"]})";

} // namespace

TEST_CASE("whatever is wrong in a test file is told with its place and what was meant") {
  const shop_folder folder;
  for (const bad_file& each : bad_files()) {
    INFO(each.text);
    const auto problems = folder.read(each.text).problems;
    INFO(all_of(problems));
    const auto found =
        std::find_if(problems.begin(), problems.end(), [&](const file_problem& problem) {
          return problem.pointer == each.pointer &&
                 problem.message.find(each.message) != std::string::npos;
        });
    REQUIRE(found != problems.end());
    CHECK(found->file == folder.path("t.test.json"));
    CHECK(found->line > 0);
  }
}

TEST_CASE("all problems of a file are told, in its order, with line and column") {
  const shop_folder folder;
  const auto reading = folder.read("{\n  \"tests\": [\n    {\"name\": \"n\",\n"
                                   "     \"start\": {\"flowDefinitionId\": \"shopp\"},\n"
                                   "     \"expect\": {\"status\": \"DONE\", \"paht\": []}}]}");
  CHECK(all_of(reading.problems) ==
        folder.path("t.test.json") +
            ":4:16: /tests/0/start/flowDefinitionId: there is no flow \"shopp\"; \"shop\" was "
            "probably meant.\n" +
            folder.path("t.test.json") +
            ":5:17: /tests/0/expect/status: there is no status \"DONE\"; there is "
            "\"INITIALIZING\", \"RUNNING\", \"WAITING\", \"COMPLETED\", \"FAILED\", \"CANCELLED\" "
            "or \"TIMED_OUT\".\n" +
            folder.path("t.test.json") +
            ":5:35: /tests/0/expect/paht: there is no member \"paht\" here; \"path\" was probably "
            "meant.\n");
}

TEST_CASE("a test file that is no JSON is told by line and column") {
  const shop_folder folder;
  const auto reading = folder.read("{\n  \"tests\": ,}");
  REQUIRE(reading.problems.size() == 1);
  CHECK(reading.problems[0].line == 2);
  CHECK(reading.problems[0].column == 12);
  CHECK(reading.problems[0].message.find("this is no JSON: expected ") == 0);
}

TEST_CASE("a flow under test that is invalid is told in its own file") {
  const shop_folder folder;
  folder.write("broken.json", "{\"id\": \"broken\", \"startStepInstanceId\": \"a\",\n"
                              " \"steps\": {\"a\": {\"stepInstanceId\": \"a\", \"displayName\": "
                              "\"A\", \"stepType\": \"TELEPORT\"}}}");
  const auto problems = folder.read(with_expect("\"executions\": 1")).problems;
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].file == folder.path("broken.json"));
  CHECK(problems[0].pointer == "/steps/a/stepType");
  CHECK(problems[0].line == 2);
}

TEST_CASE("two tests of a file have two names") {
  const shop_folder folder;
  const std::string one =
      R"({"name": "n", "start": {"flowDefinitionId": "shop"}, "expect": {"executions": 1}})";
  const auto problems = folder.read("{\"tests\": [" + one + "," + one + "]}").problems;
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].pointer == "/tests/1/name");
}

TEST_CASE("test files and other JSON beside the flows are no flows under test") {
  const shop_folder folder;
  folder.write("package.json", R"({"name": "shop"})");
  folder.write("other.test.json", R"({"tests": []})");
  const auto reading = folder.read(with_expect("\"executions\": 1"));
  CHECK(all_of(reading.problems) == "");
  REQUIRE(reading.tests.flows.size() == 1);
  CHECK(reading.tests.flows[0].name == folder.path("shop.json"));
  CHECK(read_flow_documents(fs::path(folder.path("x")).parent_path().string()).value().size() == 2);
}

TEST_CASE("a mock names a step of one flow, of any, or a module") {
  const shop_folder folder;
  const auto mock_of = [&](const std::string& target) {
    auto reading = folder.read(with_mock(target + R"(, "answers": {"timeOut": "10s"})"));
    INFO(all_of(reading.problems));
    REQUIRE(reading.problems.empty());
    return reading.tests.tests.at(0).mocks.at(0);
  };
  CHECK(mock_of(R"("step": "charge")").flow_definition_id.empty());
  CHECK(mock_of(R"("step": "charge")").step_instance_id == "charge");
  CHECK(mock_of(R"("step": "shop/charge")").flow_definition_id == "shop");
  CHECK(mock_of(R"("step": "shop/charge")").step_instance_id == "charge");
  CHECK(mock_of(R"("module": "shop/charge")").module_identifier == "shop/charge");
}

TEST_CASE("a file of mocks is a list, or an object with one") {
  const shop_folder folder;
  const auto flows = read_flow_documents(folder.path("shop.json")).value();
  const std::string list = R"([{"step": "charge", "answers": {"return": 1}}])";
  CHECK(read_mocks(folder.write("m.json", list), flows).mocks.size() == 1);
  CHECK(read_mocks(folder.write("m.json", "{\"mocks\": " + list + "}"), flows).mocks.size() == 1);
  const auto wrong = [&](const std::string& text) {
    const auto problems = read_mocks(folder.write("m.json", text), flows).problems;
    REQUIRE(problems.size() == 1);
    return problems[0].pointer + ": " + problems[0].message;
  };
  CHECK(wrong("7").find(": a file of mocks is an array of them") == 0);
  CHECK(wrong("{\"mock\": []}").find("/mock: there is no member \"mock\" here; \"mocks\"") == 0);
  CHECK(wrong(R"({"mocks": [{"step": "pay", "answers": {"return": 1}}]})").find("/mocks/0/step") ==
        0);
}

TEST_CASE("durations are whole numbers of one unit") {
  const auto ms = [](const json::value& text) {
    const auto time = parse_duration(text);
    return time ? time->count() : -1;
  };
  CHECK(ms("250ms") == 250);
  CHECK(ms("3s") == 3'000);
  CHECK(ms("5m") == 300'000);
  CHECK(ms("2h") == 7'200'000);
  CHECK(ms("30d") == 2'592'000'000);
  CHECK(ms(7) == 7);
  for (const json::value& wrong :
       std::vector<json::value>{"", "3", "s", "-3s", "1.5s", "3 s", "3sec", "36501d",
                                "99999999999999999999s", -1, 1.5, nullptr, json::array{}})
    CHECK(ms(wrong) == -1);
  for (const char* text : {"0ms", "250ms", "90s", "5m", "2h", "30d"})
    CHECK(format_duration(std::chrono::milliseconds(ms(text))) == text);
}

TEST_CASE("a JSON pointer leads to a line and a column") {
  const std::string text = "{\"a\": [1, {\"b/c\": \"}]\", \"d~e\": {}}],\n \"a\\u0062\": 2,\n"
                           "  \"x\": {}, \"x\": 3}";
  const auto place = [&](std::string_view pointer) {
    const auto found = find_position(text, pointer);
    return found ? std::to_string(found->line) + ':' + std::to_string(found->column) : "nowhere";
  };
  CHECK(place("") == "1:1");
  CHECK(place("/a") == "1:2");
  CHECK(place("/a/0") == "1:8");
  CHECK(place("/a/1/b~1c") == "1:12");
  CHECK(place("/a/1/d~0e") == "1:25");
  CHECK(place("/ab") == "2:2");
  CHECK(place("/x") == "3:12");
  CHECK(place("/a/2") == "nowhere");
  CHECK(place("/y") == "nowhere");
  CHECK(place("/ab/c") == "nowhere");
}

TEST_CASE("the schema of test files has the members that the reader knows") {
  const json::object schema = testing::load_json("docs/schemas/flow-test.schema.json").as_object();
  CHECK(schema_members(schema, "") == names_in(members::file));
  CHECK(schema_members(schema, "test") == names_in(members::test));
  CHECK(schema_members(schema, "start") == names_in(members::start));
  CHECK(schema_members(schema, "mock") == names_in(members::mock));
  CHECK(schema_members(schema, "answer") == names_in(members::answer));
  CHECK(schema_members(schema, "failure") == names_in(members::failure));
  CHECK(schema_members(schema, "event") == names_in(members::event));
  CHECK(schema_members(schema, "executionExpect") == names_in(members::expect));
  CHECK(schema_members(schema, "expect") == names_in(members::expect_of_root));
  CHECK(schema_members(schema, "child") == names_in(members::child));
  const json::object& expect = schema.at("$defs").at("executionExpect").as_object();
  CHECK(schema_members(expect.at("properties").at("error").as_object(), "") ==
        names_in(members::error));
  const json::value& bounds = schema.at("$defs").at("timeBounds").at("oneOf").at(1);
  CHECK(schema_members(bounds.as_object(), "") == names_in(members::time_bounds));
}

TEST_CASE("a test runs in a world of its own, the same under the same seed") {
  const shop_folder folder;
  const auto reading = folder.read(with_test(good_test));
  REQUIRE(all_of(reading.problems) == "");
  const auto run = [&](std::uint64_t seed) {
    flow_test_options options;
    options.seed = seed;
    return run_flow_test(reading.tests.tests.at(0), reading.tests.flows, options).value();
  };
  const auto first = run(7);
  CHECK(first.failures == std::vector<std::string>());
  CHECK(first.seed == 7);
  CHECK(first.outcome.executions.size() == 1);
  CHECK_FALSE(first.trace.empty());
  CHECK(run(7).trace == first.trace);
  CHECK(run(8).trace != first.trace);
}

TEST_CASE("time that nobody's event comes in is passed by runFor") {
  const shop_folder folder;
  const std::string mock = R"("mocks": [{"step": "charge", "answers": {"return": {"id": 1}}}], )";
  const auto run = [&](const std::string& members) {
    const auto reading = folder.read(with_test(mock + members));
    REQUIRE(all_of(reading.problems) == "");
    return run_flow_test(reading.tests.tests.at(0), reading.tests.flows, {}).value().failures;
  };
  CHECK(run(R"("expect": {"status": "WAITING", "waitingFor": "ask:1"})").empty());
  CHECK(run(R"("runFor": "59m", "expect": {"status": "WAITING"})").empty());
  CHECK(run(R"("runFor": "2h", "expect": {"status": "TIMED_OUT", "duration": "1h"})").empty());
}

TEST_CASE("every sample flow has a test, and all of them pass under several seeds") {
  std::set<std::string> started;
  for (const std::string& file : find_flow_tests({MILLRACE_SOURCE_DIR "/flows/examples"}).value()) {
    INFO(file);
    const auto reading = read_flow_tests(file, steps::registry::with_system_modules());
    REQUIRE(all_of(reading.problems) == "");
    for (const flow_test& test : reading.tests.tests) {
      INFO(test.name);
      started.insert(test.start.flow_definition_id);
      for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        flow_test_options options;
        options.seed = seed;
        const auto run = run_flow_test(test, reading.tests.flows, options);
        REQUIRE(run.has_value());
        CHECK(run->failures == std::vector<std::string>());
      }
    }
  }
  CHECK(started == std::set<std::string>{"expense-approval", "order-intake", "order-quote",
                                         "parcel", "process-order-flow", "relay", "restock",
                                         "restock-notice", "support-answer", "support-desk",
                                         "support-mail"});
}

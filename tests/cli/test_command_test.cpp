// SPDX-License-Identifier: Apache-2.0
//
// millrace test: exit statuses, what is refused with which words, the forms of its output, and that
// the page which teaches it is true.
#include "command.hpp"

#include "catch.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

using namespace millrace;
using namespace millrace::cli::testing;

namespace {

std::string read(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// A test of the flow "child" that passes, or one that cannot.
std::string one_test(const std::string& name, const std::string& expect) {
  return R"({"name": ")" + name + R"(", "start": {"flowDefinitionId": "child"}, "expect": {)" +
         expect + "}}";
}
std::string test_file(const std::string& tests) {
  return "{\"tests\": [" + tests + "]}";
}
const char* const passes = R"("status": "COMPLETED")";
const char* const fails_always = R"("status": "FAILED", "context": {"$.a": "<b> & \"c\""})";

void write_flows(const workplace& place) {
  place.write("child.json", simple_flow("child"));
}

struct wrong_file {
  std::string text;
  std::string says; ///< all of standard error but the command's name
};

const std::vector<wrong_file>& wrong_files() {
  static const std::vector<wrong_file> all{
      {"{\"tests\": [",
       "t.test.json:1:12: this is no JSON: expected a value, found the end of the text."},
      {"7", "t.test.json:1:1: a test file is an object with \"tests\", an array of tests, but it "
            "is 7."},
      {R"({"tets": []})",
       "t.test.json:1:1: \"tests\" is missing: a test file is an object with \"tests\", an array "
       "of tests.\nt.test.json:1:2: /tets: there is no member \"tets\" here; \"tests\" was "
       "probably meant."},
      {test_file(one_test("n", R"("status": "COMPLETE")")),
       "t.test.json:1:77: /tests/0/expect/status: there is no status \"COMPLETE\"; \"COMPLETED\" "
       "was probably meant."},
      {test_file(one_test("n", R"("entered": {"b": 1})")),
       "t.test.json:1:89: /tests/0/expect/entered/b: the flow \"child\" has no step \"b\"; there "
       "is \"only\"."},
      {test_file(one_test("n", R"("context": {"a": 1})")),
       "t.test.json:1:89: /tests/0/expect/context/a: \"a\" is no JSONPath into the context; it "
       "has to start with \"$.\"."},
      {R"({"tests": [{"name": "n", "start": {"flowDefinitionId": "child"}, "expect": {"path": []},
"mocks": [{"step": "child/b", "answers": {"return": 1}}]}]})",
       "t.test.json:2:12: /tests/0/mocks/0/step: the flow \"child\" has no step \"b\"; there is "
       "\"only\"."},
      {R"({"tests": [{"name": "n", "start": {"flowDefinitionId": "chidl"}, "expect": {"path": []}}]})",
       "t.test.json:1:36: /tests/0/start/flowDefinitionId: there is no flow \"chidl\"; \"child\" "
       "was probably meant."},
      {R"({"flows": ["chidl.json"], "tests": [{"name": "n", "start": {"flowDefinitionId": "child"},
"expect": {"path": []}}]})",
       "t.test.json:1:12: /flows/0: There is no file or folder chidl.json; name a flow file or a "
       "folder of them."},
  };
  return all;
}

std::string without_command_name(const std::string& text) {
  std::string out;
  const std::string prefix = "millrace: ";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    out += (out.empty() ? "" : "\n") + (line.rfind(prefix, 0) == 0 ? line.substr(10) : line);
    at = end == std::string::npos ? text.size() : end + 1;
  }
  return out;
}

/// What the page holds between a mark such as `<!-- file: x.json -->` and the end of its block.
std::vector<std::pair<std::string, std::string>> blocks_of(const std::string& page) {
  std::vector<std::pair<std::string, std::string>> blocks;
  for (std::size_t at = page.find("<!-- "); at != page.npos; at = page.find("<!-- ", at + 1)) {
    const std::size_t name = at + 5;
    const std::size_t begin = page.find("```", at);
    REQUIRE(begin != page.npos);
    const std::size_t first = page.find('\n', begin) + 1;
    const std::size_t end = page.find("\n```", first) + 1;
    blocks.emplace_back(page.substr(name, page.find(" -->", at) - name),
                        page.substr(first, end - first));
  }
  return blocks;
}

bool is_well_formed(const std::string& xml) {
  std::vector<std::string> open;
  for (std::size_t at = xml.find('<'); at != xml.npos; at = xml.find('<', at + 1)) {
    const std::size_t end = xml.find('>', at);
    if (end == xml.npos)
      return false;
    const std::string tag = xml.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(0, tag.find_first_of(" /", 1));
    if (tag.front() == '?')
      continue;
    if (std::count(tag.begin(), tag.end(), '"') % 2 != 0)
      return false;
    if (tag.front() == '/') {
      if (open.empty() || "/" + open.back() != tag)
        return false;
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(name);
    }
  }
  return open.empty();
}

} // namespace

TEST_CASE("a test file that is wrong is refused with its place and what was meant, and status 2") {
  const workplace place;
  write_flows(place);
  for (const wrong_file& each : wrong_files()) {
    INFO(each.text);
    place.write("t.test.json", each.text);
    const outcome result = place.run({"test", "t.test.json"});
    CHECK(result.status == 2);
    CHECK(result.out == "");
    CHECK(without_command_name(result.err) == each.says);
  }
}

TEST_CASE("wrong usage of test is status 2") {
  const workplace place;
  write_flows(place);
  place.write("t.test.json", test_file(one_test("n", passes)));
  std::filesystem::create_directory(place.path("empty"));
  const std::map<std::string, std::vector<std::string>> cases{
      {"Name a test file (*.test.json) or a folder of them.", {"test"}},
      {"There is no file or folder nix; name a test file or a folder of them.", {"test", "nix"}},
      {"The folder empty holds no *.test.json file.", {"test", "empty"}},
      {"No test has \"zzz\" in its name; leave out --only.", {"test", ".", "--only", "zzz"}},
      {"--repeat", {"test", ".", "--repeat", "0"}},
      {"--seed", {"test", ".", "--seed", "x"}},
      {"--jobs", {"test", ".", "--jobs", "0"}},
      {"must be one of text|json", {"test", ".", "--output", "xml"}}};
  for (const auto& [says, arguments] : cases) {
    INFO(says);
    const outcome result = place.run(arguments);
    CHECK(result.status == 2);
    CHECK(result.out == "");
    CHECK(result.err.find(says) != std::string::npos);
  }
}

TEST_CASE("problems of test files are a JSON document for programs") {
  const workplace place;
  write_flows(place);
  place.write("t.test.json", wrong_files()[3].text);
  const outcome result = place.run({"test", "t.test.json", "--output", "json"});
  CHECK(result.status == 2);
  const json::value document = result.document();
  CHECK(document.at("passed") == false);
  const json::value& problem = document.at("problems").at(0);
  CHECK(problem.at("file") == "t.test.json");
  CHECK(problem.at("line") == 1);
  CHECK(problem.at("column") == 77);
  CHECK(problem.at("pointer") == "/tests/0/expect/status");
}

TEST_CASE("tests that pass are status 0, one that fails is status 1 and told with its seed") {
  const workplace place;
  write_flows(place);
  place.write("a.test.json", test_file(one_test("it completes", passes)));
  const outcome good = place.run({"test", "."});
  CHECK(good.err == "");
  CHECK(good.status == 0);
  CHECK(good.out == "./a.test.json\n  ok    it completes (1 execution, 0 ms of virtual time)\n"
                    "1 test in 1 file: 1 passed, 0 failed.\n");

  place.write("b.test.json", test_file(one_test("it's broken", fails_always)));
  const outcome bad = place.run({"test", ".", "--seed", "5"});
  INFO(bad.out);
  CHECK(bad.status == 1);
  CHECK(bad.err == "");
  CHECK(bad.out.find("./b.test.json\n  FAIL  it's broken\n"
                     "        expected the status FAILED, but it is COMPLETED.\n"
                     "        $.a: expected \"<b> & \\\"c\\\"\", but nothing is there; ") !=
        std::string::npos);
  CHECK(bad.out.find("seed 5; again with: millrace test ./b.test.json --only 'it'\\''s broken' "
                     "--seed 5\n") != std::string::npos);
  CHECK(bad.out.find("2 tests in 2 files: 1 passed, 1 failed.\n") != std::string::npos);
  CHECK(place.run({"test", ".", "--only", "completes"}).status == 0);
}

TEST_CASE("the same seed gives the same output, whatever runs beside it") {
  const std::vector<std::string> samples{
      "test", MILLRACE_SOURCE_DIR "/flows/examples", "--seed", "11", "--output", "json"};
  const workplace place;
  auto one_by_one = samples;
  one_by_one.insert(one_by_one.end(), {"--jobs", "1"});
  auto side_by_side = samples;
  side_by_side.insert(side_by_side.end(), {"--jobs", "8"});
  const outcome first = place.run(one_by_one);
  CHECK(first.status == 0);
  CHECK(first.document().at("passed") == true);
  CHECK(place.run(one_by_one).out == first.out);
  CHECK(place.run(side_by_side).out == first.out);
}

TEST_CASE("the option --repeat runs a test with one seed after another and names those that fail") {
  const workplace place;
  write_flows(place);
  place.write("a.test.json",
              test_file(one_test("good", passes) + "," + one_test("bad", fails_always)));
  const outcome result = place.run({"test", "a.test.json", "--seed", "3", "--repeat", "4"});
  INFO(result.out);
  CHECK(result.status == 1);
  CHECK(result.out.find("ok    good (1 execution, 0 ms of virtual time, 4 seeds)") !=
        std::string::npos);
  CHECK(result.out.find("seed 3 (and 3 more of 4 seeds); again with: ") != std::string::npos);
  const outcome document = place.run({"test", "a.test.json", "--repeat", "2", "--output", "json"});
  const json::value all = document.document();
  const json::value& bad = all.at("tests").at(1);
  CHECK(bad.at("failedSeeds") == json::array{1, 2});
  CHECK(bad.at("failures").at(0) == "expected the status FAILED, but it is COMPLETED.");
  CHECK_FALSE(bad.at("trace").as_array().empty());
}

TEST_CASE("the JUnit report is well-formed, whatever names and values hold") {
  const workplace place;
  write_flows(place);
  place.write("a.test.json", test_file(one_test("a < b & \\\"c\\\" \\u0001 > d", fails_always) +
                                       "," + one_test("good", passes)));
  const outcome result = place.run({"test", "a.test.json", "--junit", "report.xml"});
  CHECK(result.status == 1);
  const std::string xml = read(place.path("report.xml"));
  INFO(xml);
  CHECK(is_well_formed(xml));
  CHECK(xml.find("<testsuite name=\"a.test.json\" tests=\"2\" failures=\"1\" errors=\"0\"") !=
        std::string::npos);
  CHECK(xml.find("name=\"a &lt; b &amp; &quot;c&quot; \xEF\xBF\xBD &gt; d\"") != std::string::npos);
  CHECK(xml.find("<failure type=\"expectation\" message=\"expected the status FAILED") !=
        std::string::npos);
  CHECK(place.run({"test", "a.test.json", "--junit", "no/such/folder.xml"}).status == 3);
}

TEST_CASE("a flow that never comes to rest fails its test instead of hanging it") {
  const workplace place;
  place.write("loop.json", R"({"id": "loop", "startStepInstanceId": "a", "steps": {
    "a": {"stepInstanceId": "a", "displayName": "A", "stepType": "START_FLOW_EXECUTION",
          "moduleIdentifier": "system/start-flow-execution", "flowDefinitionId": "loop"}}})");
  place.write("t.test.json", R"({"tests": [{"name": "n", "start": {"flowDefinitionId": "loop"},
    "expect": {"status": "COMPLETED"}}]})");
  const outcome result =
      place.run({"test", "t.test.json", "--output", "json", "--work-max", "5000"});
  CHECK(result.status == 1);
  CHECK(result.out.find("It does not come to rest: ") != std::string::npos);
}

TEST_CASE("run takes the mocks of a file instead of what a step calls") {
  const workplace place;
  place.write("call.json", R"({"id": "call", "startStepInstanceId": "ask", "steps": {
    "ask": {"stepInstanceId": "ask", "displayName": "A", "stepType": "API_CALL",
            "apiHttpMethod": "GET", "apiUrlTemplate": {"template": "https://example.com/"},
            "outputMappings": {"$.answer": "$.word"}}}})");
  place.write("mocks.json", R"({"mocks": [{"step": "call/ask",
    "answers": [{"fail": {"name": "PermanentStepError"}, "times": 1}, {"return": {}}]}]})");
  place.write("good.json", R"([{"step": "ask", "answers": {"return": {"word": "yes"}}}])");
  const outcome answered =
      place.run({"run", "call.json", "--mock", "good.json", "--output", "json"});
  INFO(answered.err);
  CHECK(answered.status == 0);
  CHECK(answered.executions().at(0).at("context").at("answer") == "yes");
  CHECK(place.run({"run", "call.json", "--mock", "mocks.json"}).status == 1);
}

TEST_CASE("coverage says what of the flows the tests ran, and --min asks for enough of it") {
  const workplace place;
  write_flows(place);
  place.write("a.test.json", test_file(one_test("n", passes)));
  const outcome covered = place.run({"test", "a.test.json", "--coverage=counts.json"});
  INFO(covered.out);
  CHECK(covered.status == 0);
  CHECK(covered.out.find("child v1") != std::string::npos);
  CHECK(read(place.path("counts.json")).find("\"millraceCoverage\":1") != std::string::npos);
  CHECK(place.run({"graph", "child.json", "--coverage", "counts.json"}).status == 0);
  CHECK(place.run({"test", "--coverage", "a.test.json", "--min", "100"}).status == 0);
  place.write("other.json", simple_flow("other"));
  const outcome less = place.run({"test", "a.test.json", "--min", "90"});
  CHECK(less.status == 1);
  CHECK(less.err == "millrace: The tests cover 1 of 2 points, which is less than --min asks "
                    "for.\n");
}

TEST_CASE("every example of the page on testing flows runs and prints what the page says") {
  const workplace place;
  std::string output;
  std::string says;
  for (const auto& [what, text] : blocks_of(read(MILLRACE_SOURCE_DIR "/docs/testing-flows.md"))) {
    if (what.rfind("file: ", 0) == 0)
      place.write(what.substr(6), text);
    else
      (what == "output" ? output : says) += text;
  }
  const outcome good = place.run({"test", "checkout.test.json"});
  INFO(good.err);
  CHECK(good.status == 0);
  REQUIRE_FALSE(output.empty());
  CHECK(good.out == output);
  const outcome wrong = place.run({"test", "wrong.test.json"});
  CHECK(wrong.status == 1);
  REQUIRE_FALSE(says.empty());
  INFO(wrong.out);
  CHECK(wrong.out.find(says) != std::string::npos);
  CHECK(place.run({"test", "checkout.test.json", "--repeat", "100"}).status == 0);
}

TEST_CASE("the option --crash kills the sample tests at every commit and says which external steps "
          "ran again") {
  const workplace place;
  const outcome result =
      place.run({"test", MILLRACE_SOURCE_DIR "/flows/examples/process-order.test.json", "--crash",
                 "--output", "json"});
  INFO(result.err);
  CHECK(result.status == 0);
  const json::value document = result.document();
  std::int64_t repeated = 0;
  for (const json::value& test : document.at("tests").as_array()) {
    CHECK(test.at("passed") == true);
    CHECK(test.at("crashPoints").to_number<std::int64_t>() > 10);
    for (const auto& step : test.at("repeatedSteps").as_object())
      repeated += step.value().to_number<std::int64_t>();
  }
  CHECK(repeated > 0);
}

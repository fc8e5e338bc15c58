// SPDX-License-Identifier: Apache-2.0
//
// Reading test files, the flows that they name, and files of mocks.
#include "context_check.hpp"
#include "flow_test_members.hpp"
#include "flow_test_parts.hpp"
#include "text_file.hpp"
#include <millrace/json_position.hpp>

#include <millrace/bundle.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>
#include <tuple>

namespace millrace::simulation {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view what_a_file_is =
    "a test file is an object with \"tests\", an array of tests";

// A message of parse_json says file, line and column itself.
file_problem problem_of_syntax(const std::string& file, std::string message) {
  file_problem problem;
  problem.file = file;
  const std::string prefix = file + ": ";
  if (message.starts_with(prefix))
    message.erase(0, prefix.size());
  std::size_t line = 0;
  std::size_t column = 0;
  int length = 0;
  if (std::sscanf(message.c_str(), "line %zu, column %zu: %n", &line, &column, &length) == 2) {
    problem.line = line;
    problem.column = column;
    message.erase(0, static_cast<std::size_t>(length));
  }
  problem.message = "this is no JSON: " + message;
  return problem;
}

/// A file's text and the value it holds, or the problem that it holds none.
struct json_file {
  std::string text;
  std::optional<json::value> value;
  std::vector<file_problem> problems;
};

json_file read_json(const std::string& file) {
  json_file read;
  auto text = read_text_file(file);
  if (!text) {
    read.problems.push_back({file, {}, 0, 0, text.error().message()});
    return read;
  }
  read.text = std::move(*text);
  auto value = parse_json(read.text, file);
  if (value)
    read.value = std::move(*value);
  else
    read.problems.push_back(problem_of_syntax(file, value.error().message()));
  return read;
}

bool holds_flows(const flow_document& document) {
  const auto source = flows::read_flow_source(document.document, document.name);
  return !source.flows.empty() || !source.step_definitions.empty() || !source.agents.empty();
}

class test_file_reader {
public:
  test_file_reader(std::string file, const steps::registry& steps)
      : folder_(fs::path(file).parent_path()), steps_(steps) {
    reading_.tests.file = std::move(file);
  }

  flow_test_reading read() {
    json_file read = read_json(reading_.tests.file);
    reading_.problems = std::move(read.problems);
    if (!read.value)
      return std::move(reading_);
    if (const json::object* object = read.value->if_object())
      read_file(*object);
    else
      add("", std::string(what_a_file_is) + but_is(*read.value));
    for (file_problem& each : placed(problems_, reading_.tests.file, read.text))
      reading_.problems.push_back(std::move(each));
    return std::move(reading_);
  }

private:
  void add(std::string pointer, std::string message) {
    problems_.push_back({std::move(pointer), std::move(message)});
  }

  void read_file(const json::object& object) {
    member_reader reader(object, "", members::file, problems_);
    const bool found = reader.has("flows") ? read_named_flows(reader) : read_flows_beside();
    const json::array* tests = reader.array("tests");
    if (!reader.has("tests"))
      add("", "\"tests\" is missing: " + std::string(what_a_file_is));
    if (tests != nullptr && found)
      read_tests(*tests);
    check_sources();
  }

  void read_tests(const json::array& entries) {
    if (entries.empty())
      add("/tests", "a test file needs at least one test");
    const flow_vocabulary known(reading_.tests.flows);
    for (std::size_t i = 0; i < entries.size(); ++i)
      read_test(entries[i], child_of("/tests", i), known);
  }

  bool read_named_flows(member_reader& reader) {
    const json::array* entries = reader.array("flows");
    if (entries == nullptr)
      return false;
    if (entries->empty())
      reader.refuse("flows", "a list of flow files or folders, or be left out");
    bool all = !entries->empty();
    for (std::size_t i = 0; i < entries->size(); ++i)
      all = read_named_flow((*entries)[i], child_of("/flows", i)) && all;
    return all;
  }

  bool read_named_flow(const json::value& entry, const std::string& pointer) {
    if (!entry.is_string() || entry.get_string().empty()) {
      add(pointer,
          "this must be a flow file, or a folder of them, seen from the test file" + but_is(entry));
      return false;
    }
    const fs::path path = folder_ / std::string(entry.get_string());
    auto documents = read_flow_documents(path.lexically_normal().string());
    if (!documents) {
      add(pointer, documents.error().message());
      return false;
    }
    for (flow_document& each : *documents)
      reading_.tests.flows.push_back(std::move(each));
    return true;
  }

  // Where the file names no flows, they are those beside it; other JSON may lie there as well.
  bool read_flows_beside() {
    auto documents = read_flow_documents(folder_.empty() ? "." : folder_.string());
    if (!documents && documents.error().code() != errc::invalid_argument) {
      add("", "the flows beside the file cannot be read: " + documents.error().message());
      return false;
    }
    if (documents)
      for (flow_document& each : *documents)
        if (holds_flows(each))
          reading_.tests.flows.push_back(std::move(each));
    if (reading_.tests.flows.empty())
      add("", "there are no flows beside the file; name them in \"flows\"");
    return !reading_.tests.flows.empty();
  }

  // A step that only runs because it is mocked has to be so in every test.
  void check_sources() {
    if (!check_flows(reading_.tests.flows, steps_).has_errors())
      return;
    if (reading_.tests.tests.empty())
      add_errors(check_flows(reading_.tests.flows, steps_));
    for (const flow_test& test : reading_.tests.tests) {
      steps::registry mocked = steps_;
      // Mocks that cannot be put there are told as such.
      static_cast<void>(put_mocks(test.mocks, mocked));
      add_errors(check_flows(reading_.tests.flows, mocked));
    }
  }

  void add_errors(const source_report& report) {
    for (const source_problem& each : report.problems) {
      if (each.what.severity != flows::problem::severity_type::error ||
          !told_.insert(each.source + each.what.pointer + each.what.message).second)
        continue;
      const auto text = read_text_file(each.source);
      for (file_problem& one : placed({{each.what.pointer, each.what.message}}, each.source,
                                      text ? *text : std::string()))
        reading_.problems.push_back(std::move(one));
    }
  }

  void read_test(const json::value& entry, const std::string& pointer,
                 const flow_vocabulary& known) {
    if (!entry.is_object()) {
      add(pointer, "a test is an object with \"name\", \"start\" and \"expect\"" + but_is(entry));
      return;
    }
    member_reader reader(entry.get_object(), pointer, members::test, problems_);
    flow_test test;
    test.name = reader.required_text("name", "a claim in a sentence").value_or("");
    if (!test.name.empty() && !names_.insert(test.name).second)
      reader.add(reader.pointer("name"), "there is another test with this name in the file");
    read_start(reader, known, test);
    if (const auto seed = reader.whole_number("seed", 0))
      test.seed = static_cast<std::uint64_t>(*seed);
    if (const json::array* mocks = reader.array("mocks"))
      test.mocks = read_mock_list(*mocks, reader.pointer("mocks"), known, problems_);
    read_events(reader, test);
    test.run_for = reader.duration("runFor");
    read_expect(reader, known, test);
    reading_.tests.tests.push_back(std::move(test));
  }

  void read_start(member_reader& reader, const flow_vocabulary& known, flow_test& test) {
    if (!reader.has("start"))
      reader.add(reader.pointer(), "\"start\" is missing: the start input, for instance "
                                   "{\"flowDefinitionId\": ..., \"initialContextData\": {}}");
    const json::object* start = reader.object("start");
    if (start == nullptr)
      return;
    const member_reader inside(*start, reader.pointer("start"), members::start, problems_);
    auto request = parse_start_request(*start);
    if (!request) {
      add(inside.pointer(), "the start input is wrong: " + request.error().message());
      return;
    }
    test.start = std::move(*request);
    const std::string& flow = test.start.flow_definition_id;
    if (!known.has_flow(flow))
      add(inside.pointer("flowDefinitionId"),
          "there is no flow " + in_quotes(flow) + what_was_meant(flow, known.flow_names()));
  }

  void read_events(member_reader& reader, flow_test& test) {
    const json::array* events = reader.array("events");
    for (std::size_t i = 0; events != nullptr && i < events->size(); ++i) {
      const std::string pointer = child_of(reader.pointer("events"), i);
      if (!(*events)[i].is_object()) {
        add(pointer,
            "an event is an object with \"correlationKey\" and \"payload\"" + but_is((*events)[i]));
        continue;
      }
      member_reader inside((*events)[i].get_object(), pointer, members::event, problems_);
      event planned;
      planned.correlation_key =
          inside.required_text("correlationKey", "the key that a step waits under").value_or("");
      const json::value* payload = inside.find("payload");
      planned.payload = payload == nullptr ? json::value(json::object()) : *payload;
      planned.at = inside.duration("at");
      test.events.push_back(std::move(planned));
    }
  }

  void read_expect(member_reader& reader, const flow_vocabulary& known, flow_test& test) {
    if (!reader.has("expect"))
      reader.add(reader.pointer(), "\"expect\" is missing: what should come of it, for instance "
                                   "{\"status\": \"COMPLETED\"}");
    const json::object* expect = reader.object("expect");
    if (expect == nullptr)
      return;
    const std::string pointer = reader.pointer("expect");
    if (expect->empty())
      reader.add(pointer, "a test that expects nothing cannot fail; say for instance the "
                          "\"status\"");
    test.expect =
        read_expectation(*expect, pointer, known, test.start.flow_definition_id, problems_);
    if (test.expect.events && test.expect.events->size() != test.events.size())
      reader.add(child_of(pointer, "events"),
                 "this says what becomes of each event, so it must be as long as the test's "
                 "\"events\"");
  }

  fs::path folder_;
  const steps::registry& steps_;
  flow_test_reading reading_;
  pointed_problems problems_;
  std::set<std::string> names_;
  std::set<std::string> told_; ///< errors of flows
};

void add_test_files(const fs::path& folder, std::vector<std::string>& files,
                    std::error_code& failure) {
  std::vector<std::string> found;
  const auto how = fs::directory_options::skip_permission_denied;
  for (auto at = fs::recursive_directory_iterator(folder, how, failure);
       !failure && at != fs::recursive_directory_iterator(); at.increment(failure))
    if (at->path().filename().string().ends_with(test_file_ending) && at->is_regular_file())
      found.push_back(at->path().string());
  std::sort(found.begin(), found.end());
  files.insert(files.end(), found.begin(), found.end());
}

} // namespace

std::string file_problem::describe() const {
  std::string text = file;
  if (line != 0)
    text += ':' + std::to_string(line) + ':' + std::to_string(column);
  text += ": ";
  if (!pointer.empty())
    text += pointer + ": ";
  return text + message + (message.ends_with('.') ? "" : ".");
}

std::vector<file_problem> placed(const pointed_problems& problems, const std::string& file,
                                 std::string_view text) {
  std::vector<file_problem> all;
  for (const pointed_problem& each : problems) {
    const auto place = find_position(text, each.pointer).value_or(text_position{0, 0});
    all.push_back({file, each.pointer, place.line, place.column, each.message});
  }
  std::stable_sort(all.begin(), all.end(), [](const file_problem& a, const file_problem& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  return all;
}

flow_test_reading read_flow_tests(const std::string& file, const steps::registry& steps) {
  return test_file_reader(file, steps).read();
}

result<std::vector<std::string>> find_flow_tests(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code failure;
    const auto status = fs::status(path, failure);
    if (!fs::exists(status))
      return error{errc::not_found, "There is no file or folder " + path +
                                        "; name a test file or a folder of them."};
    if (!fs::is_directory(status)) {
      files.push_back(path);
      continue;
    }
    const std::size_t before = files.size();
    add_test_files(path, files, failure);
    if (failure)
      return error{errc::not_found,
                   "The folder " + path + " cannot be read: " + failure.message() + "."};
    if (files.size() == before)
      return error{errc::invalid_argument,
                   "The folder " + path + " holds no *" + std::string(test_file_ending) + " file."};
  }
  return files;
}

mock_reading read_mocks(const std::string& file, const std::vector<flow_document>& flows) {
  mock_reading reading;
  json_file read = read_json(file);
  reading.problems = std::move(read.problems);
  if (!read.value)
    return reading;
  pointed_problems problems;
  static constexpr std::array<std::string_view, 2> known{"$schema", "mocks"};
  const json::array* entries = read.value->if_array();
  std::string pointer;
  if (const json::object* object = read.value->if_object()) {
    pointer = "/mocks";
    entries = member_reader(*object, "", known, problems).array("mocks");
  }
  if (entries != nullptr)
    reading.mocks = read_mock_list(*entries, pointer, flow_vocabulary(flows), problems);
  else if (problems.empty())
    problems.push_back({"", "a file of mocks is an array of them, or an object with \"mocks\"" +
                                but_is(*read.value)});
  reading.problems = placed(problems, file, read.text);
  return reading;
}

} // namespace millrace::simulation

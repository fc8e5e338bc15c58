// SPDX-License-Identifier: Apache-2.0
//
// How far families have come: what is nested below what, the one line about it, and the bounds.
#include <millrace/progress_tree.hpp>

#include "catch.hpp"
#include "flow_fixture.hpp"

#include <millrace/engine.hpp>

#include <algorithm>

using namespace millrace;
using namespace millrace::testing;

namespace {

// Starts a child, forks two branches that wait, then calls a flow, whose event ends everything.
constexpr const char* family = R"([
  {'id': 'main', 'version': 7, 'isPublished': true, 'startStepInstanceId': 'start', 'steps': {
    'start': {'stepInstanceId': 'start', 'displayName': 'Start', 'stepType': 'START_FLOW_EXECUTION',
              'moduleIdentifier': 'system/start-flow-execution',
              'literals': {'flowDefinitionId': 'quick'}, 'defaultNextStepInstanceId': 'fork'},
    'fork': {'stepInstanceId': 'fork', 'displayName': 'Fork', 'stepType': 'PARALLEL_FORK_MANAGER',
             'itemsPath': '$.items', 'checkpoint': {'id': 'c1', 'label': 'Forking'},
             'parallelBranches': [{'branchId': 'b', 'stepInstanceId': 'inner'}],
             'defaultNextStepInstanceId': 'call'},
    'inner': {'stepInstanceId': 'inner', 'displayName': 'Inner',
              'stepType': 'WAIT_FOR_EXTERNAL_EVENT',
              'correlationKeyTemplate': 'inner:{{currentItem}}'},
    'call': {'stepInstanceId': 'call', 'displayName': 'Call', 'stepType': 'START_SUB_FLOW',
             'checkpoint': {'id': 'c2', 'label': 'Calling'}, 'subFlowDefinitionId': 'slow'}}},
  {'id': 'quick', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'n', 'steps': {
    'n': {'stepInstanceId': 'n', 'stepType': 'NO_OP'}}},
  {'id': 'slow', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'w', 'steps': {
    'w': {'stepInstanceId': 'w', 'displayName': 'Wait', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT',
          'correlationKeyTemplate': 'slow'}}}])";

// What a document says apart from ids and times: "flow kind depth parent-step status percent at".
std::string line_of(const json::object& node) {
  const auto step = node.if_contains("currentStep");
  const auto checkpoint = node.if_contains("currentCheckpoint");
  const json::value& parent = node.at("parentStepInstanceId");
  std::string line(node.at("flowDefinitionId").as_string());
  line += " " + std::string(node.at("executionKind").as_string());
  line += " " + std::to_string(node.at("depth").as_int64());
  line += " " + (parent.is_null() ? std::string("-") : std::string(parent.as_string()));
  line += " " + std::string(node.at("status").as_string());
  line += node.at("isWaiting").as_bool() ? " waits " : " ";
  line += std::to_string(node.at("progressPercent").as_int64());
  line += step ? " at " + std::string(step->at("displayName").as_string()) : std::string();
  line += checkpoint ? " past " + std::string(checkpoint->at("label").as_string()) : std::string();
  return line;
}

void add_lines(const json::object& node, const std::string& indent,
               std::vector<std::string>& lines) {
  lines.push_back(indent + line_of(node));
  for (const json::value& child : node.at("children").as_array())
    add_lines(child.as_object(), indent + "  ", lines);
}

std::vector<std::string> lines_of(const progress_report& report) {
  std::vector<std::string> lines;
  add_lines(to_json(report).at("root").as_object(), "", lines);
  return lines;
}

std::size_t size_of(const progress_node& node) {
  std::size_t size = 1;
  for (const progress_node& child : node.children)
    size += size_of(child);
  return size;
}

std::size_t levels_of(const progress_node& node) {
  std::size_t deepest = 0;
  for (const progress_node& child : node.children)
    deepest = std::max(deepest, levels_of(child));
  return deepest + 1;
}

std::string start(engine& running, const char* flow, json::object context = {}) {
  const auto id = running.start(
      json::object{{"flowDefinitionId", flow}, {"initialContextData", std::move(context)}});
  REQUIRE(running.wait_until_quiet(patience).has_value());
  return *id;
}

} // namespace

TEST_CASE("a tree shows branches that run, children and calls below what started them") {
  engine running = engine_with(family);
  const std::string id = start(running, "main", object_of("{'items': ['x', 'y']}"));
  using lines = std::vector<std::string>;
  const auto tree = [&] { return running.progress(id).value(); };
  CHECK(lines_of(tree()) == lines{"main ROOT 0 - RUNNING 50 at Fork past Forking",
                                  "  main PARALLEL_BRANCH 1 fork RUNNING waits 0 at Inner",
                                  "  main PARALLEL_BRANCH 1 fork RUNNING waits 0 at Inner",
                                  "  quick ASYNC_SUBFLOW 1 start COMPLETED 100"});
  const progress_report forked = tree();
  const progress_node& branch = forked.root.children.front();
  CHECK(branch.status == execution_status::waiting); // RUNNING is Allma's word for it
  CHECK(branch.flow_execution_id.substr(0, id.size() + 1) == id + "/");
  CHECK(forked.root.children[1].flow_execution_id != branch.flow_execution_id);
  CHECK(forked.headline.execution_id == branch.flow_execution_id);
  CHECK(forked.headline.label == "Inner");
  CHECK(forked.headline.is_waiting);

  REQUIRE(running.resume("inner:x", json::object()).has_value());
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(tree().root.children.size() == 2);
  REQUIRE(running.resume("inner:y", json::object()).has_value());
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(lines_of(tree()) == lines{"main ROOT 0 - RUNNING 100 at Call past Calling",
                                  "  quick ASYNC_SUBFLOW 1 start COMPLETED 100",
                                  "  slow SYNC_SUBFLOW 1 call RUNNING waits 0 at Wait"});
  CHECK(tree().headline.execution_id == only(running, "slow").flow_execution_id);
  CHECK(tree().headline.label == "Wait");

  REQUIRE(running.resume("slow", json::object()).has_value());
  REQUIRE(running.wait_until_quiet(patience).has_value());
  const progress_headline over = tree().headline;
  CHECK(over.execution_id == id);
  CHECK(over.label == "Calling");
  CHECK(over.percent == 100);
  CHECK(over.status == execution_status::completed);
}

TEST_CASE("the document has the members of Allma's") {
  engine running = engine_with(family);
  const std::string id = start(running, "main", object_of("{'items': []}"));
  const json::object document = to_json(running.progress(id, progress_mode::single).value());
  const auto record = running.find(id).value();
  json::object expected = object_of(R"({
    'root': {'flowExecutionId': '', 'flowDefinitionId': 'main', 'flowDefinitionVersion': 7,
             'executionKind': 'ROOT', 'depth': 0, 'parentStepInstanceId': null,
             'status': 'RUNNING', 'isWaiting': false,
             'currentStep': {'stepInstanceId': 'call', 'displayName': 'Call',
                             'stepType': 'START_SUB_FLOW'},
             'completedStepCount': 2, 'totalStepCount': 4, 'progressPercent': 100,
             'totalCheckpoints': 2,
             'currentCheckpoint': {'id': 'c2', 'label': 'Calling', 'ordinal': 2},
             'startTime': '', 'endTime': null, 'children': []},
    'headline': {'executionId': '', 'label': 'Calling', 'percent': 100, 'status': 'RUNNING',
                 'isWaiting': false}})");
  expected["root"].at("flowExecutionId") = id;
  expected["root"].at("startTime") = format_timestamp(record.started_at);
  expected["headline"].at("executionId") = id;
  CHECK(document == expected);
}

TEST_CASE("any execution of a family leads to its tree, and stands for itself alone") {
  engine running = engine_with(family);
  const std::string id = start(running, "main", object_of("{'items': []}"));
  const std::string child = only(running, "slow").flow_execution_id;
  CHECK(running.progress(child).value().root.flow_execution_id == id);
  const auto alone = running.progress(child, progress_mode::single).value();
  CHECK(alone.root.flow_execution_id == child);
  CHECK(alone.root.children.empty());
  CHECK(alone.headline.execution_id == child);
  CHECK(alone.left_out == 0);
  CHECK(running.progress("nobody").error().code() == errc::not_found);
}

TEST_CASE("of a large family the open ones are shown first, and how many are left out") {
  constexpr const char* crowd = R"([
    {'id': 'main', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'each', 'steps': {
      'each': {'stepInstanceId': 'each', 'stepType': 'PARALLEL_FORK_MANAGER',
               'itemsPath': '$.flows',
               'parallelBranches': [{'branchId': 'b', 'stepInstanceId': 'start'}]},
      'start': {'stepInstanceId': 'start', 'stepType': 'START_FLOW_EXECUTION',
                'moduleIdentifier': 'system/start-flow-execution',
                'literals': {'flowDefinitionId': '{{currentItem}}'}}}},
    {'id': 'quick', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'n', 'steps': {
      'n': {'stepInstanceId': 'n', 'stepType': 'NO_OP'}}},
    {'id': 'slow', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'w', 'steps': {
      'w': {'stepInstanceId': 'w', 'displayName': 'Wait', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT',
            'correlationKeyTemplate': 'slow'}}}])";
  engine running = engine_with(crowd);
  json::array flows(40, json::value("quick"));
  flows.emplace_back("slow");
  const std::string id = start(running, "main", {{"flows", flows}});
  const auto report = running.progress(id, progress_mode::tree, 10).value();
  CHECK(size_of(report.root) == 10);
  CHECK(report.left_out == 32);
  CHECK(report.root.children.back().flow_definition_id == "slow");
  CHECK(report.headline.label == "Wait");
  CHECK(to_json(report).at("leftOut") == 32);
  const auto whole = running.progress(id).value();
  CHECK(size_of(whole.root) == 42);
  CHECK_FALSE(to_json(whole).contains("leftOut"));
  for (const std::size_t nodes_max : {0U, 1U})
    CHECK(size_of(running.progress(id, progress_mode::tree, nodes_max).value().root) == 1);
}

TEST_CASE("a deep family is nested only so deep, and its headline is still about the deepest") {
  constexpr const char* relay = R"([
    {'id': 'relay', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'w', 'steps': {
      'w': {'stepInstanceId': 'w', 'displayName': 'Wait', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT',
            'correlationKeyTemplate': 'go', 'defaultNextStepInstanceId': 'never'},
      'next': {'stepInstanceId': 'next', 'stepType': 'START_FLOW_EXECUTION',
               'moduleIdentifier': 'system/start-flow-execution',
               'literals': {'flowDefinitionId': 'relay',
                            'executionOverrides': {'startStepInstanceId': 'next'}},
               'defaultNextStepInstanceId': 'w'},
      'never': {'stepInstanceId': 'never', 'stepType': 'NO_OP'}}}])";
  engine_options options = virtual_time();
  options.budgets.max_depth = 40;
  engine running = engine_with(relay, std::move(options));
  const auto id = running.start(object_of(
      "{'flowDefinitionId': 'relay', 'executionOverrides': {'startStepInstanceId': 'next'}}"));
  REQUIRE(running.wait_until_quiet(patience).has_value());
  const auto members = running.family(*id).value();
  REQUIRE(members.size() == 41); // the last one's start is refused, and it fails
  const auto report = running.progress(*id).value();
  CHECK(levels_of(report.root) == progress_depth_max + 1);
  CHECK(report.left_out == static_cast<std::int64_t>(41 - size_of(report.root)));
  CHECK(report.headline.execution_id == members[39].flow_execution_id);
}

TEST_CASE("a reader of the database tells the same") {
  const scratch_folder folder;
  engine_options options = virtual_time();
  options.database = folder.file("a.db");
  engine running = engine_with(family, std::move(options));
  const std::string id = start(running, "main", object_of("{'items': ['x']}"));
  const auto reader = database_reader::open(folder.file("a.db"));
  REQUIRE(reader.has_value());
  CHECK(to_json(reader->progress(id).value()) == to_json(running.progress(id).value()));
}

// SPDX-License-Identifier: Apache-2.0
//
// Every write of a flow fails once, before or after it took effect; then the database is opened
// again. The family must end as if nothing had happened: every child once, the same path, the same
// context.
#include "catalog.hpp"

#include <millrace/verify.hpp>

#include "catch.hpp"
#include "failing_store.hpp"
#include "flow_fixture.hpp"
#include "queries.hpp"

#include <memory>
#include <regex>
#include <set>

using namespace millrace;
using namespace millrace::testing;
using storage::testing::failing_store;
using storage::testing::failure_plan;
using storage::testing::write_failure;

namespace {

constexpr const char* root_id = "0190f000-0000-7000-8000-0000000000aa";

class frozen_time : public actors::time_source {
public:
  std::int64_t now() override { return now_; }
  bool skip_to(std::int64_t due) override {
    now_ = std::max<std::int64_t>(now_, due);
    return true;
  }

private:
  std::atomic<std::int64_t> now_{1'700'000'000'000};
};

// An engine in its parts, on a store of the test's choice.
class small_engine {
public:
  explicit small_engine(std::unique_ptr<storage::store> store, retention rules = {})
      : steps_(steps::registry::with_system_modules()), store_(std::move(store)),
        definitions_(std::make_shared<catalog>(steps_)), queries_(*store_, *definitions_) {
    register_external();
    actors::runtime_options options;
    options.threads = 2;
    options.handler_threads = 2;
    options.seed = 11;
    options.retention = rules;
    options.registry = steps_;
    options.definitions = definitions_;
    options.time = std::make_shared<frozen_time>();
    loaded_ = definitions_->load(*store_);
    runtime_ = std::make_unique<actors::runtime>(*store_, std::move(options));
    if (loaded_)
      loaded_ = runtime_->prepare();
  }

  [[nodiscard]] bool usable() const { return loaded_.has_value(); }
  result<void> define(const json::value& flows) {
    const definition_change change = definitions_->read({{flows, "test"}});
    if (change.report.has_errors())
      throw std::runtime_error(change.report.describe());
    return runtime_->with_store(
        [&](storage::store& store) { return definitions_->apply(change, store); });
  }
  actors::runtime& running() { return *runtime_; }
  std::vector<execution_record> family() {
    auto all = queries_.family(root_id, true);
    if (!all)
      throw std::runtime_error(all.error().message());
    return std::move(*all);
  }

private:
  void register_external() {
    auto added = steps_.add_module("test/echo", {[](const step_request& request) -> step_result {
                                                   return json::value(request.input);
                                                 },
                                                 step_effect::external});
    if (!added)
      throw std::runtime_error(added.error().message());
  }

  steps::registry steps_;
  std::unique_ptr<storage::store> store_;
  std::shared_ptr<catalog> definitions_;
  query_service queries_;
  result<void> loaded_;
  std::unique_ptr<actors::runtime> runtime_; // last: stops first
};

std::unique_ptr<storage::store> open_file(const std::string& path) {
  auto opened = storage::open_store({path, durability::none, false});
  if (!opened)
    throw std::runtime_error(opened.error().message());
  return std::move(*opened);
}

start_request root_start() {
  start_request start;
  start.flow_definition_id = "main";
  start.flow_execution_id = root_id;
  start.initial_context_data = {{"items", {1, 2, 3}}, {"word", "hi"}};
  return start;
}

// What must not depend on crashes: minted ids become their position in the text.
std::string outcome_of(std::vector<execution_record> family) {
  std::multiset<std::string> lines; // siblings may have been accepted in another order
  for (const execution_record& each : family) {
    json::object line = to_json(each, true);
    for (const char* gone : {"flowExecutionId", "acceptedTime", "startTime", "endTime", "dueTime"})
      line.erase(gone);
    lines.insert(stringify(line) + "\n");
  }
  std::string text;
  for (const std::string& line : lines)
    text += line;
  static const std::regex uuid("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
  return std::regex_replace(text, uuid, "<id>");
}

// Runs to the end on a sound store.
std::string finish(const std::string& path, const json::value& flows) {
  small_engine engine(open_file(path));
  REQUIRE(engine.usable());
  REQUIRE(engine.define(flows).has_value());
  engine.running().recover();
  REQUIRE(engine.running().start(root_start()).has_value()); // the same id: one execution
  REQUIRE(engine.running().wait_quiet(patience).has_value());
  return outcome_of(engine.family());
}

// Runs until the planned write fails; false: the run ended before.
bool run_until_failure(const std::string& path, const json::value& flows, std::size_t nth,
                       write_failure kind) {
  auto plan = std::make_shared<failure_plan>();
  plan->fail_at = nth;
  plan->kind = kind;
  {
    small_engine engine(std::make_unique<failing_store>(open_file(path), plan));
    if (engine.usable() && engine.define(flows)) {
      engine.running().recover();
      if (engine.running().start(root_start()))
        (void)engine.running().wait_quiet(patience);
    }
  }
  return plan->has_failed;
}

// What an audit has to say, as text.
std::string findings(const std::string& path) {
  const auto report = verify_database(path);
  return report ? stringify(to_json(*report).at("findings").as_array()) : report.error().message();
}

// The number of crash points tried.
std::size_t sweep(const json::value& flows) {
  const scratch_folder folder;
  const std::string undisturbed = finish(folder.file("undisturbed.db"), flows);
  std::size_t points = 0;
  for (const write_failure kind :
       {write_failure::before_effect, write_failure::after_effect, write_failure::refused}) {
    for (std::size_t nth = 1;; ++nth) {
      const std::string path = folder.file(std::to_string(points) + ".db");
      const bool failed = run_until_failure(path, flows, nth, kind);
      INFO("write " << nth << ", kind " << static_cast<int>(kind));
      CHECK(findings(path) == "[]");
      CHECK(finish(path, flows) == undisturbed);
      CHECK(findings(path) == "[]");
      if (!failed)
        break;
      ++points;
    }
  }
  return points;
}

// Runs with retention until its nth write fails or only the root and the newest child are left;
// whether it failed.
bool remove_until_failure(const std::string& path, const json::value& flows, std::size_t nth,
                          write_failure kind) {
  auto plan = std::make_shared<failure_plan>();
  plan->fail_at = nth;
  plan->kind = kind;
  retention rules;
  rules.finished_max = 1;
  rules.rest = std::chrono::milliseconds(1);
  small_engine engine(std::make_unique<failing_store>(open_file(path), plan), rules);
  if (!engine.usable() || !engine.define(flows))
    return true;
  engine.running().recover();
  if (!engine.running().start(root_start()))
    return true;
  (void)engine.running().wait_quiet(patience);
  REQUIRE(eventually([&] { return plan->has_failed || engine.family().size() == 2; }));
  return plan->has_failed;
}

constexpr const char* child_flow = R"({'id': 'child', 'version': 1, 'isPublished': true,
  'startStepInstanceId': 'c', 'steps': {
    'c': {'stepInstanceId': 'c', 'stepType': 'DATA_TRANSFORMATION',
          'moduleIdentifier': 'system/compose-object-from-input', 'inputMappings': {'seen': '$.word'}}}})";

json::value with_main(std::string_view steps, std::string_view first) {
  return json_of("[{'id': 'main', 'version': 1, 'isPublished': true, 'startStepInstanceId': '" +
                 std::string(first) + "', 'steps': {" + std::string(steps) + "}}," + child_flow +
                 "]");
}

} // namespace

TEST_CASE("two detached starts, one of them the last step, survive a failure of every write") {
  const auto flows = with_main(R"(
    'a': {'stepInstanceId': 'a', 'stepType': 'NO_OP', 'defaultNextStepInstanceId': 'go1'},
    'go1': {'stepInstanceId': 'go1', 'stepType': 'START_FLOW_EXECUTION', 'moduleIdentifier': 'system/start-flow-execution',
            'literals': {'flowDefinitionId': 'child'}, 'inputMappings': {'initialContextData.word': '$.word'},
            'outputMappings': {'$.flow_variables.first': '$.startedFlowExecutionId'}, 'defaultNextStepInstanceId': 'b'},
    'b': {'stepInstanceId': 'b', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'test/echo',
          'literals': {'b': true}, 'defaultNextStepInstanceId': 'go2'},
    'go2': {'stepInstanceId': 'go2', 'stepType': 'START_FLOW_EXECUTION', 'moduleIdentifier': 'system/start-flow-execution',
            'literals': {'flowDefinitionId': 'child', 'initialContextData': {'word': 'last'}}})",
                               "a");
  CHECK(sweep(flows) >= 12);
}

TEST_CASE("a loop of starts, a called flow and a delay survive a failure of every write") {
  const auto flows = with_main(R"(
    'go': {'stepInstanceId': 'go', 'stepType': 'START_FLOW_EXECUTION', 'moduleIdentifier': 'system/start-flow-execution',
           'literals': {'flowDefinitionId': 'child'}, 'defaultNextStepInstanceId': 'count',
           'delay': {'milliseconds': 500}},
    'count': {'stepInstanceId': 'count', 'stepType': 'DATA_TRANSFORMATION', 'moduleIdentifier': 'system/array-aggregator',
              'literals': {'array': ['$.n', 1], 'operation': 'sum'}, 'outputMappings': {'$.n': '$.result'},
              'transitions': [{'condition': '$.n < 3', 'nextStepInstanceId': 'go'}], 'defaultNextStepInstanceId': 'call'},
    'call': {'stepInstanceId': 'call', 'stepType': 'START_FLOW_EXECUTION', 'moduleIdentifier': 'system/start-flow-execution',
             'literals': {'flowDefinitionId': 'child', 'initialContextData': {'word': 'called'}}, 'customConfig': {'sync': true}})",
                               "go");
  CHECK(sweep(flows) >= 15);
}

TEST_CASE("starts and external steps in branches survive a failure of every write") {
  const auto flows = with_main(R"(
    'f': {'stepInstanceId': 'f', 'stepType': 'PARALLEL_FORK_MANAGER', 'itemsPath': '$.items',
          'parallelBranches': [{'branchId': 'b', 'stepInstanceId': 'x'}], 'defaultNextStepInstanceId': 'end'},
    'x': {'stepInstanceId': 'x', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'test/echo',
          'inputMappings': {'i': '$.currentItem'}, 'outputMappings': {'$.output': '$.i'}, 'defaultNextStepInstanceId': 'go'},
    'go': {'stepInstanceId': 'go', 'stepType': 'START_FLOW_EXECUTION', 'moduleIdentifier': 'system/start-flow-execution',
           'literals': {'flowDefinitionId': 'child'}, 'inputMappings': {'initialContextData.word': '$.currentItem'}},
    'end': {'stepInstanceId': 'end', 'stepType': 'END_FLOW'})",
                               "f");
  CHECK(sweep(flows) >= 12);
}

TEST_CASE("a failure of any write while finished children are removed leaves a sound family") {
  const auto flows = with_main(R"(
    'f': {'stepInstanceId': 'f', 'stepType': 'PARALLEL_FORK_MANAGER', 'itemsPath': '$.items',
          'parallelBranches': [{'branchId': 'b', 'stepInstanceId': 'go'}], 'defaultNextStepInstanceId': 'w'},
    'go': {'stepInstanceId': 'go', 'stepType': 'START_FLOW_EXECUTION', 'moduleIdentifier': 'system/start-flow-execution',
           'literals': {'flowDefinitionId': 'child'}},
    'w': {'stepInstanceId': 'w', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT', 'correlationKeyTemplate': 'on'})",
                               "f");
  const scratch_folder folder;
  std::size_t points = 0;
  for (const write_failure kind :
       {write_failure::before_effect, write_failure::after_effect, write_failure::refused}) {
    bool failed = true;
    for (std::size_t nth = 1; failed; ++nth) {
      const std::string path = folder.file(std::to_string(points++) + ".db");
      INFO("write " << nth << ", kind " << static_cast<int>(kind));
      failed = remove_until_failure(path, flows, nth, kind);
      CHECK(findings(path) == "[]");
      CHECK_FALSE(remove_until_failure(path, flows, 0, kind));
      CHECK(findings(path) == "[]");
      const auto root = database_reader::open(path)->find(root_id);
      REQUIRE(root.has_value());
      CHECK(root->status == execution_status::waiting);
    }
  }
  CHECK(points >= 15);
}

// SPDX-License-Identifier: Apache-2.0
#include "crash_scenarios.hpp"

#include <algorithm>
#include <stdexcept>

namespace millrace::testing {

namespace {

constexpr const char* child_flow = R"({'id': 'child', 'version': 1, 'isPublished': true,
  'startStepInstanceId': 'c', 'steps': {
    'c': {'stepInstanceId': 'c', 'stepType': 'DATA_TRANSFORMATION',
          'moduleIdentifier': 'system/compose-object-from-input', 'inputMappings': {'seen': '$.word'}}}})";

constexpr const char* newer_child_flow = R"([{'id': 'child', 'version': 2, 'isPublished': true,
  'startStepInstanceId': 'c', 'steps': {
    'c': {'stepInstanceId': 'c', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'test/echo',
          'inputMappings': {'seen by two': '$.word'}}}}])";

constexpr const char* waiter_flow = R"({'id': 'waiter', 'version': 1, 'isPublished': true,
  'startStepInstanceId': 'w', 'steps': {
    'w': {'stepInstanceId': 'w', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT',
          'correlationKeyTemplate': 'waiter'}}})";

json::value with_main(std::string_view steps, std::string_view first) {
  return json_of("[{'id': 'main', 'version': 1, 'isPublished': true, 'startStepInstanceId': '" +
                 std::string(first) + "', 'steps': {" + std::string(steps) + "}}," + child_flow +
                 "," + waiter_flow + "]");
}

bool start_root(small_engine& engine) {
  start_request start;
  start.flow_definition_id = "main";
  start.flow_execution_id = crash_root_id; // the same id: one execution
  start.initial_context_data = {{"items", {1, 2, 3}}, {"word", "hi"}};
  return engine.running().start(start).has_value();
}

bool until_quiet(small_engine& engine) {
  return engine.running().wait_quiet(patience).has_value();
}

// An error that says that the effect is there already is none.
template <class Outcome>
bool is_done(const Outcome& outcome) {
  return outcome.has_value() || outcome.error().code() == errc::not_found ||
         outcome.error().code() == errc::conflict;
}

bool run_to_quiet(small_engine& engine) {
  return start_root(engine) && until_quiet(engine);
}

crash_scenario detached_starts() {
  return {"detached starts, the last step one of them",
          with_main(R"(
    'a': {'stepInstanceId': 'a', 'stepType': 'NO_OP', 'defaultNextStepInstanceId': 'go1'},
    'go1': {'stepInstanceId': 'go1', 'stepType': 'START_FLOW_EXECUTION', 'moduleIdentifier': 'system/start-flow-execution',
            'literals': {'flowDefinitionId': 'child'}, 'inputMappings': {'initialContextData.word': '$.word'},
            'outputMappings': {'$.flow_variables.first': '$.startedFlowExecutionId'}, 'defaultNextStepInstanceId': 'b'},
    'b': {'stepInstanceId': 'b', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'test/echo',
          'literals': {'b': true}, 'defaultNextStepInstanceId': 'go2'},
    'go2': {'stepInstanceId': 'go2', 'stepType': 'START_FLOW_EXECUTION', 'moduleIdentifier': 'system/start-flow-execution',
            'literals': {'flowDefinitionId': 'child', 'initialContextData': {'word': 'last'}}})",
                    "a"),
          run_to_quiet};
}

crash_scenario loop_call_and_delay() {
  return {"a loop of starts, a called flow, a delay and a retry",
          with_main(R"(
    'go': {'stepInstanceId': 'go', 'stepType': 'START_FLOW_EXECUTION', 'moduleIdentifier': 'system/start-flow-execution',
           'literals': {'flowDefinitionId': 'child'}, 'defaultNextStepInstanceId': 'count',
           'delay': {'milliseconds': 500}},
    'count': {'stepInstanceId': 'count', 'stepType': 'DATA_TRANSFORMATION', 'moduleIdentifier': 'system/array-aggregator',
              'literals': {'array': ['$.n', 1], 'operation': 'sum'}, 'outputMappings': {'$.n': '$.result'},
              'transitions': [{'condition': '$.n < 3', 'nextStepInstanceId': 'go'}], 'defaultNextStepInstanceId': 'again'},
    'again': {'stepInstanceId': 'again', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'test/flaky',
              'literals': {'at': 'last'}, 'defaultNextStepInstanceId': 'call'},
    'call': {'stepInstanceId': 'call', 'stepType': 'START_FLOW_EXECUTION', 'moduleIdentifier': 'system/start-flow-execution',
             'literals': {'flowDefinitionId': 'child', 'initialContextData': {'word': 'called'}}, 'customConfig': {'sync': true}})",
                    "go"),
          run_to_quiet};
}

crash_scenario branches() {
  return {"starts and external steps in branches",
          with_main(R"(
    'f': {'stepInstanceId': 'f', 'stepType': 'PARALLEL_FORK_MANAGER', 'itemsPath': '$.items',
          'parallelBranches': [{'branchId': 'b', 'stepInstanceId': 'x'}], 'defaultNextStepInstanceId': 'end'},
    'x': {'stepInstanceId': 'x', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'test/echo',
          'inputMappings': {'i': '$.currentItem'}, 'outputMappings': {'$.output': '$.i'}, 'defaultNextStepInstanceId': 'go'},
    'go': {'stepInstanceId': 'go', 'stepType': 'START_FLOW_EXECUTION', 'moduleIdentifier': 'system/start-flow-execution',
           'literals': {'flowDefinitionId': 'child'}, 'inputMappings': {'initialContextData.word': '$.currentItem'}},
    'end': {'stepInstanceId': 'end', 'stepType': 'END_FLOW'})",
                    "f"),
          run_to_quiet};
}

// Waits for an event, then starts a child with what it brought.
constexpr const char* waiting_steps = R"(
    'w': {'stepInstanceId': 'w', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT', 'correlationKeyTemplate': 'on',
          'outputMappings': {'$.word': '$.word'}, 'defaultNextStepInstanceId': 'go'},
    'go': {'stepInstanceId': 'go', 'stepType': 'START_FLOW_EXECUTION', 'moduleIdentifier': 'system/start-flow-execution',
           'literals': {'flowDefinitionId': 'child'}, 'inputMappings': {'initialContextData.word': '$.word'}})";

bool resume(small_engine& engine) {
  return is_done(engine.running().resume("on", json::object{{"word", "event"}})) &&
         until_quiet(engine);
}

crash_scenario event() {
  return {"a wait and its event", with_main(waiting_steps, "w"),
          [](small_engine& engine) { return run_to_quiet(engine) && resume(engine); }};
}

crash_scenario newer_version() {
  return {"a newer version of the child while its parent waits", with_main(waiting_steps, "w"),
          [](small_engine& engine) {
            return run_to_quiet(engine) && engine.define(json_of(newer_child_flow)).has_value() &&
                   resume(engine);
          }};
}

// Three waiting children; the parent waits, too.
json::value waiting_family() {
  return with_main(R"(
    'f': {'stepInstanceId': 'f', 'stepType': 'PARALLEL_FORK_MANAGER', 'itemsPath': '$.items',
          'parallelBranches': [{'branchId': 'b', 'stepInstanceId': 'go'}], 'defaultNextStepInstanceId': 'w'},
    'go': {'stepInstanceId': 'go', 'stepType': 'START_FLOW_EXECUTION', 'moduleIdentifier': 'system/start-flow-execution',
           'literals': {'flowDefinitionId': 'waiter'}},
    'w': {'stepInstanceId': 'w', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT', 'correlationKeyTemplate': 'on'})",
                   "f");
}

crash_scenario cancellation() {
  return {"a cancelled parent whose children go on", waiting_family(), [](small_engine& engine) {
            return run_to_quiet(engine) &&
                   is_done(engine.running().cancel(crash_root_id, "test")) && until_quiet(engine);
          }};
}

crash_scenario family_cancellation() {
  return {"a cancelled family", waiting_family(), [](small_engine& engine) {
            return run_to_quiet(engine) &&
                   is_done(engine.running().cancel_family(crash_root_id, "test")) &&
                   until_quiet(engine);
          }};
}

// Until only the root, which waits, and the newest child are left.
crash_scenario removal() {
  retention rules;
  rules.finished_max = 1;
  rules.rest = std::chrono::milliseconds(1);
  return {"removal of finished children",
          with_main(R"(
    'f': {'stepInstanceId': 'f', 'stepType': 'PARALLEL_FORK_MANAGER', 'itemsPath': '$.items',
          'parallelBranches': [{'branchId': 'b', 'stepInstanceId': 'go'}], 'defaultNextStepInstanceId': 'w'},
    'go': {'stepInstanceId': 'go', 'stepType': 'START_FLOW_EXECUTION', 'moduleIdentifier': 'system/start-flow-execution',
           'literals': {'flowDefinitionId': 'child'}},
    'w': {'stepInstanceId': 'w', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT', 'correlationKeyTemplate': 'on'})",
                    "f"),
          [](small_engine& engine) {
            return run_to_quiet(engine) &&
                   eventually([&] { return engine.has_failed() || engine.family().size() == 2; }) &&
                   !engine.has_failed();
          },
          rules};
}

} // namespace

const std::vector<crash_scenario>& crash_scenarios() {
  static const std::vector<crash_scenario> all{
      detached_starts(), loop_call_and_delay(), branches(), event(), newer_version(),
      cancellation(),    family_cancellation(), removal()};
  return all;
}

const crash_scenario& scenario_named(const std::string& name) {
  const auto& all = crash_scenarios();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const crash_scenario& each) { return each.name == name; });
  if (found == all.end())
    throw std::runtime_error("no scenario: " + name);
  return *found;
}

bool play(const crash_scenario& scenario, small_engine& engine) {
  if (!engine.usable() || !engine.define(scenario.flows))
    return false;
  engine.running().recover();
  return scenario.run(engine);
}

family_outcome finish(const crash_scenario& scenario, const std::string& path) {
  small_engine engine(open_file(path), {scenario.rules});
  if (!play(scenario, engine))
    throw std::runtime_error(scenario.name + " does not end on a sound store: " + path);
  return outcome_of(engine.family());
}

} // namespace millrace::testing

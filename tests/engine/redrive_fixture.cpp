// SPDX-License-Identifier: Apache-2.0
#include "redrive_fixture.hpp"

#include "catch.hpp"

#include <stdexcept>
#include <utility>

namespace millrace::testing {

engine_options witness::options() {
  engine_options made = virtual_time();
  registered_handler see;
  see.wants_run_state = true;
  see.run = [this](const step_request& request) { return look(request); };
  if (const auto added = made.steps.add_module("test/see", std::move(see)); !added)
    throw std::runtime_error(added.error().message());
  return made;
}

std::vector<json::value> witness::seen(const std::string& execution, const std::string& step) {
  const std::lock_guard lock(mutex_);
  return seen_[execution + ":" + step];
}

step_result witness::look(const step_request& request) {
  const json::value& context = request.run_state.at("currentContextData");
  {
    const std::lock_guard lock(mutex_);
    const std::string place =
        std::string(request.flow_execution_id) + ":" + std::string(request.step_instance_id);
    seen_[place].push_back(context);
  }
  const json::value* fail = context.as_object().if_contains("fail_at");
  if (fail && *fail == json::string(request.step_instance_id))
    return step_error::permanent("This step fails in this test.");
  const json::value* n = request.input.if_contains("n");
  return json::value(json::object{{"n", (n && n->is_int64() ? n->get_int64() : 0) + 1}});
}

const char* const all_kinds = R"([
  {'id': 'main', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'first', 'steps': {
    'first': {'stepInstanceId': 'first', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'test/see',
              'inputMappings': {'n': '$.n'}, 'outputMappings': {'$.n': '$.n'},
              'transitions': [{'condition': '$.n < 3', 'nextStepInstanceId': 'first'}],
              'defaultNextStepInstanceId': 'each'},
    'each': {'stepInstanceId': 'each', 'stepType': 'PARALLEL_FORK_MANAGER', 'itemsPath': '$.items',
             'parallelBranches': [{'branchId': 'b', 'stepInstanceId': 'inner'}],
             'defaultNextStepInstanceId': 'ask'},
    'inner': {'stepInstanceId': 'inner', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'test/see',
              'outputMappings': {'$.output': '$.n'}},
    'ask': {'stepInstanceId': 'ask', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT',
            'correlationKeyTemplate': 'go:{{flow_variables.flowExecutionId}}',
            'outputMappings': {'$.answer': '$.by'}, 'defaultNextStepInstanceId': 'last'},
    'last': {'stepInstanceId': 'last', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'test/see',
             'inputMappings': {'n': '$.n'}}}}])";

json::object start_of(json::object context, json::object more) {
  more["flowDefinitionId"] = "main";
  more["initialContextData"] = std::move(context);
  return more;
}

execution_record run(engine& running, const json::object& input) {
  const std::string id = running.start(input).value();
  REQUIRE(running.wait_until_quiet(patience).has_value());
  (void)running.resume("go:" + id, json_of("{'by': 'Ada'}"));
  return running.wait(id, patience).value();
}

execution_record ended(engine& running, const redrive_request& request) {
  const auto id = running.redrive(request);
  INFO((id ? std::string("accepted") : id.error().message()));
  REQUIRE(id.has_value());
  return running.wait(*id, patience).value();
}

redrive_request from(const execution_record& record, std::string step, std::int64_t visit) {
  redrive_request request;
  request.flow_execution_id = record.flow_execution_id;
  request.from_step = std::move(step);
  request.visit = visit;
  return request;
}

error refusal(engine& running, const redrive_request& request) {
  const std::size_t before = running.list().value().size();
  const auto id = running.redrive(request);
  REQUIRE(id.has_error());
  CHECK(running.list().value().size() == before); // nothing was started
  return id.error();
}

} // namespace millrace::testing

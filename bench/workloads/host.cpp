// SPDX-License-Identifier: Apache-2.0
#include "host.hpp"

#include <millrace/verify.hpp>

namespace millrace::bench {
namespace {

constexpr std::size_t page_records = 1000;

std::string in_quotes(std::string_view text) {
  return '"' + std::string(text) + '"';
}

/// Throws unless the execution has completed.
void check_one(const execution_record& record) {
  if (record.status == execution_status::completed)
    return;
  std::string reason = record.flow_execution_id + " is " + millrace::to_string(record.status);
  if (record.error)
    reason += " (" + record.error->error_message + ")";
  throw failure(reason + ", not COMPLETED.");
}

} // namespace

std::string database_of(const run_request& request) {
  return (request.folder / "bench.db").string();
}

engine_options options_for(const run_request& request) {
  engine_options options;
  options.database = database_of(request);
  options.durability = request.durability;
  value_of(options.steps.add_module(
      std::string(echo_module),
      {[](const step_request& asked) -> step_result { return json::value(asked.input); },
       step_effect::external}));
  return options;
}

engine open_with(engine_options options, std::string_view flows) {
  engine running = value_of(engine::open(std::move(options)));
  value_of(running.define(value_of(parse_json(flows, "flows")), "flows"));
  return running;
}

std::string start(engine& running, std::string_view flow, json::object context) {
  start_request asked;
  asked.flow_definition_id = flow;
  asked.initial_context_data = std::move(context);
  return value_of(running.start(asked));
}

std::string chain_of_steps(std::size_t count, std::string_view body, std::string_view last) {
  std::string steps;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = in_quotes("step" + std::to_string(i));
    const std::string next = i + 1 < count ? "step" + std::to_string(i + 1) : std::string(last);
    if (i > 0)
      steps += ',';
    steps.append(name).append(R"(:{"stepInstanceId":)").append(name).append(",").append(body);
    if (!next.empty())
      steps.append(R"(,"defaultNextStepInstanceId":)").append(in_quotes(next));
    steps += '}';
  }
  return steps;
}

std::string flow_text(std::string_view id, std::string_view first, std::string_view steps) {
  std::string text = R"({"id":")";
  text += id;
  text += R"(","version":1,"isPublished":true,"startStepInstanceId":")";
  text += first;
  text += R"(","steps":{)";
  text += steps;
  text += "}}";
  return text;
}

std::string_view starting_fork() {
  return R"(
    "each": {"stepInstanceId": "each", "stepType": "PARALLEL_FORK_MANAGER", "itemsPath": "$.items",
             "parallelBranches": [{"branchId": "b", "stepInstanceId": "start"}],
             "aggregationConfig": {"strategy": "COLLECT_ARRAY", "maxConcurrency": 1000}},
    "start": {"stepInstanceId": "start", "stepType": "START_FLOW_EXECUTION",
              "moduleIdentifier": "system/start-flow-execution",
              "inputMappings": {"initialContextData.item": "$.currentItem"},
              "literals": {"flowDefinitionId": "child"}})";
}

std::string parent_flow() {
  return flow_text("parent", "each", starting_fork());
}

json::object items_from(std::size_t first, std::size_t count) {
  json::array items;
  items.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    items.emplace_back(static_cast<std::int64_t>(first + i));
  return {{"items", std::move(items)}};
}

void check_completed(const engine& running, std::string_view flow, std::size_t count) {
  execution_filter filter;
  filter.flow_definition_id = flow;
  filter.limit = page_records;
  std::size_t seen = 0;
  for (;;) {
    const std::vector<execution_record> page = value_of(running.list(filter));
    for (const execution_record& each : page)
      check_one(each);
    seen += page.size();
    if (page.size() < page_records)
      break;
    filter.after = page.back().position;
  }
  if (seen != count)
    throw failure("There are " + std::to_string(seen) + " executions of " + std::string(flow) +
                  ", not " + std::to_string(count) + ".");
}

void check_sound(const run_request& request) {
  const audit_report report = value_of(verify_database(database_of(request)));
  if (!report.is_sound())
    throw failure("The audit of the database finds: " + report.findings.front().message);
}

} // namespace millrace::bench

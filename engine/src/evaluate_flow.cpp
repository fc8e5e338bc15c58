// SPDX-License-Identifier: Apache-2.0
//
// Whole flows: a real engine with its actors on an in-memory store and a virtual clock; what its
// observer hears becomes the recorded form.
#include "engine_implementation.hpp"
#include "evaluate.hpp"
#include "evaluate_functions.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace millrace::evaluation {
namespace {

constexpr std::chrono::seconds real_time_max{60}; // a flow that loops for ever must not hang us

using event_type = lifecycle_event::type;

/// What is heard of one path: the main one, or a branch.
struct path_record {
  std::vector<std::string> visited;
  std::string fork_step;
  std::string branch_id;
  json::object end;                  ///< {"output"} or {"error"} of a branch
  std::vector<std::string> branches; ///< paths of direct branches, in the order they began
};

/// What is heard of one execution.
struct execution_notes {
  std::map<std::string, path_record> paths;
  json::array delays;
  json::array started;
};

/// Gathers what an observer hears. Thread-safe.
class listener {
public:
  void hear(const lifecycle_event& event) {
    const std::lock_guard lock(mutex_);
    if (event.flow_definition_id == flows::delivery_flow_id) // recorded cases know none
      return;
    const std::string owner =
        event.what == event_type::execution_accepted
            ? std::string(event.detail.at("parentFlowExecutionId").as_string())
            : event.flow_execution_id;
    note(event, executions_[owner]);
  }
  [[nodiscard]] const execution_notes& of(const std::string& id) {
    const std::lock_guard lock(mutex_);
    return executions_[id];
  }

private:
  static void note(const lifecycle_event& event, execution_notes& notes) {
    path_record& path = notes.paths[event.branch_path];
    switch (event.what) {
    case event_type::step_entered: path.visited.push_back(event.step_instance_id); return;
    case event_type::step_delayed:
    case event_type::step_retrying: notes.delays.push_back(event.delay_ms); return;
    case event_type::execution_accepted: notes.started.push_back(started(event.detail)); return;
    case event_type::branch_started: {
      path.fork_step = event.step_instance_id;
      path.branch_id = event.branch_id;
      const std::string parent = event.branch_path.substr(0, event.branch_path.rfind('/'));
      notes.paths[parent].branches.push_back(event.branch_path);
      return;
    }
    case event_type::branch_ended: path.end = event.detail; return;
    default: return;
    }
  }
  static json::object started(const json::object& detail) {
    json::object out;
    for (const char* name :
         {"mode", "flowDefinitionId", "flowVersion", "flowExecutionId", "initialContextData",
          "triggerSource", "enableExecutionLogs", "parentFlowExecutionId", "parentStepInstanceId",
          "rootFlowExecutionId", "depth", "executionKind"})
      if (const json::value* value = detail.if_contains(name))
        out[name] = *value;
    return out;
  }

  std::mutex mutex_;
  std::map<std::string, execution_notes> executions_; // guarded by mutex_
};

// How the first attempts to hand over a start fail; thread-safe. Source: reference
// start-flow-execution.
std::function<std::optional<step_error>()> failures_of(const json::array& recorded) {
  auto left = std::make_shared<json::array>(recorded.rbegin(), recorded.rend());
  return [left, mutex = std::make_shared<std::mutex>()]() -> std::optional<step_error> {
    const std::lock_guard lock(*mutex);
    if (left->empty())
      return std::nullopt;
    const json::value next = left->back();
    left->pop_back();
    const auto text = [&next](const char* name) {
      const json::value* value = next.is_object() ? next.get_object().if_contains(name) : nullptr;
      return value && value->is_string() ? std::string(value->get_string()) : std::string();
    };
    const std::string name = text("name");
    if (name == "ServiceUnavailable" || name == "ThrottlingException")
      return step_error::transient("SQS send failed due to a transient error: " + text("message"));
    return step_error(name.empty() ? "Error" : name, text("message"));
  };
}

json::array branches_of(const execution_notes& notes, const path_record& of) {
  json::array all;
  for (const std::string& id : of.branches) {
    const path_record& branch = notes.paths.at(id);
    const json::value* reason = branch.end.if_contains("error");
    json::object out{{"forkStep", branch.fork_step},
                     {"branchId", branch.branch_id},
                     {"status", reason ? "FAILED" : "COMPLETED"},
                     {"visited", json::array(branch.visited.begin(), branch.visited.end())}};
    if (reason)
      out["error"] = brief(error_info::from_json(reason->as_object()));
    else if (const json::value* output = branch.end.if_contains("output"))
      out["output"] = *output;
    json::array nested = branches_of(notes, branch);
    if (!nested.empty())
      out["branches"] = std::move(nested);
    all.push_back(std::move(out));
  }
  return all;
}

json::object describe(const execution_record& record, const execution_notes& notes, bool id_given) {
  json::object out{{"flowDefinitionId", record.flow_definition_id}};
  const bool began = record.flow_definition_version != 0;
  const bool is_root = record.kind == execution_kind::root;
  if (began)
    out["flowDefinitionVersion"] = record.flow_definition_version;
  // A root that was refused before it began has recorded no id of its own.
  if (began || !is_root || id_given)
    out["flowExecutionId"] = record.flow_execution_id;
  out["executionKind"] = to_string(record.kind);
  out["depth"] = record.depth;
  if (began || !is_root)
    out["rootFlowExecutionId"] = record.root_flow_execution_id;
  if (!record.parent_flow_execution_id.empty()) {
    out["parentFlowExecutionId"] = record.parent_flow_execution_id;
    out["parentStepInstanceId"] = record.parent_step_instance_id;
  }
  if (!record.trigger_source.empty())
    out["triggerSource"] = record.trigger_source;
  out["status"] = to_string(record.status);
  if (!record.waiting_for.empty())
    out["waitingFor"] = record.waiting_for.front();
  if (record.error)
    out["errorInfo"] = brief(*record.error);
  out["visited"] = json::array(record.path.begin(), record.path.end());
  if (began)
    out["finalContext"] = record.context;
  const auto main = notes.paths.find("");
  json::array branches =
      main == notes.paths.end() ? json::array() : branches_of(notes, main->second);
  if (!branches.empty())
    out["branches"] = std::move(branches);
  if (!notes.delays.empty())
    out["delaysMs"] = notes.delays;
  if (!notes.started.empty())
    out["started"] = notes.started;
  return out;
}

json::array describe(const std::vector<queue_message>& sent) {
  json::array all;
  for (const queue_message& each : sent) {
    json::object out{{"queueUrl", each.queue_url}};
    auto body = parse_json(each.body, "message");
    out["body"] = body ? std::move(*body) : json::value(each.body);
    if (!each.group.empty())
      out["messageGroupId"] = each.group;
    if (!each.deduplication_id.empty())
      out["messageDeduplicationId"] = each.deduplication_id;
    all.push_back(std::move(out));
  }
  return all;
}

// The given flows as one source: variables of the flow record stand in each of its versions.
result<json::object> as_bundle(const json::object& given) {
  const auto metadata = optional_object(given, "flowMetadata");
  if (!metadata)
    return metadata.error();
  auto flows = optional_array(given, "flows");
  if (!flows)
    return flows.error();
  for (json::value& flow : *flows) {
    json::object* members = flow.if_object();
    if (!members)
      return error{errc::invalid_input, "Each of the \"flows\" must be an object."};
    const json::value* id = members->if_contains("id");
    const json::value* record =
        id && id->is_string() ? metadata->if_contains(id->get_string()) : nullptr;
    if (record && record->is_object() && !members->contains("flowVariables"))
      if (const json::value* variables = record->get_object().if_contains("flowVariables"))
        (*members)["flowVariables"] = *variables;
  }
  json::object bundle{{"formatVersion", "1.0"}, {"flows", std::move(*flows)}};
  for (const char* section : {"stepDefinitions", "agents"})
    if (const json::value* records = given.if_contains(section))
      bundle[section] = *records;
  return bundle;
}

json::object refused_start(const json::object& start, const error& reason) {
  json::object out;
  for (const char* name : {"flowDefinitionId", "flowExecutionId"})
    if (const json::value* value = start.if_contains(name))
      out[name] = *value;
  out["executionKind"] = to_string(execution_kind::root);
  out["depth"] = 0;
  out["status"] = to_string(execution_status::failed);
  out["errorInfo"] = brief({"Error", reason.message(), {}, false});
  out["visited"] = json::array();
  return json::object{{"executions", json::array{std::move(out)}}};
}

result<json::array> deliver(engine& running, const json::array& events) {
  json::array codes;
  for (const json::value& each : events) {
    if (!each.is_object())
      return error{errc::invalid_input, "Each event of \"resume\" must be an object."};
    auto key = text_member(each.get_object(), "correlationValue");
    if (!key)
      return key.error();
    const json::value* payload = each.get_object().if_contains("payload");
    const auto receiver = running.resume(*key, payload ? *payload : json::value(json::object()));
    if (!receiver && receiver.error().code() != errc::not_found)
      return receiver.error();
    codes.push_back(receiver ? 202 : 404); // the status codes of Allma's resume endpoint
    if (auto quiet = running.wait_until_quiet(real_time_max); !quiet)
      return quiet.error();
  }
  return codes;
}

} // namespace

result<json::object> evaluate_flow(const json::object& given, const evaluate_options& how) {
  auto start = object_member(given, "start");
  if (!start)
    return start.error();
  const auto bundle = as_bundle(given);
  if (!bundle)
    return bundle.error();
  const auto events = optional_array(given, "resume");
  if (!events)
    return events.error();
  const auto failures = optional_array(given, "sqsSendFailures");
  if (!failures)
    return failures.error();
  auto lambdas = optional_object(given, "lambdas");
  if (!lambdas)
    return lambdas.error();
  scripted_functions functions(std::move(*lambdas));
  const auto heard = std::make_shared<listener>();
  engine_options options;
  options.services->functions = functions.functions();
  options.services->triggers.is_on = false;
  options.clock = make_virtual_clock(
      std::chrono::system_clock::time_point(std::chrono::milliseconds(start_time)));
  options.seed = 1;
  options.threads = how.threads;
  options.observer = [heard](const lifecycle_event& event) { heard->hear(event); };
  engine_hooks hooks;
  hooks.start_failure = failures_of(*failures);
  auto running = engine_access::open(std::move(options), std::move(hooks));
  if (!running)
    return running.error();
  auto defined = running->define(json::value(*bundle), "flows", {.accept_invalid = true});
  if (!defined)
    return defined.error();
  const auto root = running->start(*start);
  if (!root && root.error().code() == errc::invalid_input)
    return refused_start(*start, root.error());
  if (!root)
    return root.error();
  if (auto quiet = running->wait_until_quiet(real_time_max); !quiet)
    return quiet.error();
  auto codes = deliver(*running, *events);
  if (!codes)
    return codes.error();
  execution_filter every;
  every.limit = 100'000;
  every.with_context = true;
  auto records = running->list(every);
  if (!records)
    return records.error();
  json::array executions;
  const bool id_given = start->contains("flowExecutionId");
  for (const execution_record& record : *records)
    executions.push_back(describe(record, heard->of(record.flow_execution_id), id_given));
  json::object out{{"executions", std::move(executions)}};
  if (!codes->empty())
    out["resumeStatusCodes"] = std::move(*codes);
  if (given.contains("lambdas"))
    out["lambdaCallCounts"] = functions.call_counts();
  const auto sent = running->queue_messages();
  if (!sent)
    return sent.error();
  if (!sent->empty())
    out["sqsMessages"] = describe(*sent);
  return out;
}

} // namespace millrace::evaluation

// SPDX-License-Identifier: Apache-2.0
#include <millrace/execution_record.hpp>

namespace millrace {
namespace {

json::value time_or_null(std::int64_t unix_ms) {
  return unix_ms == 0 ? json::value(nullptr) : json::value(json::string(format_timestamp(unix_ms)));
}

} // namespace

json::object to_json(const execution_record& record, bool with_context) {
  json::object out;
  out["flowExecutionId"] = record.flow_execution_id;
  out["flowDefinitionId"] = record.flow_definition_id;
  out["flowDefinitionVersion"] = record.flow_definition_version == 0
                                     ? json::value(nullptr)
                                     : json::value(record.flow_definition_version);
  out["status"] = to_string(record.status);
  out["executionKind"] = to_string(record.kind);
  out["depth"] = record.depth;
  out["rootFlowExecutionId"] = record.root_flow_execution_id;
  out["parentFlowExecutionId"] = text_or_null(record.parent_flow_execution_id);
  out["parentStepInstanceId"] = text_or_null(record.parent_step_instance_id);
  out["triggerSource"] = text_or_null(record.trigger_source);
  out["acceptedTime"] = time_or_null(record.accepted_at);
  out["startTime"] = time_or_null(record.started_at);
  out["endTime"] = time_or_null(record.ended_at);
  if (record.due_at != 0)
    out["dueTime"] = time_or_null(record.due_at);
  if (!record.waiting_for.empty())
    out["waitingFor"] = json::array(record.waiting_for.begin(), record.waiting_for.end());
  if (with_context) {
    out["path"] = json::array(record.path.begin(), record.path.end());
    if (record.progress)
      out["progress"] = record.progress->to_json();
    out["context"] = record.context;
  }
  out["errorInfo"] = record.error ? json::value(record.error->to_json()) : json::value(nullptr);
  return out;
}

} // namespace millrace

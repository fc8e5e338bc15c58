// SPDX-License-Identifier: Apache-2.0
#include <millrace/stored_execution.hpp>

namespace millrace::actors {

flows::execution_identity identity_of(const storage::execution_row& row) {
  flows::execution_identity identity;
  identity.flow_execution_id = row.id;
  identity.root_flow_execution_id = row.root_id;
  identity.parent_flow_execution_id = row.parent_id;
  identity.parent_step_instance_id = row.parent_step;
  identity.depth = row.depth;
  identity.kind = row.kind;
  identity.trigger_source = row.trigger_source;
  identity.started_at = row.started_at;
  return identity;
}

result<start_request> start_input_of(const storage::execution_row& row) {
  auto input = parse_json(row.start_input, "start input", stored_json_limits);
  if (!input)
    return input.error();
  if (!input->is_object())
    return error{errc::internal, "The stored start input of " + row.id + " is no object."};
  return parse_start_request(input->get_object());
}

result<std::shared_ptr<const flows::flow_definition>> definition_for(definition_source& definitions,
                                                                     const resolved_flow& flow,
                                                                     const start_request& request) {
  const json::value* overrides = request.execution_overrides
                                     ? request.execution_overrides->if_contains("stepOverrides")
                                     : nullptr;
  if (!overrides || !overrides->is_object())
    return flow.definition;
  return definitions.overridden(flow.definition, overrides->get_object());
}

result<void> replay(const storage::stored_state& stored, flows::execution_state& state) {
  if (!stored.snapshot.empty())
    if (auto applied = state.apply_delta(stored.snapshot); !applied)
      return applied;
  for (const std::string& delta : stored.deltas)
    if (auto applied = state.apply_delta(delta); !applied)
      return applied;
  return {};
}

} // namespace millrace::actors

// SPDX-License-Identifier: Apache-2.0
//
// onCompletionActions. Source: reference finalize-flow.
#include <millrace/interpreter.hpp>

namespace millrace::flows {

// What an action sees is the run state of the end, hidden by the final context.
std::vector<delivery> interpreter::complete(std::int64_t ended_at) const {
  std::vector<delivery> all;
  const std::vector<completion_action>& actions = state_.definition().completion_actions;
  if (actions.empty())
    return all;
  json::object ended{{"status", to_string(state_.status())},
                     {"endTime", format_timestamp(ended_at)}};
  if (state_.error())
    ended["errorInfo"] = state_.error()->to_json();
  scope visible = empty_scope();
  see_run_state(state_.main(), visible);
  visible.push(ended);
  state_.main().variables.push_to(visible);
  for (const completion_action& action : actions) {
    if (!action.is_for(state_.status()))
      continue;
    if (auto made = action.evaluate(visible, state_.identity().flow_execution_id))
      all.push_back(std::move(*made));
  }
  return all;
}

} // namespace millrace::flows

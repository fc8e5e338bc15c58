// SPDX-License-Identifier: Apache-2.0
#include <millrace/js.hpp>
#include <millrace/progress.hpp>

#include <algorithm>
#include <limits>

namespace millrace {
namespace flows {
namespace {

// The steps with a checkpoint in the order of their checkpoints; those without an order come last,
// as they stand in the definition.
std::vector<const step*> checkpoints_of(const flow_definition& definition) {
  std::vector<const step*> all;
  for (const json::key_value_pair* member : js::members(definition.raw.at("steps").as_object()))
    if (const step* each = definition.find_step(member->key()); each && each->checkpoint)
      all.push_back(each);
  const auto rank = [](const step* each) {
    return each->checkpoint->order.value_or(std::numeric_limits<std::int64_t>::max());
  };
  std::stable_sort(all.begin(), all.end(),
                   [&](const step* left, const step* right) { return rank(left) < rank(right); });
  return all;
}

// Half up, as Math.round does.
int percent_of(std::int64_t part, std::int64_t whole) {
  if (whole == 0)
    return 0;
  return static_cast<int>(std::clamp<std::int64_t>((200 * part + whole) / (2 * whole), 0, 100));
}

} // namespace

execution_progress measure_progress(const flow_definition& definition,
                                    const std::vector<std::string>& path, execution_status status) {
  execution_progress made;
  const std::vector<const step*> checkpoints = checkpoints_of(definition);
  made.total_step_count = static_cast<std::int64_t>(definition.steps.size());
  made.total_checkpoints = static_cast<std::int64_t>(checkpoints.size());
  const auto entered = static_cast<std::int64_t>(path.size());
  const bool is_completed = status == execution_status::completed;
  made.completed_step_count = is_completed ? entered : std::max<std::int64_t>(entered - 1, 0);
  for (std::size_t i = checkpoints.size(); i > 0; --i) {
    const step& each = *checkpoints[i - 1];
    if (std::find(path.begin(), path.end(), each.id) == path.end())
      continue;
    made.current_checkpoint = {each.checkpoint->id, each.checkpoint->label, each.checkpoint->order,
                               static_cast<std::int64_t>(i)};
    break;
  }
  if (is_completed)
    made.progress_percent = 100;
  else if (made.total_checkpoints > 0)
    made.progress_percent = percent_of(
        made.current_checkpoint ? made.current_checkpoint->ordinal : 0, made.total_checkpoints);
  else
    made.progress_percent = percent_of(made.completed_step_count, made.total_step_count);
  if (is_terminal(status) || path.empty())
    return made;
  made.current_step_instance_id = path.back();
  if (const auto at = definition.steps.find(path.back()); at != definition.steps.end()) {
    made.current_step_display_name = at->second.display_name;
    made.current_step_type = at->second.type;
  }
  return made;
}

} // namespace flows

bool execution_progress::is_waiting() const noexcept {
  return current_step_type == "WAIT_FOR_EXTERNAL_EVENT" || current_step_type == "POLL_EXTERNAL_API";
}

std::string execution_progress::headline(execution_status status) const {
  if (current_checkpoint)
    return current_checkpoint->label;
  if (!current_step_display_name.empty())
    return current_step_display_name;
  if (!current_step_instance_id.empty())
    return current_step_instance_id;
  return status == execution_status::completed ? "Completed" : std::string(to_string(status));
}

json::object execution_progress::to_json() const {
  json::object out{{"completedStepCount", completed_step_count},
                   {"totalStepCount", total_step_count},
                   {"progressPercent", progress_percent}};
  if (total_checkpoints > 0)
    out["totalCheckpoints"] = total_checkpoints;
  if (current_checkpoint) {
    json::object checkpoint{{"id", current_checkpoint->id}, {"label", current_checkpoint->label}};
    if (current_checkpoint->order)
      checkpoint["order"] = *current_checkpoint->order;
    checkpoint["ordinal"] = current_checkpoint->ordinal;
    out["currentCheckpoint"] = std::move(checkpoint);
  }
  if (current_step_instance_id.empty())
    return out;
  out["currentStepInstanceId"] = current_step_instance_id;
  if (!current_step_display_name.empty())
    out["currentStepDisplayName"] = current_step_display_name;
  if (!current_step_type.empty())
    out["currentStepType"] = current_step_type;
  return out;
}

} // namespace millrace

// SPDX-License-Identifier: Apache-2.0
//
// Chooses the executions of a family that a report has room for, measures one after the other, so
// that one context is in memory at a time, and nests them.
#include <millrace/progress_tree.hpp>

#include "queries.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace millrace {
namespace {

/// An execution with the branches that run in it, and whose child it is.
struct measured {
  progress_node node;
  storage::execution_key key = 0;
  storage::execution_key parent = 0;
};

progress_node node_of(const storage::execution_row& row) {
  progress_node node;
  node.flow_execution_id = row.id;
  node.flow_definition_id = row.flow_definition_id;
  node.flow_definition_version = row.flow_version;
  node.kind = to_string(row.kind);
  node.depth = row.depth;
  node.parent_step_instance_id = row.parent_step;
  node.status = row.status;
  node.progress.progress_percent = row.status == execution_status::completed ? 100 : 0;
  node.started_at = row.started_at != 0 ? row.started_at : row.accepted_at;
  node.ended_at = row.ended_at;
  return node;
}

// A branch stands as an execution would: it waits for an event, a due time or a called flow.
execution_status status_of(flows::cursor_phase phase) {
  using flows::cursor_phase;
  switch (phase) {
  case cursor_phase::delayed_before:
  case cursor_phase::pausing:
  case cursor_phase::delayed_after:
  case cursor_phase::waiting:
  case cursor_phase::calling: return execution_status::waiting;
  case cursor_phase::enter:
  case cursor_phase::ready:
  case cursor_phase::running:
  case cursor_phase::forked:
  case cursor_phase::ended: break;
  }
  return execution_status::running;
}

// The branches that run below `path`, as far as there is room.
void add_branches(const flows::execution_state& state, const flows::cursor& path,
                  progress_node& parent, std::size_t level, std::size_t& room) {
  if (!path.fork || level == progress_depth_max)
    return;
  for (const auto& branch : path.fork->active) {
    if (room == 0)
      return;
    --room;
    progress_node node;
    node.flow_execution_id = state.identity().flow_execution_id + branch->id;
    node.flow_definition_id = parent.flow_definition_id;
    node.flow_definition_version = parent.flow_definition_version;
    node.kind = "PARALLEL_BRANCH";
    node.depth = parent.depth + 1;
    node.parent_step_instance_id = path.step;
    node.status = status_of(branch->phase);
    node.started_at = parent.started_at;
    node.progress = flows::measure_progress(state.definition(), branch->path.to_vector(),
                                            execution_status::running);
    add_branches(state, *branch, node, level + 1, room);
    parent.children.push_back(std::move(node));
  }
}

progress_headline headline_of(const progress_node& node) {
  return {node.flow_execution_id, node.progress.headline(node.status),
          node.progress.progress_percent, node.status, node.progress.is_waiting()};
}

// The deepest open node of those below and `node` itself; the first of several.
void look_for_deepest(const progress_node& node, const progress_node*& deepest) {
  if (!is_terminal(node.status) && (!deepest || node.depth > deepest->depth))
    deepest = &node;
  for (const progress_node& child : node.children)
    look_for_deepest(child, deepest);
}

/// Nests what was measured.
class nesting {
public:
  explicit nesting(std::vector<measured> all) : all_(std::move(all)) {
    std::unordered_map<storage::execution_key, std::size_t> places;
    for (std::size_t i = 0; i < all_.size(); ++i)
      places.emplace(all_[i].key, i);
    children_.resize(all_.size());
    for (std::size_t i = 1; i < all_.size(); ++i) {
      const auto parent = places.find(all_[i].parent);
      children_[parent == places.end() ? 0 : parent->second].push_back(i);
    }
  }

  /// The root, which is the first of all; `placed` counts what there was room for.
  progress_node take(std::size_t& placed) { return take(0, 0, placed); }

private:
  progress_node take(std::size_t place, std::size_t level, std::size_t& placed) {
    ++placed;
    progress_node node = std::move(all_[place].node);
    if (level < progress_depth_max)
      for (const std::size_t child : children_[place])
        node.children.push_back(take(child, level + 1, placed));
    return node;
  }

  std::vector<measured> all_;
  std::vector<std::vector<std::size_t>> children_; ///< by place
};

const char* name_of(execution_status status) {
  return to_string(status == execution_status::waiting ? execution_status::running : status);
}

json::object to_json(const progress_node& node) {
  json::object out{{"flowExecutionId", node.flow_execution_id},
                   {"flowDefinitionId", node.flow_definition_id}};
  if (node.flow_definition_version != 0)
    out["flowDefinitionVersion"] = node.flow_definition_version;
  out["executionKind"] = node.kind;
  out["depth"] = node.depth;
  out["parentStepInstanceId"] = text_or_null(node.parent_step_instance_id);
  out["status"] = name_of(node.status);
  out["isWaiting"] = node.progress.is_waiting();
  json::object measure = node.progress.to_json();
  const auto move_step_member = [&](json::object& step, const char* from, const char* name) {
    if (const json::value* value = measure.if_contains(from))
      step[name] = *value;
    measure.erase(from);
  };
  json::object step;
  move_step_member(step, "currentStepInstanceId", "stepInstanceId");
  move_step_member(step, "currentStepDisplayName", "displayName");
  move_step_member(step, "currentStepType", "stepType");
  if (!step.empty())
    out["currentStep"] = std::move(step);
  for (auto& member : measure)
    out[member.key()] = std::move(member.value());
  out["startTime"] = format_timestamp(node.started_at);
  out["endTime"] = node.ended_at == 0 ? json::value(nullptr)
                                      : json::value(json::string(format_timestamp(node.ended_at)));
  json::array children;
  for (const progress_node& child : node.children)
    children.push_back(to_json(child));
  out["children"] = std::move(children);
  return out;
}

} // namespace

json::object to_json(const progress_report& report) {
  json::object out{{"root", to_json(report.root)},
                   {"headline", json::object{{"executionId", report.headline.execution_id},
                                             {"label", report.headline.label},
                                             {"percent", report.headline.percent},
                                             {"status", name_of(report.headline.status)},
                                             {"isWaiting", report.headline.is_waiting}}}};
  if (report.left_out != 0)
    out["leftOut"] = report.left_out;
  return out;
}

// What has ended is told also when its definition cannot be compiled any more: without a measure.
result<progress_node> query_service::measure(const storage::execution_row& row,
                                             std::size_t& room) const {
  progress_node node = node_of(row);
  if (row.definition == 0)
    return node;
  if (is_terminal(row.status)) {
    auto path = stored_path(row);
    if (!path)
      return path.error();
    if (const auto flow = definitions_.pinned(row.definition))
      node.progress = flows::measure_progress(*flow->definition, *path, row.status);
    return node;
  }
  auto state = state_of(row);
  if (!state)
    return state.error();
  const flows::cursor& main = (*state)->main();
  node.progress =
      flows::measure_progress((*state)->definition(), main.path.to_vector(), row.status);
  add_branches(**state, main, node, 0, room);
  return node;
}

// The keys that a report has room for, the root's first: of open executions, then of others.
result<std::vector<storage::execution_key>>
query_service::choose_family(const storage::execution_row& root, std::size_t nodes_max) const {
  storage::execution_query query;
  query.root_id = root.id;
  query.limit = nodes_max;
  std::vector<storage::execution_key> keys{root.key};
  for (const bool only_open : {true, false}) {
    query.only_open = only_open;
    const auto rows = store_.find_executions(query);
    if (!rows)
      return rows.error();
    for (const storage::execution_row& row : *rows)
      if (keys.size() < nodes_max && std::find(keys.begin(), keys.end(), row.key) == keys.end())
        keys.push_back(row.key);
  }
  std::sort(keys.begin(), keys.end()); // a root is older than what it started
  return keys;
}

result<progress_report> query_service::progress(std::string_view flow_execution_id,
                                                progress_mode mode, std::size_t nodes_max) const {
  auto asked = store_.find_execution(flow_execution_id);
  if (!asked)
    return asked.error();
  std::vector<storage::execution_key> keys{asked->key};
  std::int64_t members = 1;
  if (mode == progress_mode::tree) {
    const auto root = store_.find_execution(asked->root);
    if (!root)
      return root.error();
    auto chosen = choose_family(*root, std::max<std::size_t>(nodes_max, 1));
    const auto counted = store_.count_family(root->key);
    if (!chosen || !counted)
      return chosen ? counted.error() : chosen.error();
    keys = std::move(*chosen);
    members = *counted;
  }
  std::size_t room = mode == progress_mode::tree ? nodes_max - std::min(nodes_max, keys.size()) : 0;
  std::vector<measured> all;
  for (const storage::execution_key key : keys) {
    const auto row = store_.find_execution(key);
    if (!row && row.error().code() == errc::not_found && !all.empty())
      continue; // retention has removed it meanwhile
    if (!row)
      return row.error();
    auto node = measure(*row, room);
    if (!node)
      return node.error();
    all.push_back({std::move(*node), row->key, row->parent});
  }
  const progress_node* deepest = nullptr;
  for (const measured& each : all)
    look_for_deepest(each.node, deepest);
  progress_report report;
  report.headline = headline_of(deepest ? *deepest : all.front().node);
  std::size_t placed = 0;
  report.root = nesting(std::move(all)).take(placed);
  report.left_out = std::max<std::int64_t>(members - static_cast<std::int64_t>(placed), 0);
  return report;
}

} // namespace millrace

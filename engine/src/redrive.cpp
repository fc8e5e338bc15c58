// SPDX-License-Identifier: Apache-2.0
//
// The start input of the execution that ended, the version to run, and the context before a step:
// the final one where the execution stopped at that step, else made again from its step records.
#include "redrive.hpp"

#include "queries.hpp"

#include <millrace/context_history.hpp>
#include <millrace/flow_graph.hpp>
#include <millrace/stored_execution.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace millrace {
namespace {

using flows::graph_edge_kind;

// The nodes that a path comes to that begins at `first` and does not go into branches.
std::vector<bool> reached_from(const flows::flow_graph& graph, std::size_t first) {
  std::vector<bool> reached(graph.nodes.size());
  std::vector<std::size_t> open{first};
  while (!open.empty()) {
    const std::size_t node = open.back();
    open.pop_back();
    if (reached[node])
      continue;
    reached[node] = true;
    for (const flows::graph_edge& edge : graph.edges)
      if (edge.from == node && edge.kind != graph_edge_kind::branch)
        open.push_back(edge.to);
  }
  return reached;
}

// The fork of the main path in whose branches a step stands; empty: it stands in none, or not only
// there.
std::string fork_around(const flows::flow_definition& definition, std::string_view step_id) {
  const flows::flow_graph graph = flows::make_flow_graph(definition);
  const std::vector<bool> is_main = reached_from(graph, 0);
  const auto named = [&](const flows::graph_node& node) {
    return node.kind == flows::graph_node_kind::step && node.id == step_id;
  };
  const auto at = std::find_if(graph.nodes.begin(), graph.nodes.end(), named);
  auto place = static_cast<std::size_t>(at - graph.nodes.begin());
  for (std::size_t depth = 0; depth < graph.nodes.size() && !is_main[place]; ++depth) {
    const auto leads_here = [&](const flows::graph_edge& edge) {
      return edge.kind == graph_edge_kind::branch && reached_from(graph, edge.to)[place];
    };
    const auto branch = std::find_if(graph.edges.begin(), graph.edges.end(), leads_here);
    if (branch == graph.edges.end())
      return {}; // nothing leads to it: some starts begin there
    place = branch->from;
  }
  const std::string& fork = graph.nodes[place].id;
  return is_main[place] && fork != step_id ? fork : std::string();
}

/// The redrive of one execution.
class redriving {
public:
  redriving(const redrive_request& wanted, storage::execution_row row, storage::store& store,
            catalog& definitions, std::shared_ptr<flows::object_source> objects)
      : wanted_(wanted), row_(std::move(row)), store_(store), definitions_(definitions),
        objects_(std::move(objects)) {}

  /// The start input for the version to run.
  result<start_request> start_input(const flows::flow_definition& definition) {
    auto original = actors::start_input_of(row_);
    if (!original)
      return original.error();
    start_request& request = *original;
    request.flow_version = std::to_string(definition.version);
    request.flow_execution_id.clear();
    if (wanted_.from_step.empty()) {
      request.trigger_source = "RedriveOf:" + row_.id;
      return original;
    }
    request.trigger_source = "StatefulRedriveOf:" + row_.id;
    if (auto entered = read_path(); !entered)
      return entered.error();
    if (auto usable = check_step(definition); !usable)
      return usable.error();
    auto context =
        wanted_.context ? result<json::object>(*wanted_.context) : known_context(request);
    if (!context)
      return context.error();
    request.initial_context_data = {}; // the context has what came of it
    request.start_from_state = start_state{wanted_.from_step, std::move(*context)};
    return original;
  }

private:
  [[nodiscard]] std::string step_name() const { return "step '" + wanted_.from_step + "'"; }

  // The places of the step in the path: its visits.
  result<void> read_path() {
    const auto path = stored_path(row_);
    if (!path)
      return path.error();
    for (std::size_t i = 0; i < path->size(); ++i)
      if ((*path)[i] == wanted_.from_step)
        visits_.push_back(i);
    return {};
  }

  [[nodiscard]] result<void> check_step(const flows::flow_definition& definition) const {
    const std::string version =
        "Version " + std::to_string(definition.version) + " of the flow " + definition.id;
    if (!definition.find_step(wanted_.from_step))
      return error{errc::not_found, version + " has no " + step_name() + "."};
    const std::string fork =
        visits_.empty() ? fork_around(definition, wanted_.from_step) : std::string();
    if (!fork.empty())
      return error{errc::invalid_argument,
                   "The " + step_name() + " stands in a branch of the fork '" + fork +
                       "', where no execution can begin; redrive from '" + fork + "'."};
    return {};
  }

  // Whether the final context is the one before the visit: a step that was not finished has mapped
  // nothing. A cancelled execution may have been about to visit the step again, so a visit that is
  // named by its number is not taken for that one.
  [[nodiscard]] bool stopped_here() const {
    if (row_.stopped_before != wanted_.from_step)
      return false;
    const bool is_last = wanted_.visit == static_cast<std::int64_t>(visits_.size());
    return wanted_.visit == 0 || (is_last && row_.status != execution_status::cancelled);
  }

  result<json::object> known_context(const start_request& original) {
    if (stopped_here()) {
      auto context = stored_json(row_.context, row_.id);
      if (!context)
        return context.error();
      return std::move(context->get_object());
    }
    const auto count = static_cast<std::int64_t>(visits_.size());
    if (count == 0)
      return error{errc::not_found, "The execution " + row_.id + " never came to " + step_name() +
                                        "; give the context to begin on (--context)."};
    if (wanted_.visit > count)
      return error{errc::not_found, "The execution " + row_.id + " visited " + step_name() + " " +
                                        std::to_string(count) + (count == 1 ? " time" : " times") +
                                        "; there is no visit " + std::to_string(wanted_.visit) +
                                        "."};
    const std::int64_t visit = wanted_.visit == 0 ? count : wanted_.visit;
    return recorded_context(original, visits_[static_cast<std::size_t>(visit - 1)]);
  }

  result<json::object> recorded_context(const start_request& original, std::size_t position) {
    const auto records = store_.step_records(row_.key);
    if (!records)
      return records.error();
    if (records->empty())
      return unknown("No step records were kept.");
    auto flow = definitions_.pinned(row_.definition);
    if (!flow)
      return unknown(flow.error().message());
    auto definition = actors::definition_for(definitions_, *flow, original);
    if (!definition)
      return unknown(definition.error().message());
    const flows::execution_state beginning(*definition, actors::identity_of(row_), original,
                                           *flow->flow_variables);
    flows::context_history history(*definition, beginning.main().variables.own(), position,
                                   objects_);
    for (const storage::step_record& each : *records) {
      auto record = stored_json(each.record, row_.id);
      if (!record)
        return record.error();
      if (auto added = history.add(record->get_object()); !added)
        return unknown(added.error().message());
    }
    auto context = history.context_before(row_.context);
    if (!context)
      return unknown(context.error().message());
    return context;
  }

  [[nodiscard]] error unknown(const std::string& reason) const {
    return {errc::conflict,
            "The context before " + step_name() + " of the execution " + row_.id +
                " is not known: " + reason +
                " Give the context to begin on (--context), or let executions keep step records "
                "(enableExecutionLogs)."};
  }

  const redrive_request& wanted_;
  const storage::execution_row row_;
  storage::store& store_;
  catalog& definitions_;
  const std::shared_ptr<flows::object_source> objects_; ///< null: pointers are not followed
  std::vector<std::size_t> visits_;                     ///< of the step: places in the path
};

result<void> check(const redrive_request& wanted) {
  const auto refuse = [](const char* message) { return error{errc::invalid_argument, message}; };
  if (wanted.from_step.empty() && (wanted.visit != 0 || wanted.context))
    return refuse("A visit or a context says how to begin at a step; say at which one.");
  if (wanted.visit < 0)
    return refuse("Visits of a step are counted from 1.");
  if (wanted.visit != 0 && wanted.context)
    return refuse("Say before which visit the context is taken, or give the context; not both.");
  return {};
}

} // namespace

result<start_request> make_redrive(const redrive_request& wanted, storage::store& store,
                                   catalog& definitions,
                                   std::shared_ptr<flows::object_source> objects) {
  if (auto sensible = check(wanted); !sensible)
    return sensible.error();
  auto row = store.find_execution(wanted.flow_execution_id);
  if (!row)
    return row.error();
  if (!is_terminal(row->status))
    return error{errc::conflict, "The execution " + row->id + " is " + to_string(row->status) +
                                     "; only one that has ended can run again. Wait for its end, "
                                     "or cancel it."};
  std::string version = wanted.flow_version;
  if (version.empty())
    version = row->flow_version != 0 ? std::to_string(row->flow_version) : row->flow_version_asked;
  const auto flow = definitions.resolve(row->flow_definition_id, version);
  if (!flow)
    return flow.error();
  return redriving(wanted, std::move(*row), store, definitions, std::move(objects))
      .start_input(*flow->definition);
}

} // namespace millrace

// SPDX-License-Identifier: Apache-2.0
//
// millrace graph: a flow as a drawing, plain, with what tests covered of it, or with the path of
// one execution.
#include "commands.hpp"
#include "diagnostics.hpp"
#include "input.hpp"
#include "output.hpp"
#include "session.hpp"
#include "sources.hpp"

#include <millrace/flow_definitions.hpp>

#include <algorithm>
#include <memory>
#include <optional>

namespace millrace::cli {
namespace {

using flows::flow_graph;
using flows::graph_marks;
using definition_pointer = std::shared_ptr<const flows::flow_definition>;

struct graph_options {
  std::vector<std::string> flows;
  std::string flow;
  std::string version;
  std::string format = "mermaid";
  std::string coverage;
  std::string database;
  std::string execution;
};

std::string complaint(const graph_options& options) {
  if (options.flows.empty())
    return "Name a flow file or a folder of them.";
  if (options.execution.empty() != options.database.empty())
    return "--execution ID and --db FILE belong together: name both, or neither.";
  if (options.execution.empty())
    return {};
  if (!options.coverage.empty())
    return "--coverage and --execution cannot be drawn at once; leave one of them out.";
  if (!options.flow.empty() || !options.version.empty())
    return "--execution says which flow and version to draw; leave --flow and --version out.";
  return missing_database(options.database);
}

result<definition_pointer> find_version(const std::vector<compiled_flow>& known,
                                        const std::string& flow, std::int64_t version) {
  const auto found = std::find_if(known.begin(), known.end(), [&](const compiled_flow& each) {
    return each.definition->id == flow && each.definition->version == version;
  });
  if (found == known.end())
    return error{errc::not_found, "The flow \"" + flow + "\" version " + std::to_string(version) +
                                      ", which the execution runs, is not in what was given; name "
                                      "its file as well."};
  return found->definition;
}

result<definition_pointer> choose(const std::vector<compiled_flow>& known,
                                  const graph_options& options) {
  std::vector<flow_version> versions;
  versions.reserve(known.size());
  for (const compiled_flow& each : known)
    versions.push_back({each.definition->id, each.definition->version, each.is_published});
  const auto choice = choose_flow(versions, versions, options.flow, options.version);
  if (!choice)
    return choice.error();
  definition_pointer chosen;
  for (const compiled_flow& each : known) {
    const bool fits = std::to_string(each.definition->version) == choice->version ||
                      (choice->version == "LATEST_PUBLISHED" && each.is_published);
    if (each.definition->id == choice->flow_definition_id && fits &&
        (!chosen || each.definition->version > chosen->version))
      chosen = each.definition;
  }
  return chosen;
}

result<flows::coverage> read_coverage(const std::string& file) {
  const auto document = read_json_file(file);
  if (!document)
    return document.error();
  auto counts = flows::coverage::from_json(*document);
  if (!counts)
    return error{counts.error().code(),
                 file + ": " + counts.error().message() +
                     " A coverage file is what millrace test --coverage writes."};
  return counts;
}

// The steps of branches are known from step records, where the flow keeps them.
void add_branch_steps(const std::vector<json::object>& records, flows::walked_path& path) {
  for (const json::object& record : records) {
    const json::value* branch = record.if_contains("branchExecutionId");
    const json::value* status = record.if_contains("status");
    const json::value* step = record.if_contains("stepInstanceId");
    const bool has_ended = status && (*status == "COMPLETED" || *status == "FAILED");
    if (branch && has_ended && step && step->is_string())
      path.branch_steps.emplace_back(step->get_string());
  }
}

flows::walked_path path_of(const execution_record& record,
                           const std::vector<json::object>& records) {
  flows::walked_path path;
  path.steps = record.path;
  add_branch_steps(records, path);
  if (record.status == execution_status::waiting && !record.path.empty())
    path.waiting_step = record.path.back();
  if (record.error && record.status != execution_status::cancelled) {
    const json::value* step = record.error->error_details.if_contains("failedStepInstanceId");
    if (step && step->is_string())
      path.failed_step = step->get_string();
  }
  return path;
}

bool has_unknown_branches(const flow_graph& graph, const flows::walked_path& path) {
  return path.branch_steps.empty() &&
         std::any_of(graph.edges.begin(), graph.edges.end(), [&](const flows::graph_edge& edge) {
           return edge.kind == flows::graph_edge_kind::branch &&
                  std::find(path.steps.begin(), path.steps.end(), graph.nodes[edge.from].id) !=
                      path.steps.end();
         });
}

exit_status draw(const flow_graph& graph, const graph_marks* marks, const std::string& format) {
  standard_output out;
  if (format == "dot")
    out.write(to_dot(graph, marks));
  else if (format == "svg")
    out.write(to_svg(graph, marks));
  else
    out.write(to_mermaid(graph, marks));
  return out.finish(exit_status::done);
}

exit_status draw_execution(const std::vector<compiled_flow>& known, const graph_options& options) {
  const auto database = database_reader::open(options.database);
  if (!database)
    return fail(database.error());
  const auto record = database->find(options.execution);
  if (!record)
    return fail(record.error());
  const auto records = database->step_records(options.execution);
  if (!records)
    return fail(records.error());
  if (record->flow_definition_version == 0)
    return fail(exit_status::bad_usage, "The execution " + options.execution +
                                            " has not begun: there is no path to draw yet.");
  const auto definition =
      find_version(known, record->flow_definition_id, record->flow_definition_version);
  if (!definition)
    return fail(definition.error());
  const flow_graph graph = make_flow_graph(**definition);
  const flows::walked_path path = path_of(*record, *records);
  if (has_unknown_branches(graph, path))
    say("Which steps its branches entered is not known; enableExecutionLogs would keep them.");
  const graph_marks marks = mark_path(graph, path);
  return draw(graph, &marks, options.format);
}

exit_status graph(const graph_options& options) {
  if (const std::string wrong = complaint(options); !wrong.empty())
    return fail(exit_status::bad_usage, wrong);
  const auto documents = read_sources(options.flows);
  if (!documents)
    return fail(documents.error());
  const auto known = compile_flows(*documents);
  if (!known)
    return fail(known.error());
  if (!options.execution.empty())
    return draw_execution(*known, options);
  const auto definition = choose(*known, options);
  if (!definition)
    return fail(definition.error());
  const flow_graph drawn = make_flow_graph(**definition);
  std::optional<graph_marks> marks;
  if (!options.coverage.empty()) {
    const auto counts = read_coverage(options.coverage);
    if (!counts)
      return fail(counts.error());
    marks = mark_coverage(drawn, *counts);
  }
  return draw(drawn, marks ? &*marks : nullptr, options.format);
}

} // namespace

void add_graph(CLI::App& app, action& chosen) {
  auto options = std::make_shared<graph_options>();
  CLI::App* command = app.add_subcommand("graph", "Draw a flow, or what was run of it");
  command->add_option("FLOW", options->flows, "flow files, export bundles or folders of them")
      ->type_name("");
  command->add_option("--flow", options->flow, "which flow (default: the first)")->type_name("ID");
  command->add_option("--version", options->version, "which version (default: the published one)")
      ->type_name("V");
  add_choice(*command, "--format", "how to draw (default: mermaid)", {"mermaid", "dot", "svg"},
             [options](const std::string& format) { options->format = format; });
  command->add_option("--coverage", options->coverage, "marks what a coverage file says was run")
      ->type_name("FILE");
  command->add_option("--execution", options->execution, "marks the path of this execution of --db")
      ->type_name("ID");
  add_database(*command, options->database);
  command->callback([options, &chosen] { chosen = [options] { return graph(*options); }; });
}

} // namespace millrace::cli

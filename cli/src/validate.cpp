// SPDX-License-Identifier: Apache-2.0
//
// millrace validate: everything that is wrong, or doubtful, in flow sources.
#include "commands.hpp"
#include "diagnostics.hpp"
#include "output.hpp"
#include "sources.hpp"
#include "table.hpp"

#include <algorithm>
#include <memory>

namespace millrace::cli {
namespace {

using severity = flows::problem::severity_type;

struct validate_options {
  std::vector<std::string> flows;
  bool as_json = false;
};

bool is_error(const source_problem& problem) {
  return problem.what.severity == severity::error;
}

// A source that cannot be read is a problem like any other, so that one run names them all.
source_report check(const std::vector<std::string>& paths) {
  std::vector<flow_document> documents;
  std::vector<source_problem> unreadable;
  for (const std::string& path : paths) {
    auto some = read_flow_documents(path);
    if (some)
      std::move(some->begin(), some->end(), std::back_inserter(documents));
    else
      unreadable.push_back({path, {}, {severity::error, {}, some.error().message()}});
  }
  source_report report = check_flows(documents, engine_options().steps);
  report.problems.insert(report.problems.begin(), unreadable.begin(), unreadable.end());
  return report;
}

json::object to_json(const source_report& report) {
  json::array flows;
  for (const flow_version& each : report.flows)
    flows.push_back(json::object{{"flowDefinitionId", each.flow_definition_id},
                                 {"version", each.version},
                                 {"isPublished", each.is_published}});
  json::array problems;
  for (const source_problem& each : report.problems)
    problems.push_back(
        json::object{{"severity", is_error(each) ? "error" : "warning"},
                     {"source", each.source},
                     {"flowDefinitionId", each.flow_definition_id.empty()
                                              ? json::value(nullptr)
                                              : json::value(each.flow_definition_id)},
                     {"pointer", each.what.pointer},
                     {"message", each.what.message}});
  return {{"valid", !report.has_errors()}, {"flows", flows}, {"problems", problems}};
}

std::string counted(std::ptrdiff_t count, const std::string& what) {
  return std::to_string(count) + ' ' + what + (count == 1 ? "" : "s");
}

std::string draw(const source_report& report, const look& how) {
  table flows({{"FLOW", false}, {"VERSION", true}, {"PUBLISHED", false}, {"RESULT", false}});
  for (const flow_version& each : report.flows) {
    const auto count = [&](bool errors) {
      return std::count_if(report.problems.begin(), report.problems.end(),
                           [&](const source_problem& problem) {
                             return problem.flow_definition_id == each.flow_definition_id &&
                                    is_error(problem) == errors;
                           });
    };
    const auto errors = count(true);
    const auto warnings = count(false);
    cell outcome{"valid", tint::green};
    if (errors != 0)
      outcome = {counted(errors, "error"), tint::red};
    else if (warnings != 0)
      outcome = {"valid, " + counted(warnings, "warning"), tint::yellow};
    flows.add({{each.flow_definition_id, tint::none},
               {std::to_string(each.version), tint::none},
               {each.is_published ? "yes" : "no", tint::none},
               outcome});
  }
  return flows.draw(how);
}

exit_status validate(const validate_options& options) {
  if (options.flows.empty())
    return fail(exit_status::bad_usage, "Name a flow file or a folder of them.");
  const source_report report = check(options.flows);
  for (const source_problem& each : report.problems)
    if (is_error(each))
      fail(exit_status::bad_usage, describe(each));
  say_warnings(report);
  standard_output out;
  out.write(options.as_json ? stringify(to_json(report)) + '\n' : draw(report, look_of_output()));
  return out.finish(report.has_errors() ? exit_status::bad_usage : exit_status::done);
}

} // namespace

void add_validate(CLI::App& app, action& chosen) {
  auto options = std::make_shared<validate_options>();
  CLI::App* command = app.add_subcommand("validate", "Check flow files and say what is wrong");
  command->add_option("FLOW", options->flows, "flow files, export bundles or folders of them")
      ->type_name("");
  add_output(*command, options->as_json);
  command->callback([options, &chosen] { chosen = [options] { return validate(*options); }; });
}

} // namespace millrace::cli

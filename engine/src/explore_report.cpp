// SPDX-License-Identifier: Apache-2.0
//
// An exploration as text, as JSON and as tests.
#include <millrace/explore.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace millrace::simulation {
namespace {

constexpr std::array<const char*, 9> kind_names{
    "unreachable_step", "dead_end",   "endless_loop", "endless_wait",     "unbounded_children",
    "not_reached",      "never_true", "never_false",  "unhandled_failure"};
constexpr std::array<const char*, 3> severity_names{"defect", "doubt", "notice"};
constexpr std::size_t trace_steps_told = 24;

json::array texts(const std::vector<std::string>& all) {
  json::array made;
  for (const std::string& each : all)
    made.emplace_back(each);
  return made;
}

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + ' ' + what + (count == 1 ? "" : "s");
}

std::string trace_of(const explored_path& path) {
  std::string text;
  for (std::size_t i = 0; i < std::min(path.steps.size(), trace_steps_told); ++i)
    text += (i == 0 ? "" : " > ") + path.steps[i];
  if (path.steps.size() > trace_steps_told)
    text += " > ... (" + counted(path.steps.size(), "step") + ")";
  return text;
}

std::string rounded_down(double percent) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%d", static_cast<int>(percent));
  return text.data();
}

} // namespace

const char* to_string(finding_kind kind) noexcept {
  return kind_names[static_cast<std::size_t>(kind)];
}

const char* to_string(finding_severity severity) noexcept {
  return severity_names[static_cast<std::size_t>(severity)];
}

bool exploration::has_findings() const noexcept {
  return std::any_of(findings.begin(), findings.end(),
                     [](const finding& each) { return each.severity != finding_severity::notice; });
}

std::string exploration::to_text() const {
  std::string text;
  for (const finding& each : findings) {
    text += std::string(to_string(each.severity)) + ": " + each.flow_definition_id + '/' +
            each.step_instance_id + ": " + each.message + " [" + to_string(each.kind) + "]\n";
    if (each.path < 0)
      continue;
    const explored_path& path = paths[static_cast<std::size_t>(each.path)];
    for (const std::string& choice : path.choices)
      text += "    when " + choice + '\n';
    text += "    trace " + trace_of(path) + '\n';
  }
  if (!findings.empty())
    text += '\n';
  text += counted(runs, "run") + ", seed " + std::to_string(seed) +
          (is_complete ? ": every combination" : ": not every combination") + ". " +
          counted(findings.size(), "finding") + ", " + counted(paths.size(), "distinct path") +
          ", " + rounded_down(coverage.total().percent()) + "% of what there is to cover.\n";
  for (const auto& flow : coverage.flows)
    for (const auto& miss : flow.missed)
      text += "    not covered: " + flow.flow_definition_id + '/' + miss.step_instance_id + ": " +
              miss.message + '\n';
  return text;
}

json::object exploration::to_json() const {
  json::array found;
  for (const finding& each : findings) {
    json::object one{{"kind", to_string(each.kind)},
                     {"severity", to_string(each.severity)},
                     {"flowDefinitionId", each.flow_definition_id},
                     {"stepInstanceId", each.step_instance_id},
                     {"pointer", each.pointer},
                     {"message", each.message}};
    if (each.path >= 0)
      one["path"] = each.path;
    found.push_back(std::move(one));
  }
  json::array walked;
  for (const explored_path& each : paths) {
    json::object one{{"name", each.name},
                     {"status", each.status},
                     {"steps", texts(each.steps)},
                     {"choices", texts(each.choices)}};
    if (!each.test.empty())
      one["test"] = each.test;
    walked.push_back(std::move(one));
  }
  json::array missed;
  for (const auto& flow : coverage.flows)
    for (const auto& miss : flow.missed)
      missed.push_back(json::object{{"flowDefinitionId", flow.flow_definition_id},
                                    {"pointer", miss.pointer},
                                    {"message", miss.message}});
  const flows::coverage_tally total = coverage.total();
  return {
      {"findings", std::move(found)},
      {"paths", std::move(walked)},
      {"coverage",
       json::object{{"points", total.points}, {"seen", total.seen}, {"missed", std::move(missed)}}},
      {"runs", runs},
      {"complete", is_complete},
      {"seed", seed}};
}

json::object exploration::to_tests(const std::vector<std::string>& flow_files) const {
  json::array tests;
  for (const explored_path& each : paths)
    if (!each.test.empty())
      tests.push_back(each.test);
  return {{"flows", texts(flow_files)}, {"tests", std::move(tests)}};
}

} // namespace millrace::simulation

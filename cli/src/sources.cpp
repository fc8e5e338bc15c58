// SPDX-License-Identifier: Apache-2.0
#include "sources.hpp"

#include "diagnostics.hpp"

#include <algorithm>
#include <iterator>
#include <set>

namespace millrace::cli {
namespace {

constexpr std::string_view latest_published = "LATEST_PUBLISHED";
// Ids or versions named in a sentence; a folder may hold hundreds.
constexpr std::size_t names_max = 20;

std::string enumerate(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < names_max; ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > names_max)
    text += " and " + std::to_string(names.size() - names_max) + " more";
  return text;
}

error unknown_flow(const std::vector<flow_version>& known, const std::string& flow) {
  std::set<std::string> ids;
  for (const flow_version& each : known)
    ids.insert(each.flow_definition_id);
  return {errc::invalid_argument, "There is no flow \"" + flow + "\"; known are: " +
                                      enumerate({ids.begin(), ids.end()}) + "."};
}

std::vector<flow_version> versions_of(const std::vector<flow_version>& known,
                                      const std::string& flow) {
  std::vector<flow_version> versions;
  std::copy_if(known.begin(), known.end(), std::back_inserter(versions),
               [&](const flow_version& each) { return each.flow_definition_id == flow; });
  std::sort(versions.begin(), versions.end(),
            [](const auto& a, const auto& b) { return a.version < b.version; });
  return versions;
}

std::string describe_versions(const std::vector<flow_version>& versions) {
  std::vector<std::string> names;
  names.reserve(versions.size());
  for (const flow_version& each : versions)
    names.push_back(std::to_string(each.version) + (each.is_published ? " (published)" : ""));
  return enumerate(names);
}

} // namespace

result<std::vector<flow_document>> read_sources(const std::vector<std::string>& paths) {
  std::vector<flow_document> all;
  for (const std::string& path : paths) {
    auto some = read_flow_documents(path);
    if (!some)
      return some.error();
    std::move(some->begin(), some->end(), std::back_inserter(all));
  }
  return all;
}

std::string describe(const source_problem& problem) {
  source_report alone;
  alone.problems.push_back(problem);
  return alone.describe();
}

void say_warnings(const source_report& report) {
  for (const source_problem& each : report.problems)
    if (each.what.severity == flows::problem::severity_type::warning)
      warn(describe(each));
}

result<flow_choice> choose_flow(const std::vector<flow_version>& known,
                                const std::vector<flow_version>& sources, const std::string& flow,
                                const std::string& version) {
  if (known.empty())
    return error{errc::invalid_argument, "There is no flow in what was given; name a flow file or "
                                         "a database that holds flows."};
  if (flow.empty() && sources.empty())
    return error{errc::invalid_argument,
                 "Say which flow of the database to start with --flow, or name a flow file."};
  flow_choice choice{flow.empty() ? sources.front().flow_definition_id : flow, version};
  const std::vector<flow_version> versions = versions_of(known, choice.flow_definition_id);
  if (versions.empty())
    return unknown_flow(known, choice.flow_definition_id);
  const bool any_published = std::any_of(
      versions.begin(), versions.end(), [](const flow_version& each) { return each.is_published; });
  if (version.empty()) {
    choice.version =
        any_published ? std::string(latest_published) : std::to_string(versions.back().version);
    if (!any_published)
      warn("No version of the flow \"" + choice.flow_definition_id + "\" is published; version " +
           choice.version + " is taken.");
    return choice;
  }
  const bool is_known =
      version == latest_published
          ? any_published
          : std::any_of(versions.begin(), versions.end(), [&](const flow_version& each) {
              return std::to_string(each.version) == version;
            });
  if (!is_known)
    return error{
        errc::invalid_argument,
        "The flow \"" + choice.flow_definition_id + "\" has no " +
            (version == latest_published ? "published version" : "version \"" + version + "\"") +
            "; it has: " + describe_versions(versions) + "."};
  return choice;
}

} // namespace millrace::cli

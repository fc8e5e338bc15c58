// SPDX-License-Identifier: Apache-2.0
//
// millrace explore: finds by itself the paths of flows that tests miss, and what is wrong on them.
#include "commands.hpp"
#include "diagnostics.hpp"
#include "output.hpp"
#include "sources.hpp"

#include <millrace/explore.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>

namespace millrace::cli {
namespace {

namespace fs = std::filesystem;

struct explore_options {
  std::vector<std::string> flows;
  std::string tests;
  bool as_json = false;
  simulation::exploration_options how;
};

// Flow files as the test file names them: seen from where it stands.
std::vector<std::string> seen_from(const std::string& tests,
                                   const std::vector<std::string>& flows) {
  const fs::path folder = fs::absolute(tests).parent_path();
  std::vector<std::string> named;
  named.reserve(flows.size());
  for (const std::string& each : flows)
    named.push_back(fs::absolute(each).lexically_proximate(folder).generic_string());
  return named;
}

bool write_tests(const simulation::exploration& found, const explore_options& options) {
  std::ofstream file(options.tests, std::ios::binary);
  file << stringify_pretty(found.to_tests(seen_from(options.tests, options.flows))) << '\n';
  file.close();
  return !file.fail();
}

exit_status explore(const explore_options& options) {
  if (options.flows.empty())
    return fail(exit_status::bad_usage, "Name a flow file or a folder of them.");
  if (options.how.max_runs == 0)
    return fail(exit_status::bad_usage, "--max-runs is at least 1.");
  const auto documents = read_sources(options.flows);
  if (!documents)
    return fail(documents.error());
  const auto found = simulation::explore(*documents, options.how);
  if (!found)
    return fail(found.error());
  if (!options.tests.empty() && !write_tests(*found, options))
    return fail(exit_status::engine_failed, options.tests + " cannot be written.");
  standard_output out;
  out.write(options.as_json ? stringify_pretty(found->to_json()) + '\n' : found->to_text());
  return out.finish(found->has_findings() ? exit_status::not_completed : exit_status::done);
}

} // namespace

void add_explore(CLI::App& app, action& chosen) {
  auto options = std::make_shared<explore_options>();
  CLI::App* command =
      app.add_subcommand("explore", "Find paths that tests miss, and what is wrong on them");
  command->add_option("FLOW", options->flows, "flow files, export bundles or folders of them")
      ->type_name("");
  command->add_option("--flow", options->how.flow, "the only flow to start (default: each)")
      ->type_name("ID");
  command->add_option("--max-runs", options->how.max_runs, "runs of all flows (default: 2000)")
      ->type_name("N");
  command->add_option("--seed", options->how.seed, "of whatever is left to chance (default: 1)")
      ->type_name("N");
  command->add_option("--tests", options->tests, "writes what was found as a *.test.json file")
      ->type_name("FILE");
  add_output(*command, options->as_json);
  command->footer("Exit status: 0 nothing found; 1 a defect or a doubt; 2 bad usage, definition "
                  "or input; 3 the engine\nor the output failed.");
  command->callback([options, &chosen] { chosen = [options] { return explore(*options); }; });
}

} // namespace millrace::cli

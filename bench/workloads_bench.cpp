// SPDX-License-Identifier: Apache-2.0
//
// Whole workloads on an engine, through its public header: starts, steps, waits, reopening. Every
// run is a process of its own; the runs of different workloads take turns, so that what drifts
// drifts for all of them. A wrong result ends it with status 1, a slow one does not.
#include "arguments.hpp"
#include "measurements.hpp"
#include "plan.hpp"
#include "process.hpp"
#include "report.hpp"
#include "workload.hpp"

#include <algorithm>
#include <charconv>
#include <iostream>

#include <stdlib.h> // NOLINT(modernize-deprecated-headers): getloadavg is no part of the standard

using namespace millrace;
using namespace millrace::bench;

namespace {

constexpr int exit_done = 0;
constexpr int exit_wrong = 1;
constexpr int exit_usage = 2;

constexpr std::string_view own_arguments =
    R"(W1 W3 ..., --only W1,W3   only these workloads
                 --durability LEVEL        only at this level: power_loss, process_crash or none
                 --dir FOLDER              where the databases go (default: the temporary folder)
                 --run NAME LEVEL SIZE [FOLDER] [--verify]
                                           one run in this process, for a profiler; prints one
                                           line of JSON)";

/// What is asked of this program besides what every benchmark is asked.
struct own_options {
  selection wanted;
  std::filesystem::path folder = std::filesystem::temp_directory_path();
};

/// A sentence about an argument that is wrong.
class usage_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

durability level_of(const std::string& name) {
  const auto level = parse_durability(name);
  if (!level)
    throw usage_error("'" + name + "' is no durability: power_loss, process_crash or none.");
  return *level;
}

const workload& workload_of(const std::string& name) {
  const workload* const found = find_workload(name);
  if (found == nullptr)
    throw usage_error("There is no workload '" + name + "'; --help names them.");
  return *found;
}

/// Adds the names of a list that is parted by commas.
void add_workloads(selection& wanted, const std::string& list) {
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    wanted.workloads.emplace_back(workload_of(list.substr(begin, end - begin)).name);
    begin = end + 1;
  }
}

own_options read_own(const std::vector<std::string>& words) {
  own_options read;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const bool takes_value = word == "--only" || word == "--durability" || word == "--dir";
    if (takes_value && i + 1 == words.size())
      throw usage_error(word + " needs a value.");
    if (word == "--only")
      add_workloads(read.wanted, words[++i]);
    else if (word == "--durability")
      read.wanted.levels.push_back(level_of(words[++i]));
    else if (word == "--dir")
      read.folder = words[++i];
    else if (word.starts_with('-'))
      throw usage_error("'" + word + "' is unknown; --help says what there is.");
    else
      add_workloads(read.wanted, word);
  }
  return read;
}

// ---- one run, in this process -------------------------------------------------------------------

json::object to_json(const metrics& found) {
  json::object members;
  for (const auto& [name, value] : found)
    members[name] = value;
  return members;
}

/// The NAME LEVEL SIZE of `--run`.
run_request read_request(const std::vector<std::string>& words) {
  constexpr std::size_t words_needed = 3;
  if (words.size() < words_needed || words.size() > words_needed + 1)
    throw usage_error("--run needs NAME LEVEL SIZE and may have a FOLDER.");
  run_request request;
  request.workload = words[0];
  request.durability = level_of(words[1]);
  const std::string& size = words[2];
  const auto read = std::from_chars(size.data(), size.data() + size.size(), request.size);
  if (read.ec != std::errc() || read.ptr != size.data() + size.size() || request.size == 0)
    throw usage_error("'" + size + "' is no size.");
  if (words.size() > words_needed)
    request.folder = words.back();
  return request;
}

/// `--run NAME LEVEL SIZE [FOLDER] [--verify]`, without the first word.
int run_one(std::vector<std::string> words) {
  const bool verify = std::erase(words, "--verify") > 0;
  run_request request = read_request(words);
  request.verify = verify;
  const workload& asked = workload_of(request.workload);
  if (asked.is_helper) {
    asked.run(request);
    return exit_done;
  }
  const scratch_folder folder(request.folder.empty() ? own_options().folder : request.folder);
  request.folder = folder.path();
  std::cout << stringify(to_json(asked.run(request))) << std::endl;
  return exit_done;
}

// ---- all runs, each in a process of its own -----------------------------------------------------

metrics run_in_process(const planned& what, bool verify, const std::filesystem::path& folder) {
  const std::string size = std::to_string(what.what.size);
  std::vector<std::string> words = {"--run", what.what.workload,
                                    std::string(to_string(what.what.durability)), size,
                                    folder.string()};
  if (verify)
    words.emplace_back("--verify");
  child_process process(words);
  const std::string line = process.read_line();
  const auto document = parse_json(line, "a run");
  if (process.wait() != 0 || !document || !document->is_object())
    throw failure(what.what.workload + " " + std::string(to_string(what.what.durability)) + " " +
                  size + " failed.");
  metrics found;
  for (const auto& [name, value] : document->get_object())
    found[name] = value.to_number<double>();
  return found;
}

measurements run_all(const std::vector<planned>& plan, const std::filesystem::path& folder,
                     std::ostream& progress) {
  int rounds = 0;
  for (const planned& each : plan)
    rounds = std::max(rounds, each.runs);
  measurements found;
  for (int round = 0; round < rounds; ++round)
    for (const planned& each : plan) {
      if (round >= each.runs)
        continue;
      progress << "round " << round + 1 << " of " << rounds << ": " << each.what.workload << ' '
               << to_string(each.what.durability) << ' ' << each.what.size << std::endl;
      found.add(each, run_in_process(each, round == 0, folder));
    }
  return found;
}

/// How many processes have wanted a core in the last minute: what was measured is in real time.
double load_average() {
  double load = 0;
  return getloadavg(&load, 1) == 1 ? load : 0;
}

int run(const arguments& asked) {
  const own_options own = read_own(asked.rest);
  const scratch_folder folder(own.folder);
  const double load = load_average();
  const measurements found = run_all(make_plan(asked.quick, own.wanted), folder.path(), std::cerr);
  report results("workloads", asked.quick);
  results.add_member("loadAverage", load);
  results.add_member("limits", found.limits_to_json());
  results.add_member("workloads", found.workloads_to_json());
  add_targets(results, found);
  std::ostream& text = asked.json_on_standard_output() ? std::cerr : std::cout;
  found.print(text);
  results.print(text);
  text << "Load before the first run (processes that wanted a core): " << load << '\n';
  if (asked.json && !results.write_json(*asked.json))
    throw failure("The results could not be written to '" + *asked.json + "'.");
  return exit_done;
}

void print_help() {
  std::cout << usage("workloads", own_arguments) << "\nWorkloads:\n";
  for (const workload& each : workloads())
    if (!each.is_helper)
      std::cout << "  " << each.name << ": " << each.meaning << '\n';
}

} // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  try {
    if (!words.empty() && words.front() == "--run")
      return run_one({words.begin() + 1, words.end()});
    const arguments asked = parse_arguments(words);
    if (!asked.help)
      return run(asked);
    print_help();
    return exit_done;
  } catch (const usage_error& problem) {
    std::cerr << problem.what() << '\n';
    return exit_usage;
  } catch (const std::exception& problem) {
    std::cerr << problem.what() << '\n';
    return exit_wrong;
  }
}

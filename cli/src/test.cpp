// SPDX-License-Identifier: Apache-2.0
//
// millrace test: runs tests of flows in simulation. Nothing runs while anything in a test file is
// wrong.
#include "commands.hpp"
#include "diagnostics.hpp"
#include "output.hpp"
#include "test_report.hpp"

#include <millrace/flow_definitions.hpp>
#include <millrace/flow_test.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace millrace::cli {
namespace {

using simulation::flow_test;
using simulation::flow_test_file;

constexpr std::uint64_t seed_by_default = 1;
constexpr unsigned jobs_max = 256;
// What CLI11 gives for a flag without a value.
constexpr const char* flag_alone = "true";

struct test_options {
  std::vector<std::string> paths;
  std::optional<std::uint64_t> seed;
  std::uint64_t repeat = 1;
  std::string only; ///< a part of a test's name; empty: all
  std::string junit;
  std::uint64_t work_max = simulation::flow_test_options().work_max;
  unsigned jobs = 0; ///< 0: as many as there are processors
  bool as_json = false;
  bool whole_trace = false;
  bool crashes = false;
  std::string coverage; ///< empty: none; else a file for the counts, or flag_alone
  std::optional<double> min;

  [[nodiscard]] bool wants_coverage() const { return !coverage.empty() || min; }
};

/// What became of the tests of one file.
struct file_verdict {
  std::vector<test_verdict> tests;
  std::optional<error> failure; ///< of the engine
  flows::coverage covered;      ///< where that is asked for
  bool is_done = false;
};

/// Runs files side by side, each in the thread that takes it.
class test_runner {
public:
  test_runner(const test_options& options, const std::vector<flow_test_file>& files)
      : options_(options), files_(files), verdicts_(files.size()) {
    const unsigned wanted = options.jobs == 0 ? std::thread::hardware_concurrency() : options.jobs;
    const std::size_t count =
        std::clamp<std::size_t>(wanted, 1, std::max<std::size_t>(files.size(), 1));
    for (std::size_t i = 0; i < count; ++i)
      workers_.emplace_back([this] { work(); });
  }
  ~test_runner() {
    next_ = files_.size(); // what has not begun is not wanted any more
    for (std::thread& each : workers_)
      each.join();
  }
  test_runner(const test_runner&) = delete;
  test_runner& operator=(const test_runner&) = delete;

  /// Waits until the file is done.
  const file_verdict& verdict(std::size_t file) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return verdicts_[file].is_done; });
    return verdicts_[file];
  }

private:
  void work() {
    for (std::size_t file = next_++; file < files_.size(); file = next_++) {
      file_verdict found = run(files_[file]);
      found.is_done = true;
      const std::lock_guard lock(mutex_);
      verdicts_[file] = std::move(found);
      changed_.notify_all();
    }
  }

  [[nodiscard]] file_verdict run(const flow_test_file& file) const {
    file_verdict found;
    for (const flow_test& test : file.tests) {
      if (test.name.find(options_.only) == std::string::npos)
        continue;
      auto verdict = run(file, test, found.covered);
      if (!verdict) {
        found.failure = error(verdict.error().code(),
                              file.file + ", \"" + test.name + "\": " + verdict.error().message());
        return found;
      }
      found.tests.push_back(std::move(*verdict));
    }
    return found;
  }

  [[nodiscard]] result<test_verdict> run(const flow_test_file& file, const flow_test& test,
                                         flows::coverage& covered) const {
    test_verdict verdict;
    verdict.file = file.file;
    verdict.name = test.name;
    verdict.is_swept = options_.crashes;
    verdict.first_seed = options_.seed.value_or(test.seed.value_or(seed_by_default));
    const auto begin = std::chrono::steady_clock::now();
    for (; verdict.runs < options_.repeat; ++verdict.runs) {
      simulation::flow_test_options how;
      how.seed = verdict.first_seed + verdict.runs;
      how.work_max = options_.work_max;
      if (options_.wants_coverage())
        how.observer = [&covered](const lifecycle_event& event) { covered.hear(event); };
      auto run = run_flow_test(test, file.flows, how);
      if (!run)
        return run.error();
      note(std::move(*run), verdict);
      if (!options_.crashes || !verdict.passed())
        continue;
      how.observer = {};
      auto swept = sweep_flow_test(test, file.flows, how);
      if (!swept)
        return swept.error();
      note(*swept, how.seed, verdict);
    }
    verdict.taken = std::chrono::steady_clock::now() - begin;
    return verdict;
  }

  static void note(simulation::flow_test_run run, test_verdict& verdict) {
    if (verdict.runs == 0) {
      verdict.executions = run.outcome.executions.size();
      verdict.elapsed = run.outcome.elapsed;
    }
    if (run.failures.empty())
      return;
    if (verdict.passed()) {
      verdict.failures = std::move(run.failures);
      verdict.trace = std::move(run.trace);
    }
    verdict.failed_seeds.push_back(run.seed);
  }

  static void note(const simulation::crash_report& swept, std::uint64_t seed,
                   test_verdict& verdict) {
    verdict.crash_points += swept.points;
    for (const auto& [step, times] : swept.repeated)
      verdict.repeated[step] += times;
    if (swept.differences.empty())
      return;
    verdict.failed_seeds.push_back(seed);
    for (const auto& each : swept.differences)
      verdict.failures.push_back(each.describe());
  }

  const test_options& options_;
  const std::vector<flow_test_file>& files_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<file_verdict> verdicts_; // guarded by mutex_
  std::vector<std::thread> workers_;   // last: they use what stands above
};

class test_command {
public:
  explicit test_command(const test_options& options) : options_(options) {}

  exit_status run() {
    if (options_.paths.empty())
      return fail(exit_status::bad_usage, "Name a test file (*.test.json) or a folder of them.");
    if (auto read = read_files(); !read)
      return fail(read.error());
    if (!problems_.empty())
      return refuse();
    if (auto done = run_files(); !done)
      return fail(done.error());
    if (tests_.empty())
      return fail(exit_status::bad_usage,
                  "No test has \"" + options_.only + "\" in its name; leave out --only.");
    return finish();
  }

private:
  result<void> read_files() {
    auto names = simulation::find_flow_tests(options_.paths);
    if (!names)
      return names.error();
    const auto steps = steps::registry::with_system_modules();
    for (const std::string& name : *names) {
      auto reading = simulation::read_flow_tests(name, steps);
      std::move(reading.problems.begin(), reading.problems.end(), std::back_inserter(problems_));
      files_.push_back(std::move(reading.tests));
    }
    return {};
  }

  exit_status refuse() {
    for (const simulation::file_problem& each : problems_)
      fail(exit_status::bad_usage, each.describe());
    if (options_.as_json)
      out_.write(stringify(to_json({}, problems_)) + '\n');
    return out_.finish(exit_status::bad_usage);
  }

  result<void> run_files() {
    test_runner runner(options_, files_);
    for (std::size_t i = 0; i < files_.size(); ++i) {
      const file_verdict& found = runner.verdict(i);
      if (found.failure)
        return *found.failure;
      if (found.tests.empty())
        continue;
      covered_.merge(found.covered);
      write(printable(files_[i].file) + '\n');
      for (const test_verdict& each : found.tests)
        write(draw(each, options_.whole_trace, look_of_output()));
      tests_.insert(tests_.end(), found.tests.begin(), found.tests.end());
    }
    return {};
  }

  void write(const std::string& text) {
    if (!options_.as_json)
      out_.write(text);
  }

  exit_status finish() {
    write(sum_up(tests_, files_.size()));
    const bool passed = std::all_of(tests_.begin(), tests_.end(),
                                    [](const test_verdict& each) { return each.passed(); });
    exit_status status = passed ? exit_status::done : exit_status::not_completed;
    json::object document = to_json(tests_, {});
    if (options_.wants_coverage())
      status = std::max(status, tell_coverage(document));
    if (options_.as_json)
      out_.write(stringify(document) + '\n');
    if (!options_.junit.empty())
      status = std::max(status, write_file(options_.junit, to_junit(tests_)));
    return out_.finish(status);
  }

  exit_status tell_coverage(json::object& document) {
    const auto definitions = all_definitions();
    if (!definitions)
      return fail(definitions.error());
    const flows::coverage_report report = covered_.report(*definitions);
    const flows::coverage_tally total = report.total();
    document["coverage"] = {{"points", total.points},
                            {"seen", total.seen},
                            {"percent", number(total.percent())},
                            {"counts", covered_.to_json()}};
    write('\n' + report.to_text());
    exit_status status = exit_status::done;
    if (options_.coverage != flag_alone && !options_.coverage.empty())
      status = write_file(options_.coverage, stringify(covered_.to_json()) + '\n');
    if (options_.min && total.percent() < *options_.min)
      status = std::max(status, fail(exit_status::not_completed,
                                     "The tests cover " + std::to_string(total.seen) + " of " +
                                         std::to_string(total.points) +
                                         " points, which is less than --min asks for."));
    return status;
  }

  // The flows under test, each version once.
  [[nodiscard]] result<std::vector<std::shared_ptr<const flows::flow_definition>>>
  all_definitions() const {
    std::vector<std::shared_ptr<const flows::flow_definition>> all;
    std::set<std::string> known;
    for (const flow_test_file& file : files_) {
      auto compiled = compile_flows(file.flows);
      if (!compiled)
        return compiled.error();
      for (compiled_flow& each : *compiled)
        if (known.insert(each.definition->id + ' ' + each.definition->content_hash).second)
          all.push_back(std::move(each.definition));
    }
    return all;
  }

  static exit_status write_file(const std::string& name, const std::string& text) {
    std::ofstream file(name, std::ios::binary | std::ios::trunc);
    file << text << std::flush;
    return file ? exit_status::done
                : fail(exit_status::engine_failed, "The file " + name + " cannot be written.");
  }

  const test_options& options_;
  std::vector<flow_test_file> files_;
  std::vector<simulation::file_problem> problems_;
  std::vector<test_verdict> tests_;
  flows::coverage covered_;
  standard_output out_;
};

} // namespace

void add_test(CLI::App& app, action& chosen) {
  auto options = std::make_shared<test_options>();
  CLI::App* command = app.add_subcommand("test", "Run tests of flows, in simulation");
  command->add_option("FILE", options->paths, "test files, or folders that hold *.test.json files")
      ->type_name("");
  command->add_option("--seed", options->seed, "the seed of every test (default: its own, or 1)")
      ->type_name("N");
  command->add_option("--repeat", options->repeat, "run every test with N seeds, one after another")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command->add_option("--only", options->only, "tests that have TEXT in their name")
      ->type_name("TEXT");
  command->add_option("--jobs", options->jobs, "files at once (default: one per processor)")
      ->type_name("N")
      ->check(CLI::Range(1U, jobs_max));
  command
      ->add_option("--work-max", options->work_max,
                   "give a run up after N messages, commits and attempts (default: 1000000)")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command->add_flag("--crash", options->crashes,
                    "kill every test at each of its commits in turn; it must come to the same end");
  command->add_option("--junit", options->junit, "write JUnit XML as well")->type_name("FILE");
  command->add_flag("--coverage", options->coverage,
                    "say what of the flows was run; --coverage=FILE keeps the counts as well");
  command
      ->add_option("--min", options->min, "fail unless so many percent of the flows were covered")
      ->type_name("PERCENT")
      ->check(CLI::Range(0.0, 100.0));
  command->add_flag("--trace", options->whole_trace, "show the whole trace of what failed");
  add_output(*command, options->as_json);
  command->callback(
      [options, &chosen] { chosen = [options] { return test_command(*options).run(); }; });
}

} // namespace millrace::cli

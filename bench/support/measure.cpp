// SPDX-License-Identifier: Apache-2.0
#include "measure.hpp"

#include <algorithm>
#include <iomanip>
#include <ostream>

namespace millrace::bench {
namespace {

/// How often each subject is measured, and how long at least.
struct effort {
  int repetitions;
  double seconds; // per repetition
};

constexpr effort full_effort{21, 0.05};
constexpr effort quick_effort{3, 0.005};

double median_of(std::vector<double> samples) {
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
  std::nth_element(samples.begin(), middle, samples.end());
  return *middle;
}

struct sample_range {
  double median = 0;
  double fastest = 0;
  double slowest = 0;
};

/// Keeps what was measured; prints nothing, because subjects in random order end in random order.
class collector : public benchmark::BenchmarkReporter {
public:
  bool ReportContext(const Context& /*context*/) override { return true; }

  void ReportRuns(const std::vector<Run>& runs) override {
    std::vector<double> samples;
    for (const Run& each : runs)
      if (each.run_type == Run::RT_Iteration && each.iterations > 0)
        samples.push_back(each.GetAdjustedCPUTime());
    if (samples.empty()) // means, medians and deviations come apart from the runs
      return;
    const auto [fastest, slowest] = std::minmax_element(samples.begin(), samples.end());
    found_[runs.front().run_name.function_name] = {median_of(samples), *fastest, *slowest};
  }

  [[nodiscard]] const std::map<std::string, sample_range>& found() const noexcept { return found_; }

private:
  std::map<std::string, sample_range> found_;
};

void print_line(std::ostream& out, const std::string& name, const sample_range& range) {
  constexpr int name_width = 34;
  constexpr int time_width = 14;
  out << std::left << std::setw(name_width) << name << std::right << std::fixed
      << std::setprecision(1);
  for (const double each : {range.median, range.fastest, range.slowest})
    out << std::setw(time_width) << each;
  out << '\n';
}

} // namespace

std::optional<double> medians::of(const std::string& name) const {
  const auto found = nanoseconds_.find(name);
  return found == nanoseconds_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<double> medians::ratio(const std::string& name, const std::string& reference) const {
  const auto measured = of(name);
  const auto base = of(reference);
  return measured && base && *base > 0 ? std::optional(*measured / *base) : std::nullopt;
}

void subjects::add(std::string name, std::function<void(benchmark::State&)> body) {
  subjects_.push_back({std::move(name), std::move(body)});
}

std::optional<medians> subjects::run(const std::string& program, bool quick,
                                     std::vector<std::string> arguments, std::ostream& out) const {
  const effort& chosen = quick ? quick_effort : full_effort;
  for (const subject& each : subjects_)
    benchmark::RegisterBenchmark(each.name.c_str(), each.body)
        ->MinTime(chosen.seconds)
        ->Repetitions(chosen.repetitions);
  arguments.insert(arguments.begin(), {program, "--benchmark_enable_random_interleaving=true"});
  std::vector<char*> argv;
  argv.reserve(arguments.size());
  for (std::string& each : arguments)
    argv.push_back(each.data());
  int argc = static_cast<int>(argv.size());
  benchmark::Initialize(&argc, argv.data());
  if (benchmark::ReportUnrecognizedArguments(argc, argv.data()))
    return std::nullopt;
  out << "Measuring " << subjects_.size() << " subjects, " << chosen.repetitions
      << " times each, in random order. Nanoseconds: median, fastest, slowest." << std::endl;
  collector reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  benchmark::Shutdown();
  std::map<std::string, double> times;
  for (const subject& each : subjects_) {
    const auto range = reporter.found().find(each.name);
    if (range == reporter.found().end())
      continue;
    print_line(out, each.name, range->second);
    times[each.name] = range->second.median;
  }
  return medians(std::move(times));
}

} // namespace millrace::bench

// SPDX-License-Identifier: Apache-2.0
//
// Google Benchmark as this house uses it: many short repetitions of all subjects in random order,
// so that what disturbs the machine disturbs them alike, and the median of each. Times are
// processor times of the measuring thread's process: waiting for a core that others hold does not
// count.
#pragma once

#include <benchmark/benchmark.h>

#include <functional>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace millrace::bench {

/// The median times of one run, by the subjects' names.
class medians {
public:
  explicit medians(std::map<std::string, double> nanoseconds)
      : nanoseconds_(std::move(nanoseconds)) {}
  /// Nanoseconds of one iteration; nothing for a subject that was not run.
  [[nodiscard]] std::optional<double> of(const std::string& name) const;
  /// How many times as long `name` takes as `reference`; nothing when one was not run.
  [[nodiscard]] std::optional<double> ratio(const std::string& name,
                                            const std::string& reference) const;
  [[nodiscard]] const std::map<std::string, double>& all() const noexcept { return nanoseconds_; }

private:
  std::map<std::string, double> nanoseconds_;
};

/// What is to be measured together.
class subjects {
public:
  /// `body` runs the subject for every iteration of the state. Names are unique.
  void add(std::string name, std::function<void(benchmark::State&)> body);

  /// Measures all subjects; to be called once in a program. `arguments` are Google Benchmark's
  /// (`--benchmark_filter=...`). Prints one line per subject to `out`. Nothing is measured, and
  /// nothing returned, when an argument is unknown; Google Benchmark has then said so.
  [[nodiscard]] std::optional<medians> run(const std::string& program, bool quick,
                                           std::vector<std::string> arguments,
                                           std::ostream& out) const;

private:
  struct subject {
    std::string name;
    std::function<void(benchmark::State&)> body;
  };
  std::vector<subject> subjects_;
};

} // namespace millrace::bench

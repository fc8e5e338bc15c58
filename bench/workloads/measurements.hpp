// SPDX-License-Identifier: Apache-2.0
//
// What all runs measured: kept, summed up, shown, and held against what is wanted.
#pragma once

#include "plan.hpp"
#include "report.hpp"

#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace millrace::bench {

/// What was measured, by subject and metric, a sample per run.
class measurements {
public:
  /// Adds what one run of `what` measured.
  void add(const planned& what, const metrics& found);

  /// The median of a metric; nothing when that was not run.
  [[nodiscard]] std::optional<double> median_of(const subject& what,
                                                const std::string& metric) const;
  /// The largest sample of a metric: what counts for memory.
  [[nodiscard]] std::optional<double> largest_of(const subject& what,
                                                 const std::string& metric) const;
  /// The median of a limit; nothing when it was not run.
  [[nodiscard]] std::optional<double> limit(const std::string& name) const;
  /// The sizes at which a workload was run at that level, ascending.
  [[nodiscard]] std::vector<std::size_t> sizes_of(const std::string& workload,
                                                  durability level) const;

  /// A line per limit, and a line per metric of each subject.
  void print(std::ostream& out) const;
  /// {NAME: median, ...}.
  [[nodiscard]] json::object limits_to_json() const;
  /// [{"name", "durability", "size", "runs", "metrics": {NAME: {"median", "min", "max"}}}].
  [[nodiscard]] json::array workloads_to_json() const;

private:
  using samples = std::map<std::string, std::vector<double>>;
  [[nodiscard]] const std::vector<double>* find(const subject& what,
                                                const std::string& metric) const;

  samples limits_;
  std::map<subject, samples> subjects_;
};

/// Adds what is wanted of the subjects that were run, and what they measured.
void add_targets(report& to, const measurements& found);

} // namespace millrace::bench

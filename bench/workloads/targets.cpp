// SPDX-License-Identifier: Apache-2.0
//
// What is wanted of an engine on two cores. Some of it is a number, some a share of what the disk
// or SQLite gives on this machine, in the same run.
#include "measurements.hpp"

#include <array>

namespace millrace::bench {
namespace {

constexpr double microseconds_per_second = 1e6;
constexpr double peak_rss_mib_max = 256;
constexpr std::size_t small_context = 1024;
constexpr std::size_t large_context = 4096 * small_context;
constexpr std::size_t reference_children = 10'000;

/// One bound on one metric.
struct bound {
  std::string_view workload;
  durability level;
  std::string_view metric;
  direction wanted;
  std::optional<double> limit; ///< nothing: what it depends on was not measured
  std::string_view unit;
  std::size_t size = 0; ///< 0: every size that was run
};

std::optional<double> times(std::optional<double> value, double factor) {
  return value ? std::optional(*value * factor) : std::nullopt;
}

std::string title(std::string_view workload, durability level, std::size_t size,
                  std::string_view metric) {
  std::string text(workload);
  text += ' ';
  text += to_string(level);
  text += ' ' + std::to_string(size) + ' ';
  text += metric;
  return text;
}

/// What is wanted of memory holds for the largest sample.
std::optional<double> measured(const measurements& found, const subject& what,
                               const std::string& metric) {
  return metric.ends_with("_mib") ? found.largest_of(what, metric) : found.median_of(what, metric);
}

void add_bound(report& to, const measurements& found, const bound& one) {
  const std::string workload(one.workload);
  for (const std::size_t size : found.sizes_of(workload, one.level)) {
    if (one.size != 0 && one.size != size)
      continue;
    const auto value = measured(found, {workload, one.level, size}, std::string(one.metric));
    if (value && one.limit)
      to.add(target{title(one.workload, one.level, size, one.metric), one.wanted, *one.limit,
                    *value, std::string(one.unit)});
  }
}

/// A bound on a metric relative to the same metric at another size.
void add_ratio(report& to, const measurements& found, const subject& what, std::size_t reference,
               const std::string& metric, direction wanted, double limit) {
  const auto value = found.median_of(what, metric);
  const auto base = found.median_of({what.workload, what.durability, reference}, metric);
  if (value && base && what.size != reference)
    to.add(target{title(what.workload, what.durability, what.size, metric) + ", to " +
                      std::to_string(reference),
                  wanted, limit, *value / *base, "x"});
}

/// What is wanted of rates.
std::vector<bound> rates(const measurements& found) {
  const auto full = found.limit("sqlite_full_transactions_per_s");
  const auto normal = found.limit("sqlite_normal_transactions_per_s");
  constexpr auto safe = durability::power_loss;
  constexpr auto crash = durability::process_crash;
  constexpr auto more = direction::at_least;
  return {
      {"W2", safe, "steps_per_s", more, times(full, 0.7), "/s"},
      {"W2", crash, "steps_per_s", more, times(normal, 0.3), "/s"},
      {"W3", safe, "executions_per_s", more, 15'000, "/s"},
      {"W3", crash, "executions_per_s", more, 20'000, "/s"},
      {"W3detached", safe, "executions_per_s", more, 15'000, "/s"},
      {"W3detached", crash, "executions_per_s", more, 20'000, "/s"},
      {"W3p", safe, "executions_per_s", more, 60'000, "/s"},
      {"W3p", crash, "executions_per_s", more, 80'000, "/s"},
      {"W3pdetached", safe, "executions_per_s", more, 60'000, "/s"},
      {"W3pdetached", crash, "executions_per_s", more, 80'000, "/s"},
      {"W7", safe, "executions_per_s", more, 20'000, "/s"},
      {"W7", crash, "executions_per_s", more, 20'000, "/s"},
  };
}

/// What is wanted of times.
std::vector<bound> latencies(const measurements& found) {
  const auto syncs = found.limit("fdatasync_appends_per_s");
  const auto sync_us = syncs ? std::optional(microseconds_per_second / *syncs) : std::nullopt;
  constexpr auto safe = durability::power_loss;
  constexpr auto crash = durability::process_crash;
  constexpr auto less = direction::at_most;
  return {
      // At this level nothing of the disk holds the parent.
      {"W1start", durability::none, "parent_start_us", less, 5, "us"},
      {"W4", safe, "p50_us", less, times(sync_us, 2), "us"},
      {"W4", crash, "p50_us", less, 60, "us"},
      {"W4", crash, "p99_us", less, 200, "us"},
      {"W5", safe, "resume_p50_us", less, times(sync_us, 3), "us"},
      {"W5", crash, "resume_p50_us", less, 300, "us"},
      {"W6", safe, "first_execution_ms", less, 25, "ms"},
      {"W6", crash, "first_execution_ms", less, 20, "ms"},
  };
}

/// What is wanted at every level that was run.
std::vector<bound> at_every_level(durability level) {
  constexpr auto less = direction::at_most;
  return {
      {"W1", level, "children_per_s", direction::at_least, 60'000, "/s", reference_children},
      {"W1", level, "peak_rss_mib", less, peak_rss_mib_max, "MiB"},
      {"W1loop", level, "children_per_s", direction::at_least, 60'000, "/s", reference_children},
      {"W1loop", level, "peak_rss_mib", less, peak_rss_mib_max, "MiB"},
      {"W5", level, "memory_mib", less, 64, "MiB"},
      {"W5", level, "file_bytes_each", less, 1024, "B"},
      {"W7", level, "peak_rss_mib", less, peak_rss_mib_max, "MiB"},
      {"W9", level, "peak_rss_mib", less, peak_rss_mib_max, "MiB"},
  };
}

} // namespace

void add_targets(report& to, const measurements& found) {
  constexpr std::array levels = {durability::power_loss, durability::process_crash,
                                 durability::none};
  for (const durability level : levels) {
    for (const bound& each : at_every_level(level))
      add_bound(to, found, each);
    for (const char* workload : {"W1", "W1loop"})
      for (const std::size_t size : found.sizes_of(workload, level))
        add_ratio(to, found, {workload, level, size}, reference_children, "children_per_s",
                  direction::at_least, 0.8);
    for (const char* metric : {"pure_step_us", "external_step_us"})
      add_ratio(to, found, {"W8", level, large_context}, small_context, metric, direction::at_most,
                1.5);
  }
  for (const std::vector<bound>& some : {rates(found), latencies(found)})
    for (const bound& each : some)
      add_bound(to, found, each);
}

} // namespace millrace::bench

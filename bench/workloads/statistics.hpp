// SPDX-License-Identifier: Apache-2.0
//
// Medians and percentiles of a few samples, and a watch.
#pragma once

#include <chrono>
#include <vector>

namespace millrace::bench {

/// The sample below which `share` (0 to 1) of all are; `samples` is not empty.
[[nodiscard]] double percentile(std::vector<double> samples, double share);
/// The middle of the samples, the mean of the middle two of an even number; not empty.
[[nodiscard]] double median(std::vector<double> samples);

/// Time since it was made, in real time.
class stopwatch {
public:
  [[nodiscard]] double seconds() const;
  [[nodiscard]] double milliseconds() const;
  [[nodiscard]] double microseconds() const;

private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

} // namespace millrace::bench

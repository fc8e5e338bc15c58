// SPDX-License-Identifier: Apache-2.0
#include "statistics.hpp"

#include <algorithm>
#include <cmath>
#include <ratio>

namespace millrace::bench {

double percentile(std::vector<double> samples, double share) {
  std::sort(samples.begin(), samples.end());
  const double last = static_cast<double>(samples.size()) - 1;
  const double rank = std::ceil(share * static_cast<double>(samples.size())) - 1;
  return samples[static_cast<std::size_t>(std::clamp(rank, 0.0, last))];
}

double median(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  const std::size_t middle = samples.size() / 2;
  return samples.size() % 2 == 1 ? samples[middle] : (samples[middle - 1] + samples[middle]) / 2;
}

double stopwatch::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
}

double stopwatch::milliseconds() const {
  return seconds() * std::milli::den;
}

double stopwatch::microseconds() const {
  return seconds() * std::micro::den;
}

} // namespace millrace::bench

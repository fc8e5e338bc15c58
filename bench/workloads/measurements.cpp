// SPDX-License-Identifier: Apache-2.0
#include "measurements.hpp"

#include "statistics.hpp"

#include <algorithm>
#include <iomanip>
#include <ostream>

namespace millrace::bench {
namespace {

constexpr int name_width = 14;
constexpr int level_width = 15;
constexpr int size_width = 9;
constexpr int metric_width = 32;
constexpr int value_width = 13;

void print_samples(std::ostream& out, const std::vector<double>& samples) {
  const auto [smallest, largest] = std::minmax_element(samples.begin(), samples.end());
  constexpr double large = 1000;
  for (const double each : {median(samples), *smallest, *largest})
    out << std::right << std::setw(value_width) << std::fixed
        << std::setprecision(each < large ? 2 : 0) << each;
  out << '\n';
}

} // namespace

void measurements::add(const planned& what, const metrics& found) {
  samples& into = what.is_limit ? limits_ : subjects_[what.what];
  for (const auto& [name, value] : found)
    into[name].push_back(value);
}

const std::vector<double>* measurements::find(const subject& what,
                                              const std::string& metric) const {
  const auto at = subjects_.find(what);
  if (at == subjects_.end())
    return nullptr;
  const auto sample = at->second.find(metric);
  return sample == at->second.end() ? nullptr : &sample->second;
}

std::optional<double> measurements::median_of(const subject& what,
                                              const std::string& metric) const {
  const std::vector<double>* const found = find(what, metric);
  return found == nullptr ? std::nullopt : std::optional(median(*found));
}

std::optional<double> measurements::largest_of(const subject& what,
                                               const std::string& metric) const {
  const std::vector<double>* const found = find(what, metric);
  return found == nullptr ? std::nullopt
                          : std::optional(*std::max_element(found->begin(), found->end()));
}

std::optional<double> measurements::limit(const std::string& name) const {
  const auto at = limits_.find(name);
  return at == limits_.end() ? std::nullopt : std::optional(median(at->second));
}

std::vector<std::size_t> measurements::sizes_of(const std::string& workload,
                                                durability level) const {
  std::vector<std::size_t> sizes;
  for (const auto& [what, all] : subjects_)
    if (what.workload == workload && what.durability == level)
      sizes.push_back(what.size);
  return sizes;
}

void measurements::print(std::ostream& out) const {
  out << '\n'
      << std::left << std::setw(name_width) << "workload" << std::setw(level_width) << "durability"
      << std::right << std::setw(size_width) << "size"
      << "  " << std::left << std::setw(metric_width) << "metric" << std::right;
  for (const char* each : {"median", "min", "max"})
    out << std::setw(value_width) << each;
  out << '\n';
  for (const auto& [name, values] : limits_) {
    out << std::left << std::setw(name_width + level_width + size_width + 2) << "limit"
        << std::setw(metric_width) << name;
    print_samples(out, values);
  }
  for (const auto& [what, all] : subjects_)
    for (const auto& [metric, values] : all) {
      out << std::left << std::setw(name_width) << what.workload << std::setw(level_width)
          << to_string(what.durability) << std::right << std::setw(size_width) << what.size << "  "
          << std::left << std::setw(metric_width) << metric;
      print_samples(out, values);
    }
}

json::object measurements::limits_to_json() const {
  json::object limits;
  for (const auto& [name, values] : limits_)
    limits[name] = median(values);
  return limits;
}

json::array measurements::workloads_to_json() const {
  json::array workloads;
  for (const auto& [what, all] : subjects_) {
    json::object summed_up;
    std::size_t runs = 0;
    for (const auto& [metric, values] : all) {
      const auto [smallest, largest] = std::minmax_element(values.begin(), values.end());
      summed_up[metric] = {{"median", median(values)}, {"min", *smallest}, {"max", *largest}};
      runs = values.size();
    }
    workloads.push_back({{"name", what.workload},
                         {"durability", to_string(what.durability)},
                         {"size", what.size},
                         {"runs", runs},
                         {"metrics", std::move(summed_up)}});
  }
  return workloads;
}

} // namespace millrace::bench

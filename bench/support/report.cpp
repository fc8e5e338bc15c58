// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include "machine.hpp"

#include <algorithm>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <sstream>

namespace millrace::bench {
namespace {

/// Three significant digits and no exponent, as far as figures here go.
std::string digits(double value) {
  std::ostringstream text;
  const double size = value < 0 ? -value : value;
  text << std::fixed << std::setprecision(size < 10 ? 2 : size < 100 ? 1 : 0) << value;
  return text.str();
}

std::string with_unit(double value, const std::string& unit) {
  return unit.empty() ? digits(value) : digits(value) + " " + unit;
}

/// The width of the longest name.
template <class Rows>
int name_width(const Rows& rows) {
  std::size_t width = 0;
  for (const auto& each : rows)
    width = std::max(width, each.name.size());
  return static_cast<int>(width);
}

} // namespace

void report::print(std::ostream& out) const {
  constexpr int value_width = 14;
  if (!figures_.empty()) {
    const int width = name_width(figures_);
    out << '\n'
        << std::left << std::setw(width) << "figure" << std::right << std::setw(value_width)
        << "measured" << '\n';
    for (const figure& each : figures_)
      out << std::left << std::setw(width) << each.name << std::right << std::setw(value_width)
          << with_unit(each.value, each.unit) << '\n';
  }
  if (!targets_.empty()) {
    const int width = name_width(targets_);
    out << '\n'
        << std::left << std::setw(width) << "target" << std::right << std::setw(value_width)
        << "wanted" << std::setw(value_width) << "measured" << '\n';
    for (const target& each : targets_)
      out << std::left << std::setw(width) << each.name << std::right << std::setw(value_width)
          << (each.wanted == direction::at_most ? "<= " : ">= ") + with_unit(each.limit, each.unit)
          << std::setw(value_width) << with_unit(each.measured, each.unit)
          << (each.is_met() ? "  met" : "  MISSED") << '\n';
  }
  out << '\n' << to_text(this_machine()) << '\n';
  if (quick_)
    out << "A quick run: these figures show that it works, not how fast it is.\n";
}

json::value report::to_json() const {
  json::array figures;
  for (const std::vector<figure>* some : {&printed_, &figures_})
    for (const figure& each : *some)
      figures.push_back({{"name", each.name}, {"value", each.value}, {"unit", each.unit}});
  json::array targets;
  for (const target& each : targets_)
    targets.push_back({{"name", each.name},
                       {"wanted", each.wanted == direction::at_most ? "at_most" : "at_least"},
                       {"limit", each.limit},
                       {"measured", each.measured},
                       {"unit", each.unit},
                       {"met", each.is_met()}});
  json::object document = {{"topic", topic_},
                           {"quick", quick_},
                           {"machine", bench::to_json(this_machine())},
                           {"figures", std::move(figures)},
                           {"targets", std::move(targets)}};
  for (const auto& [name, value] : members_)
    document.insert_or_assign(name, value);
  return document;
}

bool report::write_json(const std::string& file) const {
  const std::string text = stringify(to_json()) + "\n";
  if (file.empty()) {
    std::cout << text << std::flush;
    return static_cast<bool>(std::cout);
  }
  std::ofstream stream(file, std::ios::binary);
  stream << text << std::flush;
  return static_cast<bool>(stream);
}

} // namespace millrace::bench

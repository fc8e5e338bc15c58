// SPDX-License-Identifier: Apache-2.0
//
// What evaluating the flow language costs: paths, conditions, templates and mappings, each beside
// the same work written by hand on Boost.JSON, and each on contexts of different sizes.
#include "arguments.hpp"
#include "language_subjects.hpp"
#include "measure.hpp"
#include "report.hpp"

#include <array>
#include <cmath>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace millrace;
using namespace millrace::bench;

constexpr int exit_done = 0;
constexpr int exit_wrong = 1; // what is measured does not do what it should, or cannot be written
constexpr int exit_usage = 2;

constexpr double nanoseconds_per_microsecond = 1'000;
constexpr std::size_t small_bytes = std::size_t{1} * 1024;
constexpr std::size_t large_bytes = std::size_t{16} * 1024 * 1024;
constexpr double bytes_per_kibibyte = 1024;

// The bounds that the language is held to (docs/performance.md).
constexpr double path_ratio_max = 3;
constexpr double condition_microseconds_max = 1;
constexpr double template_microseconds_max = 10;
constexpr double untouched_size_ratio_max = 1.1;
// Time grows with the size to this power: 1 is linear; what is over it is the cost of memory that
// no cache holds.
constexpr double mapping_growth_max = 1.1;

/// Records in each of the ten members that the mapping copies.
constexpr std::array<std::size_t, 5> record_counts{1, 10, 100, 1'000, 10'000};

struct named_ballast {
  std::string_view name;
  ballast shape;
};
constexpr std::array<named_ballast, 2> ballasts{
    {{"nested", ballast::nested}, {"wide", ballast::wide}}};

const std::array<std::string, 4> kinds{"path", "condition", "template", "mapping"};

/// The contexts and expressions of one run. Everything lives to its end.
struct language {
  flows::path path = four_segments();
  flows::condition condition = two_comparisons();
  flows::text_template letter = order_letter();
  flows::input_mappings mapping = order_mapping();
  flows::input_mappings records = record_mapping();

  const subject_context& keep(std::unique_ptr<subject_context> made) {
    contexts.push_back(std::move(made));
    return *contexts.back();
  }
  const subject_context& make(json::object members, std::size_t bytes,
                              ballast shape = ballast::nested) {
    return keep(std::make_unique<subject_context>(std::move(members), bytes, shape));
  }

  std::vector<std::unique_ptr<subject_context>> contexts;
  std::vector<figure> sizes; // what the contexts that stand for a size really hold
};

/// Adds a subject that does `work` over and over.
template <class Work>
void add(subjects& all, const std::string& name, Work work) {
  all.add(name, [work](benchmark::State& state) {
    for ([[maybe_unused]] auto each : state) {
      auto made = work();
      benchmark::DoNotOptimize(made);
    }
  });
}

/// Each kind of expression against the same by hand, on a small context; scopes are made once.
void add_against_hand(subjects& all, language& use) {
  const subject_context& nested = use.make(nested_members(), small_bytes);
  const subject_context& order = use.make(order_members(), small_bytes);
  const auto nested_scope = std::make_shared<const flows::scope>(nested.for_mappings());
  const auto order_scope = std::make_shared<const flows::scope>(order.for_mappings());
  const auto letter_scope = std::make_shared<const flows::scope>(order.for_templates());
  const json::object& deep = nested.members();
  const json::object& members = order.members();
  add(all, "path", [&use, nested_scope] { return use.path.evaluate(*nested_scope); });
  add(all, "path/by_hand", [&deep] { return by_hand::four_segments(deep); });
  add(all, "condition", [&use, order_scope] { return use.condition.holds(*order_scope); });
  add(all, "condition/by_hand", [&members] { return by_hand::two_comparisons(members); });
  add(all, "template", [&use, letter_scope] { return use.letter.render(*letter_scope); });
  add(all, "template/by_hand", [&members] { return by_hand::order_letter(members); });
  add(all, "mapping", [&use, order_scope] { return use.mapping.prepare(*order_scope, nullptr); });
  add(all, "mapping/by_hand", [&members] { return by_hand::order_mapping(members); });
  add(all, "scope", [&order] { return order.for_mappings(); });
}

/// The name of a subject that looks into a context of one size and shape.
std::string sized(const std::string& kind, const named_ballast& shape, bool large) {
  return kind + "/" + std::string(shape.name) + (large ? "/16MiB" : "/1KiB");
}

/// Each kind of expression on a small and a large context of each shape. Making the scope, as every
/// step does, is part of it: nothing of the context may be copied for it.
void add_sizes(subjects& all, language& use) {
  for (const named_ballast& each : ballasts) {
    for (const bool large : {false, true}) {
      const std::size_t bytes = large ? large_bytes : small_bytes;
      const subject_context& nested = use.make(nested_members(), bytes, each.shape);
      const subject_context& order = use.make(order_members(), bytes, each.shape);
      use.sizes.push_back({sized("context", each, large) + ", JSON text",
                           static_cast<double>(order.text_bytes()) / bytes_per_kibibyte, "KiB"});
      add(all, sized("path", each, large), [&use, &nested] {
        const flows::scope visible = nested.for_mappings();
        return use.path.evaluate(visible)->get(); // borrowed from the context
      });
      add(all, sized("condition", each, large),
          [&use, &order] { return use.condition.holds(order.for_mappings()); });
      add(all, sized("template", each, large),
          [&use, &order] { return use.letter.render(order.for_templates()); });
      add(all, sized("mapping", each, large),
          [&use, &order] { return use.mapping.prepare(order.for_mappings(), nullptr); });
      const json::object& members = nested.members();
      add(all, sized("path_by_hand", each, large),
          [&members] { return by_hand::four_segments(members); });
    }
  }
}

std::string mapping_of(std::size_t records) {
  return "mapping/" + std::to_string(record_values(records)) + "_values";
}

/// Input mapping of ten keys whose values grow.
void add_mappings(subjects& all, language& use) {
  for (const std::size_t records : record_counts) {
    const subject_context& held = use.make(record_members(records), 0);
    const json::object& members = held.members();
    add(all, mapping_of(records),
        [&use, &held] { return use.records.prepare(held.for_mappings(), nullptr); });
    add(all, mapping_of(records) + "/by_hand",
        [&members] { return by_hand::record_mapping(members); });
  }
}

// ---- what came of it ----------------------------------------------------------------------------

/// Adds what was measured, if it was.
void add_target(report& to, std::string name, double limit, std::optional<double> measured,
                std::string unit) {
  if (measured)
    to.add(target{std::move(name), direction::at_most, limit, *measured, std::move(unit)});
}

void add_figure(report& to, std::string name, std::optional<double> value, std::string unit) {
  if (value)
    to.add(figure{std::move(name), *value, std::move(unit)});
}

std::optional<double> microseconds(std::optional<double> nanoseconds) {
  return nanoseconds ? std::optional(*nanoseconds / nanoseconds_per_microsecond) : std::nullopt;
}

/// The power of the size with which the mapping's time grows, between the two sizes that are large
/// enough for the values to outweigh the rest.
std::optional<double> mapping_growth(const medians& found) {
  const std::size_t from = record_counts[record_counts.size() - 3];
  const std::size_t to = record_counts.back();
  const auto ratio = found.ratio(mapping_of(to), mapping_of(from));
  const auto sizes = static_cast<double>(to) / static_cast<double>(from);
  return ratio ? std::optional(std::log(*ratio) / std::log(sizes)) : std::nullopt;
}

void add_figures(report& to, const medians& found) {
  for (const auto& [name, nanoseconds] : found.all())
    to.add_printed({name, nanoseconds, "ns"});
  for (const std::string& kind : kinds)
    add_figure(to, kind + ", times by hand", found.ratio(kind, kind + "/by_hand"), "x");
  for (const std::size_t records : record_counts) {
    const std::string name = mapping_of(records);
    const auto nanoseconds = found.of(name);
    if (!nanoseconds)
      continue;
    const auto values = static_cast<double>(record_values(records));
    const auto bytes = static_cast<double>(stringify(record_members(records)).size());
    add_figure(to, name + ", per value", *nanoseconds / values, "ns");
    add_figure(to, name + ", per byte of JSON", *nanoseconds / bytes, "ns");
    add_figure(to, name + ", times by hand", found.ratio(name, name + "/by_hand"), "x");
  }
  for (const named_ballast& each : ballasts)
    add_figure(to, "path by hand, " + std::string(each.name) + ", 16 MiB to 1 KiB",
               found.ratio(sized("path_by_hand", each, true), sized("path_by_hand", each, false)),
               "x");
}

void add_targets(report& to, const medians& found) {
  add_target(to, "path of four segments, times by hand", path_ratio_max,
             found.ratio("path", "path/by_hand"), "x");
  add_target(to, "condition of two comparisons", condition_microseconds_max,
             microseconds(found.of("condition")), "us");
  add_target(to, "template, five values and ten items", template_microseconds_max,
             microseconds(found.of("template")), "us");
  add_target(to, "mapping, growth with the values (1: linear)", mapping_growth_max,
             mapping_growth(found), "");
  for (const named_ballast& shape : ballasts)
    for (const std::string& kind : kinds)
      add_target(to, kind + ", " + std::string(shape.name) + ", 16 MiB to 1 KiB",
                 untouched_size_ratio_max,
                 found.ratio(sized(kind, shape, true), sized(kind, shape, false)), "x");
}

// ---- whether it means anything ------------------------------------------------------------------

/// Whether the language finds what the code by hand finds; else there is nothing to compare.
bool agrees(const language& use, const subject_context& nested, const subject_context& order,
            const subject_context& records) {
  const flows::scope deep = nested.for_mappings();
  const auto found = use.path.evaluate(deep);
  const flows::scope visible = order.for_mappings();
  const auto holds = use.condition.holds(visible);
  const auto letter = use.letter.render(order.for_templates());
  const json::value* const by_path = by_hand::four_segments(nested.members());
  return found && by_path != nullptr && found->get() == by_path && holds && *holds &&
         by_hand::two_comparisons(order.members()) && letter &&
         use.mapping.prepare(visible, nullptr) == by_hand::order_mapping(order.members()) &&
         use.records.prepare(records.for_mappings(), nullptr) ==
             by_hand::record_mapping(records.members());
}

int run(const std::string& program, const arguments& asked, std::ostream& text) {
  language use;
  if (!agrees(use, use.make(nested_members(), small_bytes), use.make(order_members(), small_bytes),
              use.make(record_members(2), 0))) {
    std::cerr << "The language and the code by hand do not find the same; nothing is measured.\n";
    return exit_wrong;
  }
  subjects all;
  add_against_hand(all, use);
  add_sizes(all, use);
  add_mappings(all, use);
  const auto found = all.run(program, asked.quick, asked.rest, text);
  if (!found)
    return exit_usage;
  report results("language", asked.quick);
  for (const figure& each : use.sizes)
    results.add(each);
  add_figures(results, *found);
  add_targets(results, *found);
  results.print(text);
  if (asked.json && !results.write_json(*asked.json)) {
    std::cerr << "The results could not be written to '" << *asked.json << "'.\n";
    return exit_wrong;
  }
  return exit_done;
}

} // namespace

int main(int argc, char** argv) {
  const arguments asked = parse_arguments({argv + 1, argv + argc});
  if (asked.help) {
    std::cout << usage("language", "for Google Benchmark, such as --benchmark_filter=condition");
    return exit_done;
  }
  return run(argv[0], asked, asked.json_on_standard_output() ? std::cerr : std::cout);
}

// SPDX-License-Identifier: Apache-2.0
//
// The command itself is killed while it runs a family, and takes it up with --recover-only, again
// and again. `millrace verify` looks at what every kill leaves.
#include "command.hpp"

#include "catch.hpp"
#include "torture.hpp"

#include <millrace/engine.hpp>

#include <chrono>
#include <csignal>
#include <map>
#include <random>
#include <thread>

using namespace millrace::cli::testing;
using millrace::testing::is_full_torture;
using millrace::testing::torture_count;
namespace json = millrace::json;

namespace {

constexpr int children = 300;

std::size_t kills_wanted() {
#if defined(MILLRACE_SANITIZED)
  return 5; // a sanitizer makes every life ten times longer
#else
  return is_full_torture() ? 500 : 12;
#endif
}

std::string items() {
  std::string list;
  for (int i = 0; i < children; ++i)
    list += (i == 0 ? "" : ",") + std::to_string(i);
  return "{\"items\":[" + list + "]}";
}

// Runs it in the background and kills it; whether it was killed before it had finished.
bool run_and_kill(const workplace& place, const std::vector<std::string>& arguments,
                  std::chrono::microseconds life) {
  background_command command(place, arguments);
  std::this_thread::sleep_for(life); // the moment of death is what is tested
  command.signal(SIGKILL);
  const outcome ended = command.finish();
  INFO(ended.err);
  CHECK((ended.status == 0 || ended.status == 128 + SIGKILL));
  return ended.status != 0;
}

// A database of which nothing was promised yet need not be one; else it is sound. Whether the start
// is in it.
bool check_what_is_left(const workplace& place) {
  if (!place.has("x.db"))
    return false;
  const outcome audit = place.run({"verify", "--db", "x.db", "--output", "json"});
  INFO(audit.out << audit.err);
  if (audit.status == 0)
    return audit.document().at("checked").at("executions").as_int64() > 0;
  CHECK(audit.out == "");
  CHECK(audit.status == 3);
  return false;
}

// Every item was given to one child, and everything has ended.
void check_end(const workplace& place, torture_count& counted) {
  const auto reader = millrace::database_reader::open(place.path("x.db"));
  REQUIRE(reader.has_value());
  millrace::execution_filter all;
  all.with_context = true;
  all.limit = 10 * children;
  std::map<std::int64_t, std::size_t> seen;
  for (const millrace::execution_record& each : reader->list(all).value()) {
    CHECK(each.status == millrace::execution_status::completed);
    if (each.flow_definition_id == "child")
      ++seen[each.context.at("item").as_int64()];
  }
  counted.lost += children - seen.size();
  for (const auto& [item, count] : seen)
    counted.doubled += count - 1;
  CHECK(seen.size() == children);
  CHECK(counted.doubled == 0);
}

std::chrono::microseconds time_undisturbed() {
  const workplace place;
  place.write("1.json", parent_flow());
  place.write("2.json", simple_flow("child"));
  const auto began = std::chrono::steady_clock::now();
  REQUIRE(place.run({"run", "1.json", "2.json", "--db", "x.db", "--input", items()}).status == 0);
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                               began);
}

} // namespace

TEST_CASE("a killed command loses no child and doubles none, whenever it is killed",
          "[torture][kills]") {
  const auto longest = static_cast<double>(time_undisturbed().count());
  std::mt19937 random(20261123); // NOLINT: the same moments every time, as far as a machine allows
  std::uniform_real_distribution<double> life(longest / 10, longest);
  torture_count counted;
  while (counted.points < kills_wanted()) {
    const workplace place;
    place.write("1.json", parent_flow());
    place.write("2.json", simple_flow("child"));
    INFO("kills so far " << counted.points);
    std::vector<std::string> arguments{"run",  "1.json",  "2.json", "--db",
                                       "x.db", "--input", items()};
    double growth = 1; // the round must end on a machine that has become slower, too
    while (run_and_kill(place, arguments,
                        std::chrono::microseconds(static_cast<long>(life(random) * growth)))) {
      ++counted.points;
      growth *= 1.1;
      if (check_what_is_left(place))
        arguments = {"run", "--recover-only", "--db", "x.db"};
    }
    CHECK(check_what_is_left(place));
    check_end(place, counted);
  }
  print_counts("kills", counted, "of the command");
}

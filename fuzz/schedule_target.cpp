// SPDX-License-Identifier: Apache-2.0
#include "promises.hpp"

#include <millrace/schedule.hpp>

#include <array>
#include <limits>

namespace millrace::fuzz {

namespace {

constexpr std::array<std::int64_t, 6> instants{
    -2'000'000'000, 0, 951'782'400, 1'700'000'000, 4'102'444'800, 7'200'000'000};

flows::time_zone zone_of(std::string_view bytes) {
  const auto read = flows::time_zone::parse(bytes);
  const auto again = flows::time_zone::parse(bytes);
  require(read.has_value() == again.has_value(), "a time zone is read in two ways");
  if (!read) {
    require(read.error().code() == errc::invalid_syntax && !read.error().message().empty(),
            "a time zone is refused without a reason");
    return {};
  }
  for (const std::int64_t each : instants) {
    require(read->offset_at(each) == again->offset_at(each), "a time zone has two clocks");
    if (const auto instant = read->first_instant_of(each))
      require(*instant + read->offset_at(*instant) == each,
              "clocks do not show the time whose instant was asked for");
  }
  return *read;
}

// Where several runs are visited, each is what the one before it is followed by.
void run(const flows::schedule& read, const flows::time_zone& zone, std::int64_t after) {
  constexpr int runs_max = 5;
  const std::int64_t since = instants[3] * 1000;
  std::int64_t last = after;
  int count = 0;
  read.visit_runs(zone, since, after, std::numeric_limits<std::int64_t>::max() / 2,
                  [&](std::int64_t each) {
                    require(each > last, "runs go back in time");
                    require(read.next_run(zone, since, last) == each,
                            "the next run is another one than the one that is visited");
                    last = each;
                    return ++count < runs_max;
                  });
  require(count > 0 || !read.next_run(zone, since, after), "a next run is never visited");
}

} // namespace

void schedule(std::string_view input) {
  const std::size_t end = std::min(input.find(separator), input.size());
  const std::string_view text = input.substr(0, end);
  const flows::time_zone zone =
      end < input.size() ? zone_of(input.substr(end + separator.size())) : flows::time_zone();
  const auto read = flows::schedule::parse(text);
  if (!read) {
    require(read.error().code() == errc::invalid_syntax && !read.error().message().empty(),
            "a schedule is refused without a reason");
    return;
  }
  require(read->text() == text, "a schedule lost its text");
  for (const std::int64_t each : instants)
    run(*read, zone, each * 1000);
}

} // namespace millrace::fuzz

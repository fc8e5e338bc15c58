// SPDX-License-Identifier: Apache-2.0
//
// Schedule expressions: when they run, clock changes included, and what is said of wrong ones.
#include <millrace/schedule.hpp>

#include "catch.hpp"

#include <millrace/execution.hpp>

#include <chrono>
#include <limits>
#include <string>
#include <vector>

using namespace millrace;
using flows::schedule;
using flows::time_zone;

namespace {

// A file of the time zone database that has nothing but a rule.
std::string zone_file(const std::string& rule) {
  const auto number = [](std::size_t value) {
    std::string bytes(4, '\0');
    bytes[3] = static_cast<char>(value);
    return bytes;
  };
  const std::string header = "TZif2" + std::string(15, '\0') + number(0) + number(0) + number(0) +
                             number(0) + number(1) + number(4);
  const std::string type = number(0) + std::string(2, '\0') + "LMT" + '\0';
  return header + type + header + type + '\n' + rule + '\n';
}

time_zone zone_of(const std::string& name) {
  if (name == "UTC")
    return {};
  const std::string rule = name == "America/New_York" ? "EST5EDT,M3.2.0,M11.1.0"
                           : name == "Europe/Berlin"  ? "CET-1CEST,M3.5.0,M10.5.0/3"
                                                      : name;
  auto zone = time_zone::parse(zone_file(rule));
  REQUIRE(zone.has_value());
  return *zone;
}

// "2026-03-08T07:00:00Z", also with milliseconds.
std::int64_t instant(const std::string& text) {
  const auto number = [&text](std::size_t at, std::size_t digits) {
    return std::stoi(text.substr(at, digits));
  };
  const std::chrono::sys_days day = std::chrono::year(number(0, 4)) / number(5, 2) / number(8, 2);
  return ((day.time_since_epoch().count() * 24LL + number(11, 2)) * 60 + number(14, 2)) * 60'000 +
         number(17, 2) * 1000;
}

std::string text_of(std::int64_t run) {
  const std::string text = format_timestamp(run);
  return text.substr(0, 19) + 'Z';
}

// The first `count` runs behind a time, and "-" where no more come.
std::vector<std::string> runs(const std::string& expression, const std::string& zone,
                              const std::string& after, std::size_t count) {
  const auto parsed = schedule::parse(expression);
  REQUIRE(parsed.has_value());
  std::vector<std::string> all;
  parsed->visit_runs(zone_of(zone), instant(after), instant(after),
                     std::numeric_limits<std::int64_t>::max() / 2, [&](std::int64_t run) {
                       all.push_back(text_of(run));
                       return all.size() < count;
                     });
  if (all.size() < count)
    all.emplace_back("-");
  return all;
}

struct expected_runs {
  const char* expression;
  const char* zone;
  const char* after;
  std::vector<std::string> runs;
};

void check(const std::vector<expected_runs>& table) {
  for (const expected_runs& each : table) {
    INFO(each.expression << " in " << each.zone << " after " << each.after);
    CHECK(runs(each.expression, each.zone, each.after, each.runs.size()) == each.runs);
  }
}

} // namespace

TEST_CASE("a schedule runs at the times that its fields name") {
  check({
      {"cron(0 12 * * ? *)",
       "UTC",
       "2026-01-01T12:00:00Z",
       {"2026-01-02T12:00:00Z", "2026-01-03T12:00:00Z"}},
      {"cron(0 12 * * ? *)", "UTC", "2026-01-01T11:59:59Z", {"2026-01-01T12:00:00Z"}},
      {"cron(* * * * ? *)", "UTC", "2026-12-31T23:59:00Z", {"2027-01-01T00:00:00Z"}},
      {"cron(5 8 ? * MON-FRI *)", "UTC", "2026-06-19T08:05:00Z", {"2026-06-22T08:05:00Z"}},
      {"cron(5 8 ? * 2-6 *)", "UTC", "2026-06-19T08:05:00Z", {"2026-06-22T08:05:00Z"}},
      {"cron(0/15 9,17 ? * sat,SUN *)",
       "UTC",
       "2026-06-19T08:05:00Z",
       {"2026-06-20T09:00:00Z", "2026-06-20T09:15:00Z", "2026-06-20T09:30:00Z",
        "2026-06-20T09:45:00Z", "2026-06-20T17:00:00Z"}},
      {"cron(10-20/5 */12 1 * ? *)",
       "UTC",
       "2026-01-01T00:10:00Z",
       {"2026-01-01T00:15:00Z", "2026-01-01T00:20:00Z", "2026-01-01T12:10:00Z"}},
      {"cron(0 0 1 JAN,JUL ? *)",
       "UTC",
       "2026-01-01T00:00:00Z",
       {"2026-07-01T00:00:00Z", "2027-01-01T00:00:00Z"}},
      {"cron(0 0 1 2/5 ? 2027-2028)",
       "UTC",
       "2026-01-01T00:00:00Z",
       {"2027-02-01T00:00:00Z", "2027-07-01T00:00:00Z", "2027-12-01T00:00:00Z",
        "2028-02-01T00:00:00Z", "2028-07-01T00:00:00Z", "2028-12-01T00:00:00Z", "-"}},
  });
}

TEST_CASE("days at the ends of months and in leap years are where the calendar has them") {
  check({
      {"cron(0 0 L * ? *)",
       "UTC",
       "2027-12-31T00:00:00Z",
       {"2028-01-31T00:00:00Z", "2028-02-29T00:00:00Z", "2028-03-31T00:00:00Z",
        "2028-04-30T00:00:00Z"}},
      {"cron(0 0 29 2 ? *)",
       "UTC",
       "2026-01-01T00:00:00Z",
       {"2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"}},
      {"cron(0 0 29 2 ? *)", "UTC", "2096-03-01T00:00:00Z", {"2104-02-29T00:00:00Z"}},
      {"cron(0 0 31 * ? *)",
       "UTC",
       "2026-01-31T00:00:00Z",
       {"2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z"}},
      {"cron(0 0 30 2 ? *)", "UTC", "2026-01-01T00:00:00Z", {"-"}},
      // 1 August 2026 is a Saturday, 31 May a Sunday, 15 August a Saturday.
      {"cron(0 0 1W * ? *)", "UTC", "2026-07-31T00:00:00Z", {"2026-08-03T00:00:00Z"}},
      {"cron(0 0 31W 5 ? *)", "UTC", "2026-01-01T00:00:00Z", {"2026-05-29T00:00:00Z"}},
      {"cron(0 0 15W 8 ? *)", "UTC", "2026-01-01T00:00:00Z", {"2026-08-14T00:00:00Z"}},
      {"cron(0 0 31W * ? *)", "UTC", "2026-03-31T00:00:00Z", {"2026-05-29T00:00:00Z"}},
      {"cron(15 10 ? * 6L 2026)",
       "UTC",
       "2026-10-31T00:00:00Z",
       {"2026-11-27T10:15:00Z", "2026-12-25T10:15:00Z", "-"}},
      {"cron(0 0 ? * FRIL *)", "UTC", "2026-02-01T00:00:00Z", {"2026-02-27T00:00:00Z"}},
      {"cron(0 0 ? * L *)", "UTC", "2026-06-19T00:00:00Z", {"2026-06-20T00:00:00Z"}},
      {"cron(0 0 ? * 3#2 *)",
       "UTC",
       "2026-06-01T00:00:00Z",
       {"2026-06-09T00:00:00Z", "2026-07-14T00:00:00Z"}},
      {"cron(0 0 ? * SUN#5 *)",
       "UTC",
       "2026-06-01T00:00:00Z",
       {"2026-08-30T00:00:00Z", "2026-11-29T00:00:00Z"}},
      {"cron(0 0 1 1 ? 2199)", "UTC", "2026-06-01T00:00:00Z", {"2199-01-01T00:00:00Z", "-"}},
      {"cron(0 0 1 1 ? 1970-2000)", "UTC", "2026-06-01T00:00:00Z", {"-"}},
  });
}

TEST_CASE("clock times follow the zone: a skipped one does not come and a doubled one comes once") {
  check({
      // New York: forward on 8 March 2026 at 2:00, back on 1 November at 2:00.
      {"cron(0 8 * * ? *)",
       "America/New_York",
       "2026-03-07T12:00:00Z",
       {"2026-03-07T13:00:00Z", "2026-03-08T12:00:00Z"}},
      {"cron(30 2 * * ? *)",
       "America/New_York",
       "2026-03-07T00:00:00Z",
       {"2026-03-07T07:30:00Z", "2026-03-09T06:30:00Z"}},
      {"cron(30 1 * * ? *)",
       "America/New_York",
       "2026-10-31T12:00:00Z",
       {"2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"}},
      {"cron(0 * * * ? *)",
       "America/New_York",
       "2026-11-01T03:30:00Z",
       {"2026-11-01T04:00:00Z", "2026-11-01T05:00:00Z", "2026-11-01T07:00:00Z"}},
      {"cron(0 * * * ? *)", "America/New_York", "2026-11-01T06:10:00Z", {"2026-11-01T07:00:00Z"}},
      // Berlin: forward on 29 March 2026 at 2:00, back on 25 October at 3:00.
      {"cron(0 2 * * ? *)",
       "Europe/Berlin",
       "2026-03-28T00:00:00Z",
       {"2026-03-28T01:00:00Z", "2026-03-30T00:00:00Z"}},
      {"cron(15 2 * * ? *)",
       "Europe/Berlin",
       "2026-10-24T12:00:00Z",
       {"2026-10-25T00:15:00Z", "2026-10-26T01:15:00Z"}},
      {"cron(0 0 L 12 ? *)", "Europe/Berlin", "2026-06-01T00:00:00Z", {"2026-12-30T23:00:00Z"}},
      {"cron(0 12 1 7 ? 2150)",
       "America/New_York",
       "2026-06-01T00:00:00Z",
       {"2150-07-01T16:00:00Z"}},
      {"at(2026-11-01T01:30:00)",
       "America/New_York",
       "2026-10-01T00:00:00Z",
       {"2026-11-01T05:30:00Z", "-"}},
      {"at(2026-03-08T02:30:00)", "America/New_York", "2026-01-01T00:00:00Z", {"-"}},
      // South of the equator summer spans the turn of the year.
      {"cron(0 12 1 1,7 ? *)",
       "NZST-12NZDT,M9.5.0,M4.1.0/3",
       "2026-02-01T00:00:00Z",
       {"2026-07-01T00:00:00Z", "2026-12-31T23:00:00Z"}},
      // Days of the week are those of the zone.
      {"cron(0 9 ? * MON *)", "<+1245>-12:45", "2026-06-19T00:00:00Z", {"2026-06-21T20:15:00Z"}},
  });
}

TEST_CASE("a rate counts from its beginning on, which is its first run") {
  const auto every = schedule::parse("rate(90 minutes)");
  REQUIRE(every.has_value());
  const std::int64_t since = instant("2026-03-29T00:10:05Z");
  CHECK(text_of(every->next_run({}, since, since - 1).value()) == "2026-03-29T00:10:05Z");
  CHECK(text_of(every->next_run({}, since, since).value()) == "2026-03-29T01:40:05Z");
  CHECK(text_of(every->next_run(zone_of("Europe/Berlin"), since, since + 5'400'000).value()) ==
        "2026-03-29T03:10:05Z");
  for (const char* text : {"rate(1 day)", "rate(1 days)", "rate(24 hours)", "rate(1440 minute)"}) {
    INFO(text);
    const auto daily = schedule::parse(text);
    REQUIRE(daily.has_value());
    CHECK(daily->next_run({}, since, since).value() == since + 86'400'000);
  }
}

TEST_CASE("every minute of a day is 1440 runs, and what is asked for bounds them") {
  const auto parsed = schedule::parse("cron(* * * * ? *)");
  REQUIRE(parsed.has_value());
  std::size_t count = 0;
  const std::int64_t begin = instant("2026-01-01T00:00:00Z");
  parsed->visit_runs({}, begin, begin - 1, begin + 86'400'000 - 1, [&count](std::int64_t) {
    ++count;
    return true;
  });
  CHECK(count == 1440);
}

TEST_CASE("a wrong expression is refused with its part and what is expected there") {
  const std::vector<std::pair<const char*, const char*>> table{
      {"", "write cron(...), rate(...) or at(...)"},
      {"every day", "write cron(...), rate(...) or at(...)"},
      {"cron(0 12 * * ? *", "write cron(...), rate(...) or at(...)"},
      {"Cron(0 12 * * ? *)", "write cron(...), rate(...) or at(...)"},
      {"cron(0 12 * * ?)",
       "six fields (minutes, hours, day-of-month, month, day-of-week, year) and "
       "has 5"},
      {"cron(0 12 * * * *)", "exactly one of day-of-month and day-of-week must be ?"},
      {"cron(0 12 ? * ? *)", "exactly one of day-of-month and day-of-week must be ?"},
      {"cron(60 12 * * ? *)", R"(the field minutes is "60": "60" must be 0 to 59)"},
      {"cron(0 -1 * * ? *)", R"(the field hours is "-1")"},
      {"cron(0 12 0 * ? *)", R"(the field day-of-month is "0": "0" must be 1 to 31)"},
      {"cron(0 12 * JAM ? *)",
       R"(the field month is "JAM": "JAM" must be 1 to 12 or a name such as JAN)"},
      {"cron(0 12 ? * 8 *)", R"(the field day-of-week is "8")"},
      {"cron(0 12 * * ? 2200)", R"(the field year is "2200": "2200" must be 1970 to 2199)"},
      {"cron(0,,5 12 * * ? *)", R"(the field minutes is "0,,5": an empty part must be 0 to 59)"},
      {"cron(0/0 12 * * ? *)", "a whole number from 1 on behind the /"},
      {"cron(0 12 ? * FRI-MON *)", R"("FRI-MON" goes backwards; write two ranges)"},
      {"cron(0 12 1,L * ? *)", "?, L, W and # stand alone in a field of days"},
      {"cron(0 12 ? * 3#6 *)", R"("6" must be 1 to 5 behind the #)"},
      {"cron(0 12 ? * 3#1,6#3 *)", R"("1,6#3" must be 1 to 5 behind the #)"},
      {"cron(? 12 * * ? *)", "?, L, W and # stand alone in a field of days"},
      {"rate()", "a whole number from 1 on and a unit: minutes, hours or days"},
      {"rate(0 minutes)", "a whole number from 1 on and a unit"},
      {"rate(5minutes)", "a whole number from 1 on and a unit"},
      {"rate(5 seconds)", "a whole number from 1 on and a unit"},
      {"rate(99999999999 days)", "it is more than a hundred years"},
      {"at(2026-02-29T00:00:00)", "there is no such time"},
      {"at(2026-02-28 00:00:00)", "it must be a time such as 2027-03-01T08:30:00"},
      {"at(2026-02-28T24:00:00)", "there is no such time"},
      {"at(2200-01-01T00:00:00)", "its year must be 1970 to 2199"},
  };
  for (const auto& [expression, reason] : table) {
    INFO(expression);
    const auto parsed = schedule::parse(expression);
    REQUIRE_FALSE(parsed.has_value());
    INFO(parsed.error().message());
    CHECK(parsed.error().message().find("the schedule \"" + std::string(expression) + '"') == 0);
    CHECK(parsed.error().message().find(reason) != std::string::npos);
  }
}

TEST_CASE("bytes that are no file of a time zone are refused, wherever they end") {
  const std::string whole = zone_file("EST5EDT,M3.2.0,M11.1.0");
  REQUIRE(time_zone::parse(whole).has_value());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO(size);
    CHECK_FALSE(time_zone::parse(whole.substr(0, size)).has_value());
  }
  for (const char* rule : {"EST", "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0", "5", "EST5EDT,x,y",
                           "EST5EDT,M3.2.0,M11.1.0,M1.1.1", "<EST5"}) {
    INFO(rule);
    CHECK_FALSE(time_zone::parse(zone_file(rule)).has_value());
  }
  CHECK(time_zone::parse(zone_file("")).has_value());
}

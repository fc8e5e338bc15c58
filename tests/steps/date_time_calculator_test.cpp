// SPDX-License-Identifier: Apache-2.0
#include "step_call.hpp"

#include "catch.hpp"

#include <cstdio>

using namespace millrace;
using namespace millrace::testing;

namespace {

step_result moved(std::string_view base, double seconds, const char* operation = "add") {
  step_call call{"system/date-time-calculator", {}};
  call.input = {{"baseTime", base}, {"offsetSeconds", number(seconds)}, {"operation", operation}};
  return run(call);
}

std::string time_of(const step_result& outcome) {
  return std::string(outcome.value().at("result").as_string());
}

} // namespace

TEST_CASE("every first of a month survives the way to days and back") {
  int checked = 0;
  for (int year = 0; year <= 9999; year += year >= 1600 && year < 2400 ? 1 : 97) {
    for (int month = 1; month <= 12; ++month) {
      char text[32];
      std::snprintf(text, sizeof text, "%04d-%02d-01T00:00:00.000Z", year, month);
      REQUIRE(time_of(moved(text, 0)) == text);
      ++checked;
    }
  }
  CHECK(checked > 9600);
}

TEST_CASE("the last day of February is the 29th in leap years only") {
  for (const char* const year : {"0000", "0004", "1600", "2000", "2024", "9996"}) {
    INFO(year);
    CHECK(time_of(moved(std::string(year) + "-03-01T00:00Z", -1)).substr(4, 6) == "-02-29");
    CHECK(moved(std::string(year) + "-02-29T00:00Z", 0).has_value());
  }
  for (const char* const year : {"0001", "0100", "1900", "2023", "2100"}) {
    INFO(year);
    CHECK(time_of(moved(std::string(year) + "-03-01T00:00Z", -1)).substr(4, 6) == "-02-28");
    CHECK(moved(std::string(year) + "-02-29T00:00Z", 0).has_error());
  }
}

TEST_CASE("fractions of a second are cut after the millisecond, however long they are") {
  CHECK(time_of(moved("2024-01-01T00:00:00.9999Z", 0)) == "2024-01-01T00:00:00.999Z");
  CHECK(time_of(moved("2024-01-01T00:00:00.5Z", 0)) == "2024-01-01T00:00:00.500Z");
  CHECK(time_of(moved("2024-01-01T00:00:00.0009999999999999999999999Z", 0)) ==
        "2024-01-01T00:00:00.000Z");
}

TEST_CASE("a fraction of a millisecond in the result is cut towards the epoch") {
  CHECK(time_of(moved("1970-01-01T00:00:00Z", 0.0005, "subtract")) == "1970-01-01T00:00:00.000Z");
  CHECK(time_of(moved("1970-01-01T00:00:00Z", 0.0015, "subtract")) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("a result outside the range of dates fails the step") {
  CHECK(time_of(moved("1970-01-01T00:00:00Z", 8.64e12)) == "+275760-09-13T00:00:00.000Z");
  CHECK(time_of(moved("1970-01-01T00:00:00Z", -8.64e12)) == "-271821-04-20T00:00:00.000Z");
  for (const double seconds : {8.64e12 + 0.001, -8.64e12 - 0.001, 1e300, -1e308}) {
    const step_result outcome = moved("1970-01-01T00:00:00Z", seconds);
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().name == "RangeError");
    CHECK(outcome.error().message.find("Invalid time value") == 0);
  }
}

TEST_CASE("only ISO 8601 times in UTC are base times") {
  for (const char* const text : {"",
                                 "2024-01-01",
                                 "2024-01-01T00:00:00",
                                 "2024-01-01T00:00:00+00:00",
                                 "2024-01-01 00:00Z",
                                 "2024-01-01T00Z",
                                 "2024-01-01T00:00:00.Z",
                                 "2024-01-01T00:00:60Z",
                                 "2024-01-01T00:60Z",
                                 "2024-1-01T00:00Z",
                                 "2024-13-01T00:00Z",
                                 "2024-00-01T00:00Z",
                                 "2024-04-31T00:00Z",
                                 "2024-01-00T00:00Z",
                                 "+002024-01-01T00:00Z",
                                 "2024-01-01T00:00ZZ",
                                 " 2024-01-01T00:00Z",
                                 "2024-01-01T00:00Z\n",
                                 "2024-01-01T00:00.5Z",
                                 "Mon, 01 Jan 2024 00:00:00 GMT"}) {
    INFO(text);
    const step_result outcome = moved(text, 0);
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().name == "Error");
    CHECK(outcome.error().message.find("Invalid input for system/date-time-calculator") == 0);
  }
}

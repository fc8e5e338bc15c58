// SPDX-License-Identifier: Apache-2.0
//
// Facts: documentation of system/date-time-calculator; transform.json, "date-time-calculator: ...".
// A base time is ISO 8601 in UTC with the letters T and Z, seconds and fraction optional; nothing
// else is a time. Results print as JavaScript's toISOString does (ECMA-262, Date Time String
// Format), for the range that its dates have.
#include "module_input.hpp"
#include "modules.hpp"

#include <millrace/execution.hpp>

#include <cmath>

namespace millrace::steps {

namespace {

constexpr std::int64_t milliseconds_per_day = 86'400'000;
/// ECMA-262, TimeClip: a hundred million days to either side of the epoch.
constexpr double time_value_max = 8.64e15;

struct civil_date {
  std::int64_t year = 0;
  std::int64_t month = 0; // 1 to 12
  std::int64_t day = 0;   // 1 to 31
};

bool is_leap(std::int64_t year) noexcept {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

std::int64_t days_in_month(std::int64_t year, std::int64_t month) noexcept {
  static constexpr std::int64_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

// Days and dates of the proleptic Gregorian calendar, counted in eras of 400 years that begin on
// 1 March, so that the leap day is an era year's last. std::chrono::year ends at 32767, dates here
// at 275760.
constexpr std::int64_t days_per_era = 146'097;
constexpr std::int64_t days_before_epoch = 719'468; // 0000-03-01 to 1970-01-01

std::int64_t floor_divide(std::int64_t value, std::int64_t divisor) noexcept {
  return (value >= 0 ? value : value - (divisor - 1)) / divisor;
}

std::int64_t days_since_epoch(const civil_date& date) noexcept {
  const std::int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const std::int64_t era = floor_divide(year, 400);
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t march_month = (date.month + 9) % 12;
  const std::int64_t day_of_year = (153 * march_month + 2) / 5 + date.day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * days_per_era + day_of_era - days_before_epoch;
}

/// Reads a fixed text from the left; once something does not fit, nothing fits any more.
class time_reader {
public:
  explicit time_reader(std::string_view text) : rest_(text) {}

  std::int64_t digits(std::size_t count) {
    std::int64_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      value = value * 10 + digit();
    }
    return value;
  }
  void expect(char wanted) { fits_ = skip(wanted) && fits_; }
  bool skip(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }
  /// One digit or more after the point, cut off (not rounded) after the third.
  std::int64_t milliseconds() {
    std::int64_t value = digit() * 100;
    for (std::int64_t weight = 10; next_is_digit(); weight /= 10) {
      value += digit() * weight;
    }
    return value;
  }
  [[nodiscard]] bool fits_to_the_end() const { return fits_ && rest_.empty(); }

private:
  [[nodiscard]] bool next_is_digit() const {
    return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
  }
  std::int64_t digit() {
    if (!next_is_digit()) {
      fits_ = false;
      return 0;
    }
    const int value = rest_.front() - '0';
    rest_.remove_prefix(1);
    return value;
  }

  std::string_view rest_;
  bool fits_ = true;
};

/// Unix milliseconds of a base time, or nothing where the text is none.
std::optional<std::int64_t> parse_time(std::string_view text) {
  time_reader reader(text);
  civil_date date;
  date.year = reader.digits(4);
  reader.expect('-');
  date.month = reader.digits(2);
  reader.expect('-');
  date.day = reader.digits(2);
  reader.expect('T');
  const std::int64_t hour = reader.digits(2);
  reader.expect(':');
  const std::int64_t minute = reader.digits(2);
  const bool has_seconds = reader.skip(':');
  const std::int64_t second = has_seconds ? reader.digits(2) : 0;
  const std::int64_t millisecond = has_seconds && reader.skip('.') ? reader.milliseconds() : 0;
  reader.expect('Z');
  const bool is_time = reader.fits_to_the_end() && hour < 24 && minute < 60 && second < 60;
  if (!is_time || date.month < 1 || date.month > 12 || date.day < 1 ||
      date.day > days_in_month(date.year, date.month)) {
    return std::nullopt;
  }
  return days_since_epoch(date) * milliseconds_per_day +
         ((hour * 60 + minute) * 60 + second) * 1000 + millisecond;
}

} // namespace

step_result date_time_calculator(const step_request& request) {
  module_input input(request);
  const std::optional<std::string_view> base_text = input.text("baseTime");
  const std::optional<std::int64_t> base = base_text ? parse_time(*base_text) : std::nullopt;
  if (base_text && !base) {
    input.refuse("'baseTime' must be an ISO 8601 time in UTC such as 2024-01-01T12:00:00.000Z");
  }
  const std::optional<double> offset_seconds = input.number("offsetSeconds");
  const std::string_view operation = input.one_of("operation", {"add", "subtract"});
  if (!input.is_valid()) {
    return step_error("Error", input.problems("system/date-time-calculator"));
  }
  const double offset = *offset_seconds * 1000;
  const double start = static_cast<double>(*base);
  const double moved = operation == "subtract" ? start - offset : start + offset;
  if (!(std::abs(moved) <= time_value_max)) {
    return step_error("RangeError",
                      "Invalid time value: system/date-time-calculator left the range "
                      "of dates, 100000000 days around 1970-01-01.");
  }
  json::object output;
  output.emplace("result", format_timestamp(static_cast<std::int64_t>(moved))); // cut towards zero
  return json::value(std::move(output));
}

} // namespace millrace::steps

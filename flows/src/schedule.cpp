// SPDX-License-Identifier: Apache-2.0
#include "schedule_rules.hpp"
#include "time_zone_rule.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <limits>

namespace millrace::flows {
namespace {

using namespace detail;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::int64_t rate_seconds_max = std::int64_t{100} * 366 * day_seconds;

std::int64_t floor_seconds(std::int64_t milliseconds) {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::milliseconds(milliseconds)).count();
}

// Reading ------------------------------------------------------------------------------------

// "rate(5 minutes)" taken apart; the name is empty where it has not that form.
struct call {
  std::string_view name;
  std::string_view argument;
};
call take_apart(std::string_view text) {
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos || text.back() != ')')
    return {};
  return {text.substr(0, open), text.substr(open + 1, text.size() - open - 2)};
}

error refusal(const std::string& why) {
  return {errc::invalid_syntax, why};
}

result<rate_rule> parse_rate(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 3> units{
      {{"minute", 60}, {"hour", 3600}, {"day", day_seconds}}};
  const auto wrong = [] {
    return refusal("it must be a whole number from 1 on and a unit: minutes, hours or days");
  };
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc() || value < 1 || stop == end || *stop != ' ')
    return wrong();
  std::string_view unit(stop + 1, static_cast<std::size_t>(end - stop - 1));
  if (!unit.empty() && unit.back() == 's')
    unit.remove_suffix(1);
  for (const auto& [name, seconds] : units)
    if (unit == name) {
      if (value > rate_seconds_max / seconds)
        return refusal("it is more than a hundred years");
      return rate_rule{value * seconds};
    }
  return wrong();
}

// yyyy-mm-ddThh:mm:ss, every digit there.
result<single_rule> parse_at(std::string_view text) {
  constexpr std::string_view form = "0000-00-00T00:00:00";
  bool fits = text.size() == form.size();
  for (std::size_t i = 0; fits && i < form.size(); ++i)
    fits = form[i] == '0' ? text[i] >= '0' && text[i] <= '9' : text[i] == form[i];
  if (!fits)
    return refusal("it must be a time such as 2027-03-01T08:30:00");
  const auto number = [text](std::size_t at, std::size_t digits) {
    int made = 0;
    for (const char c : text.substr(at, digits))
      made = made * 10 + (c - '0');
    return made;
  };
  const year_month_day date{std::chrono::year(number(0, 4)),
                            std::chrono::month(static_cast<unsigned>(number(5, 2))),
                            std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  const int year = number(0, 4);
  const int hour = number(11, 2);
  const int minute = number(14, 2);
  const int second = number(17, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59)
    return refusal("there is no such time");
  if (year < year_first || year > year_last)
    return refusal("its year must be " + std::to_string(year_first) + " to " +
                   std::to_string(year_last));
  return single_rule{sys_days(date).time_since_epoch().count() * day_seconds + hour * 3600 +
                     minute * 60 + second};
}

// Days ---------------------------------------------------------------------------------------

unsigned days_in_month(const year_month_day& of) {
  return static_cast<unsigned>((of.year() / of.month() / std::chrono::last).day());
}

unsigned weekday_of(const year_month_day& date) {
  return std::chrono::weekday(sys_days(date)).c_encoding();
}

// The day of the month that nW means: a Saturday gives way to Friday and a Sunday to Monday, but
// neither leaves the month.
unsigned nearest_weekday(const year_month_day& month, unsigned day) {
  constexpr unsigned sunday = 0;
  constexpr unsigned saturday = 6;
  const unsigned last = days_in_month(month);
  if (day > last)
    return 0; // none: the month is too short
  const unsigned weekday = weekday_of(month.year() / month.month() / static_cast<int>(day));
  if (weekday == saturday)
    return day == 1 ? day + 2 : day - 1;
  if (weekday == sunday)
    return day == last ? day - 2 : day + 1;
  return day;
}

bool counts(const day_rule& rule, const year_month_day& date) {
  const auto day = static_cast<unsigned>(date.day());
  switch (rule.written_as) {
  case day_rule::form::days: return rule.values.test(day - 1);
  case day_rule::form::last_day: return day == days_in_month(date);
  case day_rule::form::nearest_weekday: return day == nearest_weekday(date, rule.day);
  case day_rule::form::weekdays: return rule.values.test(weekday_of(date));
  case day_rule::form::last_weekday:
    return weekday_of(date) == rule.day && day + 7 > days_in_month(date);
  case day_rule::form::nth_weekday:
    return weekday_of(date) == rule.day && (day - 1) / 7 + 1 == rule.nth;
  }
  return false;
}

// Runs ---------------------------------------------------------------------------------------

/// The time that is asked for, and who wants to know. In seconds.
struct run_search {
  const time_zone& zone;
  std::int64_t after; ///< milliseconds
  std::int64_t until; ///< milliseconds
  const std::function<bool(std::int64_t)>& visit;

  /// False: nothing more is wanted.
  [[nodiscard]] bool meet(std::int64_t instant) const {
    const std::int64_t run = instant * 1000;
    if (run > until)
      return false;
    return run <= after || visit(run);
  }
};

bool meet_day(const cron_rule& rule, std::int64_t day, const run_search& wanted) {
  for (std::int64_t hour = 0; hour < 24; ++hour) {
    if (!rule.hours.test(static_cast<std::size_t>(hour)))
      continue;
    for (std::int64_t minute = 0; minute < 60; ++minute)
      if (rule.minutes.test(static_cast<std::size_t>(minute)))
        if (const auto instant =
                wanted.zone.first_instant_of(day * day_seconds + hour * 3600 + minute * 60);
            instant && !wanted.meet(*instant))
          return false;
  }
  return true;
}

// From the day before on: clocks may have been put back since. Clock times ascend as the first
// instants that show them do.
void visit(const cron_rule& rule, const run_search& wanted) {
  const std::int64_t begin = floor_seconds(wanted.after);
  const std::int64_t first =
      std::max<std::int64_t>(0, (begin + wanted.zone.offset_at(begin)) / day_seconds - 1);
  sys_days day{std::chrono::days(first)};
  const std::int64_t until_day = floor_seconds(wanted.until) / day_seconds + 2;
  for (;;) {
    const year_month_day date(day);
    const int year(date.year());
    const std::int64_t number = day.time_since_epoch().count();
    if (year > year_last || number > until_day)
      return;
    if (!rule.years.test(static_cast<std::size_t>(year - year_first))) {
      day = (date.year() + std::chrono::years(1)) / std::chrono::January / 1;
    } else if (!rule.months.test(static_cast<unsigned>(date.month()) - 1)) {
      day = sys_days(date.year() / date.month() / std::chrono::last) + std::chrono::days(1);
    } else {
      if (counts(rule.days, date) && !meet_day(rule, number, wanted))
        return;
      day += std::chrono::days(1);
    }
  }
}

void visit(const rate_rule& rule, std::int64_t since, const run_search& wanted) {
  const std::int64_t begin = floor_seconds(since);
  const std::int64_t passed = floor_seconds(wanted.after) - begin;
  std::int64_t instant = begin + std::max<std::int64_t>(0, passed / rule.seconds) * rule.seconds;
  const std::int64_t end =
      sys_days(std::chrono::year(year_last + 1) / 1 / 1).time_since_epoch().count() * day_seconds;
  while (instant < end && wanted.meet(instant))
    instant += rule.seconds;
}

} // namespace

result<schedule> schedule::parse(std::string_view text) {
  const auto [name, argument] = take_apart(text);
  const auto made_of = [text](auto rule) {
    schedule made;
    made.rules_ = std::make_shared<const rules>(rules{std::string(text), std::move(rule)});
    return made;
  };
  const auto refuse = [text](const error& reason) {
    return error{errc::invalid_syntax,
                 "the schedule \"" + std::string(text) + "\" cannot be read: " + reason.message()};
  };
  if (name == "cron") {
    auto rule = parse_cron(argument);
    return rule ? result<schedule>(made_of(*rule)) : refuse(rule.error());
  }
  if (name == "rate") {
    auto rule = parse_rate(argument);
    return rule ? result<schedule>(made_of(*rule)) : refuse(rule.error());
  }
  if (name == "at") {
    auto rule = parse_at(argument);
    return rule ? result<schedule>(made_of(*rule)) : refuse(rule.error());
  }
  return refuse(refusal("write cron(...), rate(...) or at(...)"));
}

const std::string& schedule::text() const noexcept {
  return rules_->text;
}

void schedule::visit_runs(const time_zone& zone, std::int64_t since, std::int64_t after,
                          std::int64_t until,
                          const std::function<bool(std::int64_t run)>& visitor) const {
  const run_search wanted{zone, after, until, visitor};
  if (const auto* cron = std::get_if<cron_rule>(&rules_->what)) {
    visit(*cron, wanted);
  } else if (const auto* rate = std::get_if<rate_rule>(&rules_->what)) {
    visit(*rate, since, wanted);
  } else if (const auto instant =
                 zone.first_instant_of(std::get<single_rule>(rules_->what).clock_time)) {
    static_cast<void>(wanted.meet(*instant));
  }
}

std::optional<std::int64_t> schedule::next_run(const time_zone& zone, std::int64_t since,
                                               std::int64_t after) const {
  std::optional<std::int64_t> found;
  // Later than the last year that an expression can name.
  constexpr std::int64_t for_ever = std::int64_t{8'000'000'000} * 1000;
  visit_runs(zone, since, after, for_ever, [&found](std::int64_t run) {
    found = run;
    return false;
  });
  return found;
}

} // namespace millrace::flows

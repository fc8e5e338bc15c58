// SPDX-License-Identifier: Apache-2.0
#include "time_zone_rule.hpp"

#include <algorithm>
#include <chrono>

namespace millrace::flows::detail {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

class rule_parser {
public:
  explicit rule_parser(std::string_view text) : rest_(text) {}

  std::optional<zone_rule> parse() {
    zone_rule made;
    made.standard = (skip_name(), -time(24));
    if (rest_.empty())
      return usable(made);
    made.has_summer = true;
    skip_name();
    made.summer = rest_.empty() || rest_.front() == ',' ? made.standard + 3600 : -time(24);
    made.begins = day();
    made.ends = day();
    return usable(made);
  }

private:
  std::optional<zone_rule> usable(const zone_rule& made) const {
    return is_wrong_ || !rest_.empty() ? std::nullopt : std::optional(made);
  }
  bool skip(char c) {
    const bool is_there = !rest_.empty() && rest_.front() == c;
    if (is_there)
      rest_.remove_prefix(1);
    return is_there;
  }
  void expect(char c) { is_wrong_ = !skip(c) || is_wrong_; }

  // "EST" or "<-03>".
  void skip_name() {
    if (skip('<')) {
      rest_.remove_prefix(std::min(rest_.find('>'), rest_.size()));
      return expect('>');
    }
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    });
    is_wrong_ = end == rest_.begin() || is_wrong_;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.begin()));
  }

  int number(int least, int most) {
    constexpr int digits_max = 3;
    int made = 0;
    int digits = 0;
    for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; ++digits) {
      if (digits == digits_max)
        break;
      made = made * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    is_wrong_ = digits == 0 || made < least || made > most || is_wrong_;
    return made;
  }

  // [+|-]hh[:mm[:ss]]
  std::int64_t time(int hours_max) {
    const bool is_negative = skip('-');
    if (!is_negative)
      skip('+');
    std::int64_t seconds = std::int64_t{number(0, hours_max)} * 3600;
    if (skip(':'))
      seconds += std::int64_t{number(0, 59)} * 60;
    if (skip(':'))
      seconds += number(0, 59);
    return is_negative ? -seconds : seconds;
  }

  change_day day() {
    constexpr int week_hours = 167; // RFC 9636: a time may lead into other days
    change_day made;
    expect(',');
    if (skip('M')) {
      made.month = number(1, 12);
      expect('.');
      made.week = number(1, 5);
      expect('.');
      made.day = number(0, 6);
    } else if (skip('J')) {
      made.written_as = change_day::form::julian;
      made.day = number(1, 365);
    } else {
      made.written_as = change_day::form::ordinal;
      made.day = number(0, 365);
    }
    if (skip('/'))
      made.seconds = time(week_hours);
    return made;
  }

  std::string_view rest_;
  bool is_wrong_ = false;
};

} // namespace

std::optional<zone_rule> zone_rule::parse(std::string_view text) {
  return rule_parser(text).parse();
}

std::int64_t change_day::in_year(int year) const {
  using namespace std::chrono;
  const std::chrono::year in(year);
  sys_days date = in / January / 1;
  if (written_as == form::weekday) {
    const std::chrono::month of(static_cast<unsigned>(month));
    const weekday wanted(static_cast<unsigned>(day));
    date = week == 5 ? sys_days(in / of / wanted[last])
                     : sys_days(in / of / wanted[static_cast<unsigned>(week)]);
  } else if (written_as == form::julian) {
    constexpr int february_end = 31 + 28;
    date += days(day - 1 + (in.is_leap() && day > february_end ? 1 : 0));
  } else {
    date += days(day);
  }
  return date.time_since_epoch().count() * day_seconds + seconds;
}

std::int64_t zone_rule::offset_at(std::int64_t instant) const {
  if (!has_summer)
    return standard;
  const sys_days date{std::chrono::floor<days>(std::chrono::seconds(instant + standard))};
  const int year{std::chrono::year_month_day(date).year()};
  const std::int64_t begin = begins.in_year(year) - standard;
  const std::int64_t end = ends.in_year(year) - summer;
  // South of the equator summer spans the turn of the year.
  const bool is_summer =
      begin < end ? instant >= begin && instant < end : instant >= begin || instant < end;
  return is_summer ? summer : standard;
}

} // namespace millrace::flows::detail

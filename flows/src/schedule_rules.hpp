// SPDX-License-Identifier: Apache-2.0
//
// What a schedule expression says once it is read.
#pragma once

#include <millrace/schedule.hpp>

#include <bitset>
#include <string>
#include <variant>

namespace millrace::flows {

namespace detail {

inline constexpr int year_first = 1970;
inline constexpr int year_last = 2199;
/// Values of one field, each as its distance from the field's least one.
using value_set = std::bitset<256>;

/// Which days of a month count.
struct day_rule {
  enum class form : unsigned char {
    days,            ///< the days of the month in `values`
    last_day,        ///< L
    nearest_weekday, ///< nW: the weekday nearest to the nth, in the same month
    weekdays,        ///< the days of the week in `values`, from Sunday = 0
    last_weekday,    ///< nL: the last such day of the week
    nth_weekday,     ///< n#k: the kth such day of the week
  };
  form written_as = form::days;
  value_set values;
  unsigned day = 0; ///< of the month from 1, or of the week from Sunday = 0
  unsigned nth = 0;
};

struct cron_rule {
  value_set minutes;
  value_set hours;
  value_set months; ///< from January = 0
  value_set years;  ///< from year_first = 0
  day_rule days;
};
struct rate_rule {
  std::int64_t seconds = 0;
};
struct single_rule {
  std::int64_t clock_time = 0; ///< seconds
};

/// Reads what stands within cron(...). Errors: as schedule::parse, without the whole expression.
[[nodiscard]] result<cron_rule> parse_cron(std::string_view text);

} // namespace detail

struct schedule::rules {
  std::string text;
  std::variant<detail::cron_rule, detail::rate_rule, detail::single_rule> what;
};

} // namespace millrace::flows

// SPDX-License-Identifier: Apache-2.0
//
// The rule that a TZif file has for the time behind its last transition, such as
// "EST5EDT,M3.2.0,M11.1.0". Source: POSIX.1-2017, 8.3 (TZ); RFC 9636, 3.3.1 (hours from -167).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace::flows {

inline constexpr std::int64_t day_seconds = 24 * 3600;

namespace detail {

/// A day of the year on which clocks are changed, and when.
struct change_day {
  enum class form : unsigned char {
    julian,  ///< day 1 to 365, 29 February is never counted
    ordinal, ///< day 0 to 365
    weekday, ///< the week-th weekday of a month; week 5 is the last
  };
  form written_as = form::weekday;
  int day = 0; ///< of the year, or of the week from Sunday
  int week = 0;
  int month = 0;
  std::int64_t seconds = 2 * 3600; ///< clock time of that day

  /// The clock time of the change in a year, in seconds.
  [[nodiscard]] std::int64_t in_year(int year) const;
};

struct zone_rule {
  std::int64_t standard = 0; ///< seconds ahead of UTC
  std::int64_t summer = 0;
  bool has_summer = false;
  change_day begins; ///< of summer time, by standard time
  change_day ends;   ///< by summer time

  /// Absent: it is no rule.
  [[nodiscard]] static std::optional<zone_rule> parse(std::string_view text);
  [[nodiscard]] std::int64_t offset_at(std::int64_t instant) const;
};

} // namespace detail
} // namespace millrace::flows

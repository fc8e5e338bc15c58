// SPDX-License-Identifier: Apache-2.0
//
// The six fields of a cron expression. Source: EventBridge Scheduler user guide, "Cron-based
// schedules": the table of fields and wildcards.
#include "schedule_rules.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace millrace::flows::detail {
namespace {

struct field {
  std::string_view name;
  int least = 0;
  int most = 0;
  std::string_view names; ///< of three letters each, from `least` on
};

constexpr std::array cron_fields{
    field{"minutes", 0, 59, {}},
    field{"hours", 0, 23, {}},
    field{"day-of-month", 1, 31, {}},
    field{"month", 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"},
    field{"day-of-week", 1, 7, "SUNMONTUEWEDTHUFRISAT"},
    field{"year", year_first, year_last, {}},
};
constexpr std::size_t day_of_month = 2;
constexpr std::size_t day_of_week = 4;

std::string upper(std::string_view text) {
  std::string made(text);
  for (char& c : made)
    if (c >= 'a' && c <= 'z')
      c = static_cast<char>(c - 'a' + 'A');
  return made;
}

/// Reads one field; the first problem stays.
class field_parser {
public:
  field_parser(const field& of, std::string_view text) : of_(of), text_(text) {}

  value_set values() {
    value_set made;
    for (std::size_t at = 0; at <= text_.size();) {
      const std::size_t comma = std::min(text_.find(',', at), text_.size());
      add(std::string_view(text_).substr(at, comma - at), made);
      at = comma + 1;
    }
    return made;
  }

  // L, nW
  day_rule of_month() {
    day_rule made;
    if (text_ == "L") {
      made.written_as = day_rule::form::last_day;
    } else if (text_.size() > 1 && text_.back() == 'W') {
      made.written_as = day_rule::form::nearest_weekday;
      made.day = static_cast<unsigned>(value(without_last()));
    } else {
      made.values = values();
    }
    return made;
  }

  // L, nL, n#k
  day_rule of_week() {
    day_rule made;
    const std::size_t mark = text_.find('#');
    if (mark != std::string::npos) {
      made.written_as = day_rule::form::nth_weekday;
      made.day = weekday(std::string_view(text_).substr(0, mark));
      const std::string_view nth = std::string_view(text_).substr(mark + 1);
      if (nth.size() != 1 || nth.front() < '1' || nth.front() > '5')
        refuse(nth, "must be 1 to 5 behind the #");
      else
        made.nth = static_cast<unsigned>(nth.front() - '0');
    } else if (text_.size() > 1 && text_.back() == 'L') {
      made.written_as = day_rule::form::last_weekday;
      made.day = weekday(without_last());
    } else {
      made.written_as = day_rule::form::weekdays;
      if (text_ == "L")
        made.values.set(6); // the last day of the week
      else
        made.values = values();
    }
    return made;
  }

  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

private:
  void refuse(std::string_view what, const std::string& why) {
    if (problem_.empty())
      problem_ = "the field " + std::string(of_.name) + " is \"" + text_ +
                 "\": " + (what.empty() ? "an empty part" : '"' + std::string(what) + '"') + ' ' +
                 why;
  }
  [[nodiscard]] std::string range() const {
    return std::to_string(of_.least) + " to " + std::to_string(of_.most);
  }
  [[nodiscard]] std::string_view without_last() const {
    return std::string_view(text_).substr(0, text_.size() - 1);
  }

  static std::optional<int> number(std::string_view text) {
    int made = 0;
    const char* end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data(), end, made);
    if (failure != std::errc() || stop != end || text.front() == '-')
      return std::nullopt;
    return made;
  }

  int value(std::string_view text) {
    for (std::size_t at = 0; text.size() == 3 && at < of_.names.size(); at += 3)
      if (of_.names.substr(at, 3) == text)
        return of_.least + static_cast<int>(at / 3);
    const auto read = number(text);
    if (read && *read >= of_.least && *read <= of_.most)
      return *read;
    if (text.find_first_of("LW#?") != std::string_view::npos)
      refuse(text, "cannot stand here; ?, L, W and # stand alone in a field of days");
    else
      refuse(text,
             "must be " + range() +
                 (of_.names.empty() ? ""
                                    : " or a name such as " + std::string(of_.names.substr(0, 3))));
    return of_.least;
  }
  unsigned weekday(std::string_view text) { return static_cast<unsigned>(value(text) - 1); }

  // "*", "5", "1-5", each with "/step".
  void add(std::string_view part, value_set& into) {
    const std::size_t slash = part.find('/');
    const std::string_view base = part.substr(0, slash);
    int step = 1;
    if (slash != std::string_view::npos) {
      const auto read = number(part.substr(slash + 1));
      if (!read || *read < 1)
        return refuse(part, "must have a whole number from 1 on behind the /");
      step = *read;
    }
    int first = of_.least;
    int last = of_.most;
    if (const std::size_t dash = base.find('-'); dash != std::string_view::npos) {
      first = value(base.substr(0, dash));
      last = value(base.substr(dash + 1));
      if (first > last)
        return refuse(part, "goes backwards; write two ranges with a comma between them");
    } else if (base != "*") {
      first = value(base);
      last = slash == std::string_view::npos ? first : of_.most;
    }
    for (int each = first; each <= last && each >= first; each += std::min(step, of_.most))
      into.set(static_cast<std::size_t>(each - of_.least));
  }

  const field& of_;
  std::string text_ = {};
  std::string problem_;
};

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; (at = text.find_first_not_of(' ', at)) != std::string_view::npos;) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    words.push_back(upper(text.substr(at, end - at)));
    at = end;
  }
  return words;
}

} // namespace

result<cron_rule> parse_cron(std::string_view text) {
  const auto refuse = [](std::string why) { return error{errc::invalid_syntax, std::move(why)}; };
  const std::vector<std::string> words = split(text);
  if (words.size() != cron_fields.size())
    return refuse("it must have six fields (minutes, hours, day-of-month, month, day-of-week, "
                  "year) and has " +
                  std::to_string(words.size()));
  const bool by_month = words[day_of_week] == "?";
  if (by_month == (words[day_of_month] == "?"))
    return refuse("exactly one of day-of-month and day-of-week must be ?");
  cron_rule made;
  std::array<value_set*, cron_fields.size()> sets{&made.minutes, &made.hours, nullptr,
                                                  &made.months,  nullptr,     &made.years};
  for (std::size_t i = 0; i < cron_fields.size(); ++i) {
    if (i == (by_month ? day_of_week : day_of_month))
      continue;
    field_parser parser(cron_fields.at(i), words[i]);
    if (sets.at(i))
      *sets.at(i) = parser.values();
    else
      made.days = by_month ? parser.of_month() : parser.of_week();
    if (!parser.problem().empty())
      return refuse(parser.problem());
  }
  return made;
}

} // namespace millrace::flows::detail

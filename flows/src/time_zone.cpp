// SPDX-License-Identifier: Apache-2.0
#include <millrace/time_zone.hpp>

#include "time_zone_rule.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace millrace::flows {
namespace {

constexpr std::size_t header_bytes = 44;

error damaged(const std::string& what) {
  return {errc::invalid_syntax, "This is no file of a time zone: " + what + "."};
}

} // namespace

struct time_zone::table {
  std::vector<std::int64_t> transitions; ///< instants, ascending
  std::vector<std::int64_t> offsets;     ///< from each transition on
  std::int64_t first_offset = 0;         ///< before the first transition
  std::optional<detail::zone_rule> rule; ///< behind the last transition
};

/// Reads one file from its beginning to its end; what lies behind the end reads as zero and is an
/// error.
class time_zone_reader {
public:
  explicit time_zone_reader(std::string_view bytes) : rest_(bytes) {}

  result<time_zone> read() {
    auto first = read_header();
    if (!first)
      return first.error();
    time_zone::table made;
    // From version 2 on the same data follows with wider times.
    std::size_t width = 4;
    if (first->version >= '2') {
      take(size_of(*first, width));
      first = read_header();
      width = 8;
      if (!first)
        return first.error();
    }
    if (auto read = read_data(*first, width, made); !read)
      return read.error();
    if (width == 8 && !read_rule(made))
      return damaged("its rule cannot be read");
    if (is_short_)
      return damaged("it ends too early");
    time_zone zone;
    zone.table_ = std::make_shared<const time_zone::table>(std::move(made));
    return zone;
  }

private:
  struct header {
    char version = 0;
    std::size_t utc_marks = 0;
    std::size_t standard_marks = 0;
    std::size_t leap_seconds = 0;
    std::size_t transitions = 0;
    std::size_t types = 0;
    std::size_t characters = 0;
  };

  std::string_view take(std::size_t count) {
    is_short_ = is_short_ || count > rest_.size();
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::int64_t number(std::size_t width) {
    std::uint64_t made = 0;
    const std::string_view bytes = take(width);
    for (const char c : bytes)
      made = (made << 8U) | static_cast<unsigned char>(c);
    if (width == 4)
      return static_cast<std::int32_t>(static_cast<std::uint32_t>(made));
    return static_cast<std::int64_t>(made);
  }

  result<header> read_header() {
    if (rest_.size() < header_bytes || rest_.substr(0, 4) != "TZif")
      return damaged("it does not begin as one");
    header made;
    made.version = rest_[4];
    rest_.remove_prefix(20);
    for (std::size_t* each : {&made.utc_marks, &made.standard_marks, &made.leap_seconds,
                              &made.transitions, &made.types, &made.characters})
      *each = static_cast<std::uint32_t>(number(4));
    if (made.leap_seconds != 0)
      return damaged("it counts leap seconds, which Unix time does not");
    if (made.types == 0 || made.transitions > rest_.size() || made.types > rest_.size())
      return damaged("its counts are wrong");
    return made;
  }

  static std::size_t size_of(const header& of, std::size_t width) {
    return of.transitions * (width + 1) + of.types * 6 + of.characters + of.standard_marks +
           of.utc_marks;
  }

  result<void> read_data(const header& of, std::size_t width, time_zone::table& into) {
    for (std::size_t i = 0; i < of.transitions; ++i)
      into.transitions.push_back(number(width));
    const std::string_view kinds = take(of.transitions);
    std::vector<std::int64_t> offsets;
    for (std::size_t i = 0; i < of.types; ++i) {
      offsets.push_back(number(4));
      take(2); // whether it is summer time, and the place of its name
    }
    take(of.characters + of.standard_marks + of.utc_marks);
    if (!std::is_sorted(into.transitions.begin(), into.transitions.end()))
      return damaged("its transitions are out of order");
    for (const std::int64_t offset : offsets)
      if (offset <= -2 * day_seconds || offset >= 2 * day_seconds)
        return damaged("an offset is out of range");
    into.first_offset = offsets.front();
    for (const char kind : kinds) {
      const auto place = static_cast<std::size_t>(static_cast<unsigned char>(kind));
      if (place >= offsets.size())
        return damaged("a transition leads nowhere");
      into.offsets.push_back(offsets[place]);
    }
    return {};
  }

  // Between two line feeds; an empty one: the last transition's offset stays.
  bool read_rule(time_zone::table& into) {
    if (take(1) != "\n")
      return false;
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos)
      return false;
    const std::string_view text = take(end);
    if (text.empty())
      return true;
    into.rule = detail::zone_rule::parse(text);
    return into.rule.has_value();
  }

  std::string_view rest_;
  bool is_short_ = false;
};

result<time_zone> time_zone::parse(std::string_view bytes) {
  return time_zone_reader(bytes).read();
}

std::int64_t time_zone::offset_at(std::int64_t instant) const {
  if (!table_)
    return 0;
  const auto& transitions = table_->transitions;
  const auto next = std::upper_bound(transitions.begin(), transitions.end(), instant);
  if (next == transitions.end() && table_->rule)
    return table_->rule->offset_at(instant);
  if (next == transitions.begin())
    return table_->first_offset;
  return table_->offsets[static_cast<std::size_t>(next - transitions.begin()) - 1];
}

// The offsets before and behind whatever change there is around it; the larger one gives the
// earlier instant.
std::optional<std::int64_t> time_zone::first_instant_of(std::int64_t clock_time) const {
  const std::int64_t before = offset_at(clock_time - day_seconds);
  const std::int64_t behind = offset_at(clock_time + day_seconds);
  for (const std::int64_t offset : {std::max(before, behind), std::min(before, behind)})
    if (offset_at(clock_time - offset) == offset)
      return clock_time - offset;
  return std::nullopt;
}

} // namespace millrace::flows

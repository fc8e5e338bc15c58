// SPDX-License-Identifier: Apache-2.0
#include <millrace/durations.hpp>

#include <array>
#include <charconv>
#include <string_view>

namespace millrace {
namespace {

using std::chrono::milliseconds;

struct unit {
  std::string_view name;
  std::int64_t milliseconds;
};

constexpr std::array<unit, 5> units{{
    {"d", std::int64_t{24} * 3600 * 1000},
    {"h", std::int64_t{3600} * 1000},
    {"m", std::int64_t{60} * 1000},
    {"s", 1000},
    {"ms", 1},
}};

std::optional<milliseconds> in_bounds(std::int64_t count, std::int64_t unit_milliseconds) {
  const std::int64_t most = milliseconds(duration_max).count() / unit_milliseconds;
  if (count < 0 || count > most)
    return std::nullopt;
  return milliseconds(count * unit_milliseconds);
}

std::optional<milliseconds> parse_text(std::string_view text) {
  std::int64_t count = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, count);
  if (failure != std::errc())
    return std::nullopt;
  const std::string_view name(stop, static_cast<std::size_t>(end - stop));
  for (const unit& each : units)
    if (each.name == name)
      return in_bounds(count, each.milliseconds);
  return std::nullopt;
}

} // namespace

std::optional<milliseconds> parse_duration(const json::value& value) {
  if (value.is_string())
    return parse_text(value.get_string());
  if (value.is_int64())
    return in_bounds(value.get_int64(), 1);
  return std::nullopt;
}

std::string format_duration(milliseconds time) {
  const std::int64_t count = time.count();
  for (const unit& each : units)
    if (count != 0 && count % each.milliseconds == 0)
      return std::to_string(count / each.milliseconds) + std::string(each.name);
  return std::to_string(count) + "ms";
}

} // namespace millrace

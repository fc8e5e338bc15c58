// SPDX-License-Identifier: Apache-2.0
//
// Names of statuses and kinds, error infos, UUIDs and time stamps. Start requests are in
// start_request.cpp.
#include <millrace/execution.hpp>

#include <array>
#include <cstdio>
#include <utility>

namespace millrace {

namespace {

constexpr std::array<std::pair<execution_status, const char*>, 7> status_names{{
    {execution_status::initializing, "INITIALIZING"},
    {execution_status::running, "RUNNING"},
    {execution_status::waiting, "WAITING"},
    {execution_status::completed, "COMPLETED"},
    {execution_status::failed, "FAILED"},
    {execution_status::cancelled, "CANCELLED"},
    {execution_status::timed_out, "TIMED_OUT"},
}};

constexpr std::size_t uuid_characters = 36;

constexpr bool is_dash_position(std::size_t position) noexcept {
  return position == 8 || position == 13 || position == 18 || position == 23;
}

constexpr bool is_hexadecimal(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// The canonical text of 128 bits.
std::string uuid_text(std::uint64_t high, std::uint64_t low) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text(uuid_characters, '-');
  unsigned shift = 128;
  for (std::size_t i = 0; i < uuid_characters; ++i) {
    if (is_dash_position(i)) {
      continue;
    }
    shift -= 4;
    const std::uint64_t word = shift >= 64 ? high >> (shift - 64) : low >> shift;
    text[i] = digits[word & 0xF];
  }
  return text;
}

/// A day of the proleptic Gregorian calendar; year 0 is 1 BC.
struct civil_day {
  std::int64_t year;
  unsigned month;
  unsigned day;
};

/// The day that is `days` after 1970-01-01. Counts in eras of 400 years and in years that begin in
/// March, so that the leap day comes last (the method is Howard Hinnant's civil_from_days).
civil_day civil_from_days(std::int64_t days) noexcept {
  constexpr std::int64_t days_per_era = 146'097;
  constexpr std::int64_t days_from_march_of_year_0 = 719'468;
  days += days_from_march_of_year_0;
  const std::int64_t era = (days >= 0 ? days : days - (days_per_era - 1)) / days_per_era;
  const auto day_of_era = static_cast<unsigned>(days - era * days_per_era);
  const unsigned year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const unsigned day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned month_from_march = (5 * day_of_year + 2) / 153;
  const unsigned day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const unsigned month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const std::int64_t year = static_cast<std::int64_t>(year_of_era) + era * 400;
  return {month <= 2 ? year + 1 : year, month, day};
}

/// Appends the decimal digits of `number` from the one for `unit`, a power of ten, on.
void append_digits(std::string& text, std::int64_t number, std::int64_t unit) {
  for (; unit != 0; unit /= 10) {
    text += static_cast<char>('0' + number / unit % 10);
  }
}

/// Four digits, or a sign and at least six outside 0 to 9999: ISO 8601's expanded years,
/// as JavaScript writes them.
std::string year_text(std::int64_t year) {
  if (year >= 0 && year <= 9999) {
    std::string text;
    append_digits(text, year, 1000);
    return text;
  }
  std::array<char, 32> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%c%06lld", year < 0 ? '-' : '+',
                static_cast<long long>(year < 0 ? -year : year));
  return buffer.data();
}

std::string text_member(const json::object& object, std::string_view key) {
  const json::value* member = object.if_contains(key);
  return member != nullptr && member->is_string() ? std::string(member->get_string())
                                                  : std::string();
}

} // namespace

const char* to_string(execution_status status) noexcept {
  for (const auto& [known, name] : status_names) {
    if (known == status) {
      return name;
    }
  }
  return "UNKNOWN";
}

std::optional<execution_status> parse_execution_status(std::string_view name) noexcept {
  for (const auto& [status, known] : status_names) {
    if (name == known) {
      return status;
    }
  }
  return std::nullopt;
}

const char* to_string(execution_kind kind) noexcept {
  switch (kind) {
  case execution_kind::root: return "ROOT";
  case execution_kind::async_subflow: return "ASYNC_SUBFLOW";
  case execution_kind::sync_subflow: return "SYNC_SUBFLOW";
  case execution_kind::delivery: return "DELIVERY";
  }
  return "UNKNOWN";
}

json::object error_info::to_json() const {
  json::object object;
  object["errorName"] = error_name;
  object["errorMessage"] = error_message;
  if (!error_details.empty()) {
    object["errorDetails"] = error_details;
  }
  object["isRetryable"] = is_retryable;
  return object;
}

error_info error_info::from_json(const json::object& object) {
  error_info info;
  info.error_name = text_member(object, "errorName");
  info.error_message = text_member(object, "errorMessage");
  if (const json::value* details = object.if_contains("errorDetails");
      details != nullptr && details->is_object()) {
    info.error_details = details->get_object();
  }
  if (const json::value* retryable = object.if_contains("isRetryable");
      retryable != nullptr && retryable->is_bool()) {
    info.is_retryable = retryable->get_bool();
  }
  return info;
}

bool is_uuid(std::string_view text) noexcept {
  if (text.size() != uuid_characters) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_dash_position(i) ? text[i] != '-' : !is_hexadecimal(text[i])) {
      return false;
    }
  }
  return true;
}

std::string make_uuid_v7(std::int64_t unix_ms, std::uint64_t random_high,
                         std::uint64_t random_low) {
  constexpr std::uint64_t version_7 = 0x7000;
  constexpr std::uint64_t variant_rfc_9562 = std::uint64_t{0b10} << 62;
  const std::uint64_t high =
      (static_cast<std::uint64_t>(unix_ms) << 16) | version_7 | (random_high & 0xFFF);
  const std::uint64_t low = variant_rfc_9562 | (random_low & ~(std::uint64_t{0b11} << 62));
  return uuid_text(high, low);
}

std::string format_timestamp(std::int64_t unix_ms) {
  constexpr std::int64_t ms_per_day = 86'400'000;
  std::int64_t days = unix_ms / ms_per_day;
  std::int64_t ms_of_day = unix_ms % ms_per_day;
  if (ms_of_day < 0) {
    ms_of_day += ms_per_day;
    --days;
  }
  const civil_day date = civil_from_days(days);
  std::string text = year_text(date.year);
  const auto append = [&text](char before, std::int64_t number, std::int64_t unit) {
    text += before;
    append_digits(text, number, unit);
  };
  append('-', date.month, 10);
  append('-', date.day, 10);
  append('T', ms_of_day / 3'600'000, 10);
  append(':', ms_of_day / 60'000 % 60, 10);
  append(':', ms_of_day / 1000 % 60, 10);
  append('.', ms_of_day % 1000, 100);
  text += 'Z';
  return text;
}

} // namespace millrace

// SPDX-License-Identifier: Apache-2.0
#include "wording.hpp"

#include <array>
#include <cstdio>

namespace millrace::cli {
namespace {

constexpr std::int64_t second = 1000;
constexpr std::int64_t minute = 60 * second;
constexpr std::int64_t hour = 60 * minute;
// Bytes of an error shown in a list; `show` has all of it.
constexpr std::size_t error_line_max = 240;

} // namespace

std::string flow_name(const execution_record& record) {
  if (record.flow_definition_version == 0)
    return record.flow_definition_id;
  return record.flow_definition_id + " v" + std::to_string(record.flow_definition_version);
}

cell status_cell(execution_status status) {
  switch (status) {
  case execution_status::completed: return {to_string(status), tint::green};
  case execution_status::failed: return {to_string(status), tint::red};
  case execution_status::cancelled:
  case execution_status::timed_out: return {to_string(status), tint::yellow};
  case execution_status::waiting: return {to_string(status), tint::cyan};
  case execution_status::initializing:
  case execution_status::running: break;
  }
  return {to_string(status), tint::none};
}

std::string offset(std::int64_t at, std::int64_t origin) {
  if (at == 0)
    return "-";
  return (at < origin ? "" : "+") + std::to_string(at - origin) + " ms";
}

std::string duration(std::int64_t milliseconds) {
  if (milliseconds < second)
    return std::to_string(milliseconds) + " ms";
  if (milliseconds < minute) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.2f s", static_cast<double>(milliseconds) / second);
    return text.data();
  }
  if (milliseconds < hour)
    return std::to_string(milliseconds / minute) + " min " +
           std::to_string(milliseconds % minute / second) + " s";
  return std::to_string(milliseconds / hour) + " h " +
         std::to_string(milliseconds % hour / minute) + " min";
}

std::string time_taken(const execution_record& record) {
  if (record.ended_at == 0)
    return "-";
  const std::int64_t begin = record.started_at == 0 ? record.accepted_at : record.started_at;
  return duration(record.ended_at - begin);
}

void cut(std::string& text, std::size_t bytes_max) {
  if (text.size() <= bytes_max)
    return;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0) == 0x80)
    --bytes_max;
  text.resize(bytes_max);
  text += "...";
}

std::string error_line(const error_info& error) {
  std::string line = printable(error.error_name + ": " + error.error_message);
  cut(line, error_line_max);
  return line;
}

std::string waits_for(const execution_record& record) {
  if (record.status != execution_status::waiting)
    return {};
  std::string text;
  for (const std::string& key : record.waiting_for)
    text += (text.empty() ? "waits for the event " : ", ") + printable(key);
  if (record.due_at == 0)
    return text.empty() ? "waits for a flow that it called" : text;
  text += text.empty() ? "goes on at " : ", at most until ";
  return text + format_timestamp(record.due_at);
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3)
    digits.insert(at - 3, 1, ',');
  return digits;
}

} // namespace millrace::cli

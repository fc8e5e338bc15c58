// SPDX-License-Identifier: Apache-2.0
//
// Source of how addresses are taken apart: reference send-email-handler.
#include "mail_message.hpp"

#include "ascii.hpp"
#include "binary_text.hpp"
#include "http_guard.hpp"

#include <millrace/js.hpp>

#include <algorithm>
#include <array>
#include <ctime>

namespace millrace::services {
namespace {

constexpr std::size_t line_characters = 76; // RFC 2045
constexpr std::size_t word_bytes = 42;      // of an encoded word of at most 75 characters
constexpr std::string_view own_headers[] = {
    "bcc",          "cc",           "content-transfer-encoding",
    "content-type", "date",         "from",
    "message-id",   "mime-version", "reply-to",
    "sender",       "subject",      "to"};

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// RFC 2047: words of base64, each with whole characters.
std::string header_text(std::string_view text) {
  if (is_plain(text))
    return std::string(text);
  std::string made;
  while (!text.empty()) {
    std::size_t end = std::min(word_bytes, text.size());
    const auto is_inside = [&](std::size_t at) {
      return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
    };
    while (end > 0 && is_inside(end))
      --end;
    if (end == 0)
      end = std::min(word_bytes, text.size());
    made += (made.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?") + encode_base64(text.substr(0, end)) +
            "?=";
    text.remove_prefix(end);
  }
  return made;
}

std::string quoted(std::string_view text) {
  std::string made = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      made += '\\';
    made += c;
  }
  return made + '"';
}

std::string display_name(std::string_view name) {
  return is_plain(name) ? quoted(name) : header_text(name);
}

// RFC 5322, always in UTC.
std::string date_text(std::int64_t unix_ms) {
  constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto seconds = static_cast<std::time_t>(unix_ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  const auto two = [](int number) {
    return std::string(number < 10 ? "0" : "") + std::to_string(number);
  };
  return std::string(days.at(static_cast<std::size_t>(parts.tm_wday))) + ", " + two(parts.tm_mday) +
         ' ' + months.at(static_cast<std::size_t>(parts.tm_mon)) + ' ' +
         std::to_string(parts.tm_year + 1900) + ' ' + two(parts.tm_hour) + ':' + two(parts.tm_min) +
         ':' + two(parts.tm_sec) + " +0000";
}

// One address on a line, so that no line grows too long.
std::string address_lines(const std::vector<std::string>& addresses) {
  std::string made;
  for (const std::string& each : addresses)
    made += (made.empty() ? "" : ",\r\n ") + each;
  return made;
}

std::string in_lines(std::string_view bytes) {
  const std::string text = encode_base64(bytes);
  std::string made;
  for (std::size_t at = 0; at < text.size(); at += line_characters)
    made += text.substr(at, line_characters) + "\r\n";
  return made;
}

// RFC 2231 where the name is not ASCII.
std::string file_name_parameter(std::string_view name) {
  if (is_plain(name))
    return "filename=" + quoted(name);
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string made = "filename*=UTF-8''";
  for (const char c : name) {
    const bool is_safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    const auto byte = static_cast<unsigned char>(c);
    if (is_safe)
      made += c;
    else
      (made += '%').append({digits[byte >> 4U], digits[byte & 0xFU]});
  }
  return made;
}

std::string html_part(const std::string& body) {
  return "Content-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
         in_lines(body);
}

} // namespace

std::string why_no_header(std::string_view name, std::string_view value) {
  if (!is_header_name(name))
    return "is no name of a header";
  if (!is_header_value(value))
    return "must not have line breaks or other control characters";
  const auto* const end = std::end(own_headers);
  if (std::find(std::begin(own_headers), end, lower(name)) != end)
    return "is a header that the mail has of its own";
  return {};
}

std::string to_bytes(const mail_message& message) {
  std::string made =
      "Date: " + date_text(message.date) + "\r\nMessage-ID: <" + message.id + ">\r\n";
  made +=
      "From: " +
      (message.from_name.empty() ? message.from
                                 : display_name(message.from_name) + " <" + message.from + '>') +
      "\r\nTo: " + address_lines(message.to) + "\r\n";
  if (!message.cc.empty())
    made += "Cc: " + address_lines(message.cc) + "\r\n";
  if (!message.reply_to.empty())
    made += "Reply-To: " + address_lines(message.reply_to) + "\r\n";
  made += "Subject: " + header_text(message.subject) + "\r\n";
  for (const auto& [name, value] : message.headers)
    made += name + ": " + header_text(value) + "\r\n";
  made += "MIME-Version: 1.0\r\n";
  if (message.attachments.empty())
    return made + html_part(message.body);
  // No line of base64 begins with two hyphens.
  const std::string boundary = "part-" + message.id.substr(0, message.id.find('@'));
  made += "Content-Type: multipart/mixed; boundary=\"" + boundary + "\"\r\n\r\n";
  made += "--" + boundary + "\r\n" + html_part(message.body);
  for (const mail_attachment& each : message.attachments)
    made += "--" + boundary + "\r\nContent-Type: " + each.content_type +
            "\r\nContent-Disposition: attachment; " + file_name_parameter(each.file_name) +
            "\r\nContent-Transfer-Encoding: base64\r\n\r\n" + in_lines(each.bytes);
  return made + "--" + boundary + "--\r\n";
}

std::string bare_address(std::string_view text) {
  const std::size_t open = text.find('<');
  const std::size_t close = open == std::string_view::npos ? open : text.find('>', open);
  if (close != std::string_view::npos && close > open + 1)
    return std::string(text.substr(open + 1, close - open - 1));
  return std::string(flows::js::trim(text));
}

std::vector<std::string> split_addresses(std::string_view text) {
  text = flows::js::trim(text);
  std::vector<std::string> found;
  if (!text.empty() && text.front() == '[' && text.back() == ']')
    if (const auto list = parse_json(text, "addresses"); list && list->is_array()) {
      for (const json::value& each : list->get_array())
        found.emplace_back(each.is_string() ? std::string(each.get_string()) : stringify(each));
      return found;
    }
  std::string part;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    part += (part.empty() ? "" : ",") + std::string(text.substr(at, comma - at));
    const auto count = [&](char c) { return std::count(part.begin(), part.end(), c); };
    const bool is_whole =
        part.find('@') != std::string::npos && count('<') == count('>') && count('"') % 2 == 0;
    if (is_whole || comma == text.size()) {
      if (const std::string_view trimmed = flows::js::trim(part); !trimmed.empty())
        found.emplace_back(trimmed);
      part.clear();
    }
    at = comma + 1;
  }
  return found;
}

} // namespace millrace::services

// SPDX-License-Identifier: Apache-2.0
//
// Numbers to and from text as ECMA-262 has them: Number::toString and StringToNumber.
#include <millrace/js.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace millrace::flows::js {

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// Number::toString writes plain digits while the decimal point is at most this far right of the
/// first digit,
constexpr int plain_point_max = 21;
/// and no further left than this; beyond, it writes an exponent.
constexpr int plain_point_min = -6;

/// Length of the white space or line terminator (ECMA-262 StrWhiteSpaceChar) that starts `text`.
std::size_t blank_length(std::string_view text) noexcept {
  const char c = text.front();
  if (c == ' ' || (c >= '\t' && c <= '\r'))
    return 1;
  if (text.substr(0, 2) == "\xC2\xA0") // no-break space
    return 2;
  const std::string_view three = text.substr(0, 3);
  if (three == "\xE1\x9A\x80" || three == "\xE2\x80\xA8" || three == "\xE2\x80\xA9" ||
      three == "\xE2\x80\xAF" || three == "\xE2\x81\x9F" || three == "\xE3\x80\x80" ||
      three == "\xEF\xBB\xBF")
    return 3;
  const bool quad_to_hair = three.size() == 3 && three.substr(0, 2) == "\xE2\x80" &&
                            static_cast<unsigned char>(three[2]) <= 0x8A;
  return quad_to_hair ? 3 : 0;
}

/// The value of `digits` in `radix`; NaN when one is not a digit.
double radix_number(std::string_view digits, int radix) noexcept {
  if (digits.empty())
    return not_a_number;
  double value = 0;
  for (const char c : digits) {
    int digit = radix;
    if (c >= '0' && c <= '9')
      digit = c - '0';
    else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
      digit = (c | 0x20) - 'a' + 10;
    if (digit >= radix)
      return not_a_number;
    value = value * radix + digit;
  }
  return value;
}

double decimal_number(std::string_view text) {
  std::string_view digits = text;
  const bool negative = digits.front() == '-';
  if (negative || digits.front() == '+')
    digits.remove_prefix(1);
  if (digits == "Infinity")
    return negative ? -infinity : infinity;
  // from_chars would also take "inf", "nan" and their like.
  if (digits.empty() ||
      !((digits.front() >= '0' && digits.front() <= '9') || digits.front() == '.'))
    return not_a_number;
  double value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stopped, code] = std::from_chars(digits.data(), end, value);
  if (code == std::errc::invalid_argument || stopped != end)
    return not_a_number;
  if (code == std::errc::result_out_of_range)
    value = std::strtod(std::string(digits).c_str(), nullptr);
  return negative ? -value : value;
}

} // namespace

std::string_view trim_start(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t blank = blank_length(text);
    if (blank == 0)
      break;
    text.remove_prefix(blank);
  }
  return text;
}

std::string_view trim_end(std::string_view text) noexcept {
  while (!text.empty()) {
    std::size_t last = text.size() - 1;
    while (last > 0 && (static_cast<unsigned char>(text[last]) & 0xC0) == 0x80)
      --last;
    if (blank_length(text.substr(last)) != text.size() - last)
      break;
    text.remove_suffix(text.size() - last);
  }
  return text;
}

std::string_view trim(std::string_view text) noexcept {
  return trim_end(trim_start(text));
}

double to_number(std::string_view text) {
  text = trim(text);
  if (text.empty())
    return 0;
  if (text.size() > 2 && text[0] == '0') {
    switch (text[1] | 0x20) {
    case 'x': return radix_number(text.substr(2), 16);
    case 'o': return radix_number(text.substr(2), 8);
    case 'b': return radix_number(text.substr(2), 2);
    default: break;
    }
  }
  return decimal_number(text);
}

std::string to_string(double number) {
  std::string out;
  append_number(out, number);
  return out;
}

void append_number(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += std::isnan(number) ? "NaN" : number < 0 ? "-Infinity" : "Infinity";
    return;
  }
  if (number == 0) { // also -0
    out += '0';
    return;
  }
  // "d.ddde±dd": the shortest digits that read back as the same number.
  std::array<char, 32> buffer;
  const char* const end = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                        std::fabs(number), std::chars_format::scientific)
                              .ptr;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t mark = text.find('e');
  std::string digits(text.substr(0, 1));
  if (mark > 1)
    digits.append(text.substr(2, mark - 2));
  const int exponent = std::atoi(std::string(text.substr(mark + 1)).c_str());

  if (number < 0)
    out += '-';
  const int count = static_cast<int>(digits.size());
  const int point = exponent + 1; // digits before the decimal point
  if (point > plain_point_max || point < plain_point_min + 1) {
    out += digits[0];
    if (count > 1)
      out.append(1, '.').append(digits, 1);
    out.append(exponent < 0 ? "e-" : "e+").append(std::to_string(std::abs(exponent)));
  } else if (point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else if (point >= count) {
    out.append(digits).append(static_cast<std::size_t>(point - count), '0');
  } else {
    out.append(digits, 0, static_cast<std::size_t>(point)).append(1, '.');
    out.append(digits, static_cast<std::size_t>(point));
  }
}

} // namespace millrace::flows::js

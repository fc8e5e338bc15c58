// SPDX-License-Identifier: Apache-2.0
#include "binary_text.hpp"

#include <millrace/text.hpp>

#include <algorithm>
#include <cstdint>

namespace millrace::services {
namespace {

constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int base64_value(char c) {
  if (c == '-')
    c = '+';
  if (c == '_')
    c = '/';
  const std::size_t value = base64_digits.find(c);
  return value == std::string_view::npos ? -1 : static_cast<int>(value);
}

// Each byte is the code point of that number.
std::string from_latin1(std::string_view bytes, unsigned mask) {
  std::string text;
  for (const char c : bytes) {
    const unsigned point = static_cast<unsigned char>(c) & mask;
    if (point < 0x80) {
      text += static_cast<char>(point);
    } else {
      text += static_cast<char>(0xC0U | (point >> 6U));
      text += static_cast<char>(0x80U | (point & 0x3FU));
    }
  }
  return text;
}

std::string encode_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += digits[byte >> 4U];
    text += digits[byte & 0xFU];
  }
  return text;
}

} // namespace

std::string encode_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    for (std::size_t i = 0; i < 3; ++i)
      group = (group << 8U) | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      text += i <= count ? base64_digits[(group >> (18U - 6U * i)) & 0x3FU] : '=';
  }
  return text;
}

std::string decode_base64(std::string_view text) {
  std::string bytes;
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const char c : text) {
    if (c == '=')
      break;
    const int value = base64_value(c);
    if (value < 0)
      continue;
    group = (group << 6U) | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>((group >> bits) & 0xFFU);
    }
  }
  return bytes;
}

std::optional<std::string> decode_text(std::string_view bytes, std::string_view encoding) {
  std::string name(encoding);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  if (name == "utf-8" || name == "utf8")
    return to_utf8(bytes);
  if (name == "latin1" || name == "binary")
    return from_latin1(bytes, 0xFF);
  if (name == "ascii")
    return from_latin1(bytes, 0x7F);
  if (name == "base64")
    return encode_base64(bytes);
  if (name == "hex")
    return encode_hex(bytes);
  return std::nullopt;
}

} // namespace millrace::services

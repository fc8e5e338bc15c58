// SPDX-License-Identifier: Apache-2.0
#include "object_names.hpp"

#include <algorithm>

namespace millrace::services {
namespace {

constexpr std::size_t key_bytes_max = 1024;      // of S3
constexpr std::size_t file_name_bytes_max = 250; // 255 on Linux, with room for ".json"
constexpr std::string_view digits = "0123456789ABCDEF";
constexpr std::string_view empty_segment = "%";

void append_encoded(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += digits[byte >> 4U];
  out += digits[byte & 0xFU];
}

std::string file_name_of(std::string_view segment) {
  if (segment.empty())
    return std::string(empty_segment);
  const bool is_special = segment == "." || segment == ".." || segment == meta_folder;
  std::string name;
  for (const char c : segment) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '%' || byte < 0x20 || byte == 0x7f || (is_special && c == '.'))
      append_encoded(name, c);
    else
      name += c;
  }
  return name;
}

int digit(char c) {
  const std::size_t value = digits.find(c);
  return value == std::string_view::npos ? -1 : static_cast<int>(value);
}

} // namespace

bool is_bucket_name(std::string_view name) noexcept {
  constexpr std::size_t length_max = 255;
  if (name.empty() || name.size() > length_max || name.front() == '.')
    return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
}

std::optional<std::vector<std::string>> file_names_of(std::string_view key) {
  if (key.empty() || key.size() > key_bytes_max)
    return std::nullopt;
  std::vector<std::string> names;
  for (std::size_t at = 0; at <= key.size();) {
    const std::size_t end = std::min(key.find('/', at), key.size());
    names.push_back(file_name_of(key.substr(at, end - at)));
    if (names.back().size() > file_name_bytes_max)
      return std::nullopt;
    at = end + 1;
  }
  return names;
}

std::string segment_of(std::string_view file_name) {
  if (file_name == empty_segment)
    return {};
  std::string segment;
  for (std::size_t i = 0; i < file_name.size(); ++i) {
    const bool is_code = file_name[i] == '%' && i + 2 < file_name.size() + 0 &&
                         digit(file_name[i + 1]) >= 0 && digit(file_name[i + 2]) >= 0;
    if (!is_code) {
      segment += file_name[i];
      continue;
    }
    segment += static_cast<char>(digit(file_name[i + 1]) * 16 + digit(file_name[i + 2]));
    i += 2;
  }
  return segment;
}

} // namespace millrace::services

// SPDX-License-Identifier: Apache-2.0
#include <millrace/text.hpp>

#include "shape.hpp"
#include "utf8.hpp"

#include <algorithm>

namespace millrace {

std::string to_utf8(std::string_view bytes) {
  constexpr std::string_view replacement = "\xEF\xBF\xBD";
  if (bytes.starts_with(flows::utf8::byte_order_mark))
    bytes.remove_prefix(flows::utf8::byte_order_mark.size());
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t length = flows::utf8::length_at(bytes);
    text.append(length == 0 ? replacement : bytes.substr(0, length));
    bytes.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return text;
}

bool is_url(std::string_view text) noexcept {
  return shape::is_url(text);
}

} // namespace millrace

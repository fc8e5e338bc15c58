// SPDX-License-Identifier: Apache-2.0
#include <millrace/mail_address.hpp>

#include <algorithm>

namespace millrace {

bool is_mail_address(std::string_view text) noexcept {
  constexpr std::size_t bytes_max = 320; // RFC 5321: 64 + 1 + 255
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_alphanumeric = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0 || text.size() > bytes_max || text.front() == '.' ||
      text.find("..") != std::string_view::npos)
    return false;
  const std::string_view local = text.substr(0, at);
  if (!std::all_of(local.begin(), local.end(),
                   [&](char c) {
                     return is_alphanumeric(c) ||
                            std::string_view("_'+-.").find(c) != std::string_view::npos;
                   }) ||
      local.back() == '.' || local.back() == '\'')
    return false;
  std::string_view domain = text.substr(at + 1);
  const std::size_t last_dot = domain.rfind('.');
  if (last_dot == std::string_view::npos)
    return false;
  const std::string_view top = domain.substr(last_dot + 1);
  if (top.size() < 2 || !std::all_of(top.begin(), top.end(), is_letter))
    return false;
  for (domain = domain.substr(0, last_dot + 1); !domain.empty();) {
    const std::size_t dot = domain.find('.');
    const std::string_view label = domain.substr(0, dot);
    if (label.empty() || label.front() == '-' ||
        !std::all_of(label.begin(), label.end(),
                     [&](char c) { return is_alphanumeric(c) || c == '-'; }))
      return false;
    domain.remove_prefix(dot + 1);
  }
  return true;
}

} // namespace millrace

// SPDX-License-Identifier: Apache-2.0
#include "http_guard.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace millrace::services {
namespace {

using ipv6_bytes = std::array<std::uint8_t, 16>;

/// A range of IPv4 addresses.
struct ipv4_range {
  std::uint32_t first;
  std::uint32_t mask;
  const char* what;
  bool is_private = false; ///< refused only where the options ask for it
};

// Source: IANA IPv4 Special-Purpose Address Registry.
constexpr std::array ipv4_ranges{
    ipv4_range{0xA9FE0000, 0xFFFF0000, "link-local addresses lead to metadata of the machine"},
    ipv4_range{0x00000000, 0xFF000000, "it is no address of a host"},
    ipv4_range{0xE0000000, 0xF0000000, "it is a multicast address"},
    ipv4_range{0xF0000000, 0xF0000000, "it is no address of a host"},
    ipv4_range{0x7F000000, 0xFF000000, "it is this machine itself", true},
    ipv4_range{0x0A000000, 0xFF000000, "it is in a private network", true},
    ipv4_range{0xAC100000, 0xFFF00000, "it is in a private network", true},
    ipv4_range{0xC0A80000, 0xFFFF0000, "it is in a private network", true},
    ipv4_range{0x64400000, 0xFFC00000, "it is in a provider's shared network", true},
};

const char* why_refused_ipv4(const http_options& options, std::uint32_t address) {
  for (const ipv4_range& range : ipv4_ranges)
    if ((address & range.mask) == range.first &&
        (!range.is_private || options.refuse_private_addresses))
      return range.what;
  return nullptr;
}

std::uint32_t ipv4_at(const ipv6_bytes& bytes, std::size_t place) {
  std::uint32_t address = 0;
  for (std::size_t i = 0; i < 4; ++i)
    address = (address << 8U) | bytes[place + i];
  return address;
}

// IPv4 that travels as IPv6: mapped (::ffff:0:0/96), compatible (::/96), NAT64 (64:ff9b::/96) and
// 6to4 (2002::/16).
std::optional<std::uint32_t> embedded_ipv4(const ipv6_bytes& bytes) {
  constexpr ipv6_bytes nat64{0, 0x64, 0xff, 0x9b};
  constexpr std::size_t last_word = 12;
  const bool is_zero_to_10 =
      std::all_of(bytes.begin(), bytes.begin() + 10, [](auto each) { return each == 0; });
  const bool is_mapped = is_zero_to_10 && bytes[10] == 0xff && bytes[11] == 0xff;
  const bool is_compatible =
      is_zero_to_10 && bytes[10] == 0 && bytes[11] == 0 && ipv4_at(bytes, last_word) > 1;
  if (is_mapped || is_compatible ||
      std::equal(bytes.begin(), bytes.begin() + last_word, nat64.begin()))
    return ipv4_at(bytes, last_word);
  if (bytes[0] == 0x20 && bytes[1] == 0x02)
    return ipv4_at(bytes, 2);
  return std::nullopt;
}

const char* why_refused_ipv6(const http_options& options, const ipv6_bytes& bytes) {
  if (const auto inner = embedded_ipv4(bytes))
    return why_refused_ipv4(options, *inner);
  constexpr ipv6_bytes metadata{0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54};
  constexpr ipv6_bytes loopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  if (bytes == metadata || (bytes[0] == 0xfe && (bytes[1] & 0xc0U) == 0x80))
    return "link-local addresses lead to metadata of the machine";
  if (bytes == ipv6_bytes{})
    return "it is no address of a host";
  if (bytes[0] == 0xff)
    return "it is a multicast address";
  if (!options.refuse_private_addresses)
    return nullptr;
  if (bytes == loopback)
    return "it is this machine itself";
  return (bytes[0] & 0xfeU) == 0xfc ? "it is in a private network" : nullptr;
}

bool is_token_character(char c) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         others.find(c) != std::string_view::npos;
}

// "host", "host:port", "*.suffix", "*.suffix:port"
bool matches(std::string_view pattern, std::string_view host, unsigned port) {
  // The colons of an IPv6 address stand in brackets.
  const std::size_t colon = pattern.rfind(':');
  if (colon != std::string_view::npos && pattern.find(']', colon) == std::string_view::npos &&
      (pattern.front() == '[' ? pattern[colon - 1] == ']' : pattern.find(':') == colon)) {
    if (pattern.substr(colon + 1) != std::to_string(port))
      return false;
    pattern = pattern.substr(0, colon);
  }
  if (pattern.substr(0, 2) != "*.")
    return pattern == host;
  const std::string_view suffix = pattern.substr(1); // with its dot
  return host.size() > suffix.size() && host.substr(host.size() - suffix.size()) == suffix;
}

} // namespace

bool is_allowed_host(const http_options& options, std::string_view host, unsigned port) {
  const auto& allowed = options.allowed_hosts;
  return allowed.empty() || std::any_of(allowed.begin(), allowed.end(), [&](const auto& each) {
           return matches(each, host, port);
         });
}

std::optional<std::string> why_refused(const http_options& options, const sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const char* reason = "it is neither an IPv4 nor an IPv6 address";
  if (address.sa_family == AF_INET) {
    sockaddr_in inet{};
    std::memcpy(&inet, &address, sizeof inet);
    ::inet_ntop(AF_INET, &inet.sin_addr, text.data(), text.size());
    reason = why_refused_ipv4(options, ntohl(inet.sin_addr.s_addr));
  } else if (address.sa_family == AF_INET6) {
    sockaddr_in6 inet{};
    std::memcpy(&inet, &address, sizeof inet);
    ::inet_ntop(AF_INET6, &inet.sin6_addr, text.data(), text.size());
    ipv6_bytes bytes{};
    std::memcpy(bytes.data(), &inet.sin6_addr, bytes.size());
    reason = why_refused_ipv6(options, bytes);
  }
  const std::string written(text.data());
  const auto& allowed = options.allowed_addresses;
  if (!reason || std::find(allowed.begin(), allowed.end(), written) != allowed.end())
    return std::nullopt;
  return "The address " + written + " is refused: " + reason +
         ". Name it under http.allowedAddresses if it is meant.";
}

bool is_header_name(std::string_view name) noexcept {
  return !name.empty() && std::all_of(name.begin(), name.end(), is_token_character);
}

bool is_header_value(std::string_view value) noexcept {
  return std::none_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

} // namespace millrace::services

// SPDX-License-Identifier: Apache-2.0
//
// Where requests may go: which hosts, which addresses, and what may stand in a header. Addresses
// are checked when a connection is opened, on what the name was resolved to, so that no spelling,
// name or redirect leads around them.
#pragma once

#include <millrace/service_options.hpp>

#include <optional>
#include <string>
#include <string_view>

struct sockaddr;

namespace millrace::services {

/// Whether `host` (lower case) and `port` are in the list of allowed hosts; an empty list allows
/// all.
[[nodiscard]] bool is_allowed_host(const http_options& options, std::string_view host,
                                   unsigned port);

/// Why a connection to `address` is refused; absent: it is not. Refused are link-local addresses
/// (169.254.0.0/16 with the metadata service of clouds, fe80::/10), fd00:ec2::254, unspecified and
/// multicast ones, and private and loopback ones where the options say so; IPv4 inside IPv6 counts
/// as IPv4. http_options::allowed_addresses come first.
[[nodiscard]] std::optional<std::string> why_refused(const http_options& options,
                                                     const sockaddr& address);

/// Whether `name` is a token of RFC 9110.
[[nodiscard]] bool is_header_name(std::string_view name) noexcept;
/// Whether `value` has no control character but the tab.
[[nodiscard]] bool is_header_value(std::string_view value) noexcept;

} // namespace millrace::services

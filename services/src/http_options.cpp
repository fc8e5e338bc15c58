// SPDX-License-Identifier: Apache-2.0
#include "ascii.hpp"
#include "http_guard.hpp"
#include "options_reader.hpp"

#include <array>

namespace millrace::services {
namespace {

constexpr std::array<std::string_view, 7> http_members{
    "allowedAddresses",       "allowedHosts",    "caFile", "headers", "proxy",
    "refusePrivateAddresses", "responseBytesMax"};

// Values may be secrets: what is wrong with one is said without it.
std::map<std::string, std::string>
read_headers(const json::object& headers, const std::string& pointer, pointed_problems& problems) {
  std::map<std::string, std::string> all;
  for (const auto& header : headers) {
    const std::string place = child_of(pointer, header.key());
    const json::string* value = header.value().if_string();
    if (!is_header_name(header.key()))
      problems.push_back({place, "this is no name that a header may have"});
    else if (!value || !is_header_value(*value))
      problems.push_back({place, "this must be a text without line breaks"});
    else
      all.emplace(header.key(), *value);
  }
  return all;
}

} // namespace

http_options read_http(const json::object& section, const std::string& pointer,
                       pointed_problems& problems) {
  member_reader reader(section, pointer, http_members, problems);
  http_options options;
  for (const std::string& host : reader.texts("allowedHosts").value_or(std::vector<std::string>()))
    options.allowed_hosts.push_back(lower(host));
  options.allowed_addresses = reader.texts("allowedAddresses").value_or(std::vector<std::string>());
  options.refuse_private_addresses = reader.boolean("refusePrivateAddresses").value_or(false);
  if (const auto bytes = reader.whole_number("responseBytesMax", 1))
    options.response_bytes_max = static_cast<std::size_t>(*bytes);
  options.ca_file = reader.text("caFile").value_or("");
  options.proxy = reader.text("proxy").value_or("");
  const json::object* hosts = reader.object("headers");
  if (!hosts)
    return options;
  const std::string place = reader.pointer("headers");
  for (const auto& host : *hosts) {
    if (const json::object* headers = host.value().if_object())
      options.headers[lower(host.key())] =
          read_headers(*headers, child_of(place, host.key()), problems);
    else
      problems.push_back(
          {child_of(place, host.key()), "this must be an object of headers by name"});
  }
  return options;
}

} // namespace millrace::services

// SPDX-License-Identifier: Apache-2.0
#include <millrace/time_zones.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace millrace::services {
namespace {

// "America/Argentina/Buenos_Aires", "Etc/GMT+5": nothing that leads out of the folder.
bool is_zone_name(std::string_view name) {
  constexpr std::size_t characters_max = 64;
  const auto is_fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '_' || c == '-' || c == '+';
  };
  return !name.empty() && name.size() <= characters_max && name.front() != '/' &&
         std::all_of(name.begin(), name.end(), is_fine);
}

} // namespace

bool time_zones::are_there() const {
  std::error_code failure;
  return std::filesystem::is_directory(folder_, failure);
}

result<flows::time_zone> time_zones::find(std::string_view name) {
  if (name == "UTC")
    return flows::time_zone();
  const std::lock_guard lock(mutex_);
  if (const auto known = known_.find(name); known != known_.end())
    return known->second;
  const std::string file = folder_ + '/' + std::string(name);
  std::error_code failure;
  if (!is_zone_name(name) || !std::filesystem::is_regular_file(file, failure)) {
    if (!are_there())
      return error{errc::not_found, "this system has no time zones, so " + std::string(name) +
                                        " is not known; install the package tzdata"};
    return error{errc::not_found, "there is no time zone \"" + std::string(name) +
                                      "\"; use an IANA name such as Europe/Berlin"};
  }
  std::ifstream in(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  auto zone = flows::time_zone::parse(bytes);
  if (!zone)
    return error{errc::invalid_syntax, file + ": " + zone.error().message()};
  return known_.emplace(std::string(name), std::move(*zone)).first->second;
}

} // namespace millrace::services

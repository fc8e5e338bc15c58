// SPDX-License-Identifier: Apache-2.0
#include "media_types.hpp"

#include "ascii.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace millrace::services {

std::string_view media_type_by_name(std::string_view name) {
  using ending_and_type = std::pair<std::string_view, std::string_view>;
  constexpr std::array<ending_and_type, 20> known{{{"csv", "text/csv"},
                                                   {"gif", "image/gif"},
                                                   {"htm", "text/html"},
                                                   {"html", "text/html"},
                                                   {"jpeg", "image/jpeg"},
                                                   {"jpg", "image/jpeg"},
                                                   {"json", "application/json"},
                                                   {"jsonl", "application/x-jsonlines"},
                                                   {"log", "text/plain"},
                                                   {"md", "text/markdown"},
                                                   {"ndjson", "application/x-ndjson"},
                                                   {"pdf", "application/pdf"},
                                                   {"png", "image/png"},
                                                   {"svg", "image/svg+xml"},
                                                   {"txt", "text/plain"},
                                                   {"webp", "image/webp"},
                                                   {"xml", "application/xml"},
                                                   {"yaml", "application/yaml"},
                                                   {"yml", "application/yaml"},
                                                   {"zip", "application/zip"}}};
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0)
    return {};
  const std::string ending = lower(name.substr(dot + 1));
  const auto found = std::find_if(known.begin(), known.end(), [&](const ending_and_type& each) {
    return each.first == ending;
  });
  return found != known.end() ? found->second : std::string_view();
}

} // namespace millrace::services

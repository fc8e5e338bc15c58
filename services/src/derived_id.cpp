// SPDX-License-Identifier: Apache-2.0
#include "derived_id.hpp"

#include <millrace/content_hash.hpp>
#include <millrace/execution.hpp>

namespace millrace::services {

std::string derived_id(std::int64_t unix_ms, std::string_view name) {
  constexpr std::size_t digits = 16; // of 64 bits
  const std::string hash = flows::content_hash(name);
  return make_uuid_v7(unix_ms, std::stoull(hash.substr(0, digits), nullptr, 16),
                      std::stoull(hash.substr(digits, digits), nullptr, 16));
}

} // namespace millrace::services

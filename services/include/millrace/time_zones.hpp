// SPDX-License-Identifier: Apache-2.0
//
// The time zones that this system knows, by their IANA names.
#pragma once

#include <millrace/error.hpp>
#include <millrace/time_zone.hpp>

#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace millrace::services {

/// Reads each zone once, when it is asked for. Thread-safe.
class time_zones {
public:
  /// `folder`: where the system keeps the time zone database.
  explicit time_zones(std::string folder = "/usr/share/zoneinfo") : folder_(std::move(folder)) {}

  /// "UTC" is always known. Errors: `not_found` with what to do: another name, or the package
  /// tzdata where there is no database at all; `invalid_syntax` for a file that is no zone.
  [[nodiscard]] result<flows::time_zone> find(std::string_view name);
  /// Whether there is a database.
  [[nodiscard]] bool are_there() const;

private:
  const std::string folder_;
  std::mutex mutex_;
  std::map<std::string, flows::time_zone, std::less<>> known_; // guarded by mutex_
};

} // namespace millrace::services

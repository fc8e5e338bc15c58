// SPDX-License-Identifier: Apache-2.0
//
// A time zone: which clock time is which instant. Made from the bytes of a file of the time zone
// database, as systems have it; whoever reads the file is somebody else. Source: RFC 9636 (TZif).
#pragma once

#include <millrace/error.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace millrace::flows {

/// Times are Unix seconds; clock times are seconds too, counted as if the clock showed UTC.
/// Immutable, cheap to copy, thread-safe.
class time_zone {
public:
  /// UTC.
  time_zone() = default;
  /// Reads a TZif file of version 1 to 4; its rule for the time behind its last transition is
  /// followed for ever. Errors: `invalid_syntax` with what is wrong, leap seconds included.
  [[nodiscard]] static result<time_zone> parse(std::string_view bytes);

  /// How far clocks are ahead of UTC at an instant, in seconds.
  [[nodiscard]] std::int64_t offset_at(std::int64_t instant) const;
  /// The first instant at which clocks show `clock_time`; absent: they are put forward over it.
  [[nodiscard]] std::optional<std::int64_t> first_instant_of(std::int64_t clock_time) const;

private:
  friend class time_zone_reader;
  struct table;
  std::shared_ptr<const table> table_; ///< null: UTC
};

} // namespace millrace::flows

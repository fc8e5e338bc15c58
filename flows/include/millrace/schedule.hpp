// SPDX-License-Identifier: Apache-2.0
//
// Schedule expressions, as Amazon EventBridge Scheduler has them: when a SCHEDULE_START_POINT
// starts its flow. Source: EventBridge Scheduler user guide, "Schedule types" (cron, rate, at;
// daylight saving time).
#pragma once

#include <millrace/error.hpp>
#include <millrace/time_zone.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::flows {

/// `cron(minutes hours day-of-month month day-of-week year)`, `rate(value unit)` or
/// `at(yyyy-mm-ddThh:mm:ss)`. Immutable, cheap to copy, thread-safe.
///
/// cron and at speak of clock time in a zone: a time that clocks are put forward over does not
/// come, and one that they show twice counts once, the first time. rate counts real time from an
/// instant on, that instant included.
class schedule {
public:
  /// Errors: `invalid_syntax`, one sentence that names the expression's part, what it is and what
  /// is expected there.
  [[nodiscard]] static result<schedule> parse(std::string_view text);

  [[nodiscard]] const std::string& text() const noexcept;
  /// Calls `visit` with each run later than `after` and not later than `until`, in order, while it
  /// says true. Times are Unix milliseconds; `since` is where a rate begins to count, in whole
  /// seconds. No run is later than the year 2199.
  void visit_runs(const time_zone& zone, std::int64_t since, std::int64_t after, std::int64_t until,
                  const std::function<bool(std::int64_t run)>& visit) const;
  /// The first run later than `after`; absent: none comes.
  [[nodiscard]] std::optional<std::int64_t> next_run(const time_zone& zone, std::int64_t since,
                                                     std::int64_t after) const;

  /// What was written; its members are the implementation's own.
  struct rules;

private:
  schedule() = default;

  std::shared_ptr<const rules> rules_;
};

} // namespace millrace::flows

// SPDX-License-Identifier: Apache-2.0
//
// A store that fails the nth write, for sweeps over every n: the write before, or just after, it
// took effect, as a full disk and a lost acknowledgement do.
#pragma once

#include <millrace/write_decorator.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace millrace::storage::testing {

/// What the failing write does.
enum class write_failure : std::uint8_t {
  refused,       ///< nothing was written, and the store goes on
  before_effect, ///< nothing was written; the store is poisoned, as after an unknown outcome
  after_effect,  ///< everything was written; the store is poisoned, as after an unknown outcome
};

/// Which write fails, and what has happened so far. Shared by a test and the store it gave away.
struct failure_plan {
  /// Number of the write that fails, from 1; 0: none. May be set while the store is written to.
  std::atomic<std::size_t> fail_at{0};
  /// Constant once the store is written to.
  write_failure kind = write_failure::before_effect;
  /// Writes asked for up to now (commit and the put_ functions), the failing one included; not
  /// those that a poisoned store turned away.
  std::atomic<std::size_t> writes{0};
  std::atomic<bool> has_failed{false};
};

/// Wraps a store. Thread safety as that of the store within.
class failing_store final : public write_decorator<failing_store> {
public:
  failing_store(std::unique_ptr<store> inner, std::shared_ptr<failure_plan> plan);

private:
  friend class write_decorator<failing_store>;

  template <class Write>
  auto write(const Write& write) -> decltype(write()) {
    if (poison_) {
      return *poison_;
    }
    const std::size_t number = ++plan_->writes;
    if (number != plan_->fail_at) {
      return write();
    }
    plan_->has_failed = true;
    const error failure(errc::database_failed,
                        "Write number " + std::to_string(number) + " fails in this test.");
    if (plan_->kind != write_failure::refused) {
      poison_ = failure;
    }
    if (plan_->kind == write_failure::after_effect) {
      // Its own outcome does not matter: the caller never hears of it.
      [[maybe_unused]] const auto unheard = write();
    }
    return failure;
  }

  std::shared_ptr<failure_plan> plan_;
  std::optional<error> poison_;
};

} // namespace millrace::storage::testing

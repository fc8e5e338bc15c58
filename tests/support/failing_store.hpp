// SPDX-License-Identifier: Apache-2.0
//
// A store that fails the nth write, for sweeps over every n: the write before, or just after, it
// took effect, as a full disk and a lost acknowledgement do.
#pragma once

#include "store_decorator.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>

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
class failing_store final : public store_decorator {
public:
  failing_store(std::unique_ptr<store> inner, std::shared_ptr<failure_plan> plan);

  result<std::vector<unit_outcome>> commit(std::span<const commit_unit> units) override;
  result<void> put_flow_versions(std::span<const flow_version_record> versions) override;
  result<void> put_flow_variables(std::string_view flow_definition_id,
                                  std::string_view variables) override;
  result<void> put_record(std::string_view kind, std::string_view id,
                          std::string_view record) override;
  result<std::int64_t> put_pinned_definition(std::string_view content_hash,
                                             std::string_view definition) override;
  result<removal> remove_executions(std::span<const execution_key> keys, std::int64_t now,
                                    std::size_t rows_max) override;
  result<std::size_t> forget_spent_ids(std::int64_t until, std::size_t limit) override;
  result<void> remove_pinned_definitions(std::span<const std::int64_t> keys) override;

private:
  template <class Write>
  auto write(Write&& write) -> decltype(write());

  std::shared_ptr<failure_plan> plan_;
  std::optional<error> poison_;
};

} // namespace millrace::storage::testing

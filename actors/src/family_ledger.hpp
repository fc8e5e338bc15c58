// SPDX-License-Identifier: Apache-2.0
//
// What executions of one family have to agree on: how many they are, so that max_family_size holds
// although many start at once, and whether the whole family is being cancelled. The rows are the
// truth: a family is counted when the first of its executions comes to memory, and forgotten with
// the last.
#pragma once

#include <millrace/family_budgets.hpp>
#include <millrace/store.hpp>

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace millrace::actors {

/// Thread-safe.
class family_ledger {
public:
  family_ledger(storage::store& store, family_budgets budgets) noexcept
      : store_(store), budgets_(budgets) {}

  [[nodiscard]] const family_budgets& budgets() const noexcept { return budgets_; }
  /// Takes part in the counting of a family until release(): everything that the caller adds
  /// meanwhile must be committed, or never be, by then. `not_stored_yet`: members that no row and
  /// no other holder stands for. Errors: the store's.
  [[nodiscard]] result<void> hold(storage::execution_key root, std::int64_t not_stored_yet);
  void release(storage::execution_key root);
  /// Counts one more member of a family that the caller holds; false: max_family_size is reached.
  [[nodiscard]] bool add_member(storage::execution_key root);

  /// From now until no_longer_ending(), executions of this family end as soon as they come to
  /// memory: else a chain of short executions could outrun its cancellation for ever.
  void ending(storage::execution_key root, std::string reason);
  void no_longer_ending(storage::execution_key root);
  /// Why executions of this family have to end; nothing: they do not.
  [[nodiscard]] std::optional<std::string> why_ending(storage::execution_key root);

private:
  struct family {
    std::int64_t members = 0; ///< rows, and those on their way there
    std::int64_t holders = 0;
  };

  storage::store& store_;
  const family_budgets budgets_;
  std::mutex mutex_;
  std::unordered_map<storage::execution_key, family> families_;
  std::multimap<storage::execution_key, std::string> ending_; ///< once per cancellation under way
};

} // namespace millrace::actors

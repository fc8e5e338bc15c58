// SPDX-License-Identifier: Apache-2.0
#include "family_ledger.hpp"

namespace millrace::actors {

result<void> family_ledger::hold(storage::execution_key root, std::int64_t not_stored_yet) {
  const std::lock_guard lock(mutex_);
  const auto [entry, is_new] = families_.try_emplace(root);
  if (is_new) {
    // Under the lock: nobody may start between the counting and the entry.
    const auto members = store_.count_family(root);
    if (!members) {
      families_.erase(entry);
      return members.error();
    }
    entry->second.members = *members + not_stored_yet;
  }
  ++entry->second.holders;
  return {};
}

void family_ledger::release(storage::execution_key root) {
  const std::lock_guard lock(mutex_);
  const auto entry = families_.find(root);
  if (entry != families_.end() && --entry->second.holders == 0)
    families_.erase(entry);
}

bool family_ledger::add_member(storage::execution_key root) {
  const std::lock_guard lock(mutex_);
  family& counted = families_[root];
  if (counted.members >= budgets_.max_family_size)
    return false;
  ++counted.members;
  return true;
}

void family_ledger::ending(storage::execution_key root, std::string reason) {
  const std::lock_guard lock(mutex_);
  ending_.emplace(root, std::move(reason));
}

void family_ledger::no_longer_ending(storage::execution_key root) {
  const std::lock_guard lock(mutex_);
  if (const auto one = ending_.find(root); one != ending_.end())
    ending_.erase(one);
}

std::optional<std::string> family_ledger::why_ending(storage::execution_key root) {
  const std::lock_guard lock(mutex_);
  const auto found = ending_.find(root);
  return found == ending_.end() ? std::nullopt : std::optional(found->second);
}

} // namespace millrace::actors

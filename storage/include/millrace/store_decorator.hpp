// SPDX-License-Identifier: Apache-2.0
//
// A store that passes every call on to another one: the base of those that simulations and tests
// put between the engine and its database, each of which changes a few calls.
#pragma once

#include <millrace/store.hpp>

#include <memory>

namespace millrace::storage {

/// Wraps a store. Thread safety as that of the store within.
class store_decorator : public store {
public:
  explicit store_decorator(std::unique_ptr<store> inner) : inner_(std::move(inner)) {}

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

  result<std::vector<flow_version_record>> flow_versions() override;
  result<std::vector<std::pair<std::string, std::string>>> flow_variables() override;
  result<std::vector<std::pair<std::string, std::string>>> records(std::string_view kind) override;
  result<std::string> pinned_definition(std::int64_t key) override;
  result<std::vector<std::int64_t>> pinned_definitions() override;
  result<execution_row> find_execution(std::string_view id) override;
  result<execution_row> find_execution(execution_key key) override;
  result<std::vector<execution_row>> find_executions(const execution_query& query) override;
  result<std::vector<execution_key>> unfinished(execution_key after, std::size_t limit) override;
  result<std::vector<execution_key>> due(std::int64_t now, std::size_t limit) override;
  result<std::vector<execution_key>> with_inbox(std::size_t limit) override;
  result<std::int64_t> next_due(std::int64_t after) override;
  result<std::int64_t> next_wake() override;
  result<execution_key> waiting_for(std::string_view correlation_key) override;
  result<std::vector<wait_entry>> waits(execution_key key) override;
  result<stored_state> load_state(execution_key key) override;
  result<execution_row> find_child(execution_key parent, std::string_view step,
                                   std::int64_t visit) override;
  result<std::vector<step_record>> step_records(execution_key key) override;
  result<std::int64_t> count_family(execution_key root) override;
  result<std::int64_t> count_children(execution_key parent) override;
  result<std::vector<swept_row>> rows_below(execution_key below, std::size_t limit) override;
  result<execution_key> last_key() override;
  result<store_counts> counts() override;

protected:
  [[nodiscard]] store& inner() noexcept { return *inner_; }

private:
  std::unique_ptr<store> inner_;
};

} // namespace millrace::storage

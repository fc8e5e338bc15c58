// SPDX-License-Identifier: Apache-2.0
//
// What the store can be asked, each as a function over one connection; store.hpp says what each
// answers. They read only, and throw sqlite_failure.
#pragma once

#include "statement.hpp"

#include <millrace/store.hpp>

namespace millrace::storage {

[[nodiscard]] std::optional<execution_row> find_by_id(connection& database, std::string_view id);
[[nodiscard]] std::optional<execution_row> find_by_key(connection& database, execution_key key);
[[nodiscard]] std::optional<execution_row> find_by_parent(connection& database,
                                                          execution_key parent,
                                                          std::string_view step,
                                                          std::int64_t visit);
[[nodiscard]] std::vector<execution_row> find_rows(connection& database,
                                                   const execution_query& query);

[[nodiscard]] std::vector<execution_key> find_unfinished(connection& database, execution_key after,
                                                         std::size_t limit);
[[nodiscard]] std::vector<execution_key> find_due(connection& database, std::int64_t now,
                                                  std::size_t limit);
[[nodiscard]] std::vector<execution_key> find_with_inbox(connection& database, std::size_t limit);
[[nodiscard]] std::int64_t find_next_due(connection& database, std::int64_t after);
[[nodiscard]] std::int64_t find_next_wake(connection& database);
[[nodiscard]] execution_key find_waiting_for(connection& database,
                                             std::string_view correlation_key);

[[nodiscard]] std::vector<wait_entry> read_waits(connection& database, execution_key key);
[[nodiscard]] stored_state read_state(connection& database, execution_key key);
[[nodiscard]] std::vector<step_record> read_step_records(connection& database, execution_key key);
[[nodiscard]] std::int64_t count_members(connection& database, execution_key root);
[[nodiscard]] std::int64_t count_started_by(connection& database, execution_key parent);
[[nodiscard]] execution_key read_last_key(connection& database);
[[nodiscard]] store_counts read_counts(connection& database);

} // namespace millrace::storage

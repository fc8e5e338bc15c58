// SPDX-License-Identifier: Apache-2.0
//
// Removing what has ended, each step as a function over one connection; store.hpp says what each
// promises. Those that write expect an open transaction. They throw sqlite_failure.
#pragma once

#include "statement.hpp"

#include <millrace/store.hpp>

namespace millrace::storage {

[[nodiscard]] std::vector<swept_row> read_rows_below(connection& database, execution_key below,
                                                     std::size_t limit);
[[nodiscard]] std::vector<std::int64_t> read_pinned_keys(connection& database);

[[nodiscard]] removal remove_finished(connection& database, std::span<const execution_key> keys,
                                      std::int64_t now, std::size_t rows_max);
[[nodiscard]] std::size_t forget_ids(connection& database, std::int64_t until, std::size_t limit);
void drop_pinned_definitions(connection& database, std::span<const std::int64_t> keys);

} // namespace millrace::storage

// SPDX-License-Identifier: Apache-2.0
//
// Flow versions, flow variables, reusable records and pinned definitions: what executions are made
// from. Functions over one connection; the put_ ones expect an open transaction. They throw
// sqlite_failure.
#pragma once

#include "statement.hpp"

#include <millrace/store.hpp>

#include <utility>

namespace millrace::storage {

using texts_by_id = std::vector<std::pair<std::string, std::string>>;

void write_flow_version(connection& database, const flow_version_record& version);
void write_flow_variables(connection& database, std::string_view flow_definition_id,
                          std::string_view variables);
void write_record(connection& database, std::string_view kind, std::string_view id,
                  std::string_view record);
/// Returns the key of the new row.
[[nodiscard]] std::int64_t write_pinned_definition(connection& database,
                                                   std::string_view content_hash,
                                                   std::string_view definition);

/// The key under which a definition with this hash is stored; 0: it is not.
[[nodiscard]] std::int64_t find_pinned_definition(connection& database,
                                                  std::string_view content_hash);
[[nodiscard]] std::vector<flow_version_record> read_flow_versions(connection& database);
[[nodiscard]] texts_by_id read_flow_variables(connection& database);
[[nodiscard]] texts_by_id read_records(connection& database, std::string_view kind);
[[nodiscard]] std::optional<std::string> read_pinned_definition(connection& database,
                                                                std::int64_t key);

} // namespace millrace::storage

// SPDX-License-Identifier: Apache-2.0
//
// The tables, and the way from every earlier version to this one. A file is ours when its
// application_id says so; its version is PRAGMA user_version.
#pragma once

#include "statement.hpp"

namespace millrace::storage {

/// "Mlrc" in the header of every database file of ours.
inline constexpr std::int64_t application_id = 0x4d6c7263;

/// Creates the tables or brings them to schema_version(), each step in a transaction of its own
/// with its version number. Does nothing when the file is current. Throws sqlite_failure, and then
/// the file has the version of the last step that was completed.
void migrate(connection& database);

} // namespace millrace::storage

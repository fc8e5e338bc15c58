// SPDX-License-Identifier: Apache-2.0
//
// A table in a SQLite file, for the limits: rows in, by a prepared statement, and nothing else.
#pragma once

#include <millrace/durability.hpp>

#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace millrace::bench {

/// A new database with one table, in WAL mode, as durable as an engine's at that level. Used by one
/// thread at a time. Everything throws `failure` when SQLite refuses.
class sqlite_rows {
public:
  sqlite_rows(const std::string& file, durability level);
  ~sqlite_rows();
  sqlite_rows(const sqlite_rows&) = delete;
  sqlite_rows& operator=(const sqlite_rows&) = delete;

  /// One row; a transaction of its own unless one has begun.
  void insert(std::string_view body);
  void begin();
  void commit();

private:
  void run(sqlite3_stmt* statement);
  sqlite3_stmt* prepare(const char* sql);
  void execute(const std::string& sql);

  sqlite3* database_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  sqlite3_stmt* begin_ = nullptr;
  sqlite3_stmt* commit_ = nullptr;
};

} // namespace millrace::bench

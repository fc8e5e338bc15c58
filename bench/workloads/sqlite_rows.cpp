// SPDX-License-Identifier: Apache-2.0
#include "sqlite_rows.hpp"

#include "workload.hpp"

#include <sqlite3.h>

namespace millrace::bench {
namespace {

constexpr int one_thread_at_a_time =
    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

std::string_view synchronous_of(durability level) {
  switch (level) {
  case durability::power_loss: return "FULL";
  case durability::process_crash: return "NORMAL";
  case durability::none: break;
  }
  return "OFF";
}

} // namespace

sqlite_rows::sqlite_rows(const std::string& file, durability level) {
  if (sqlite3_open_v2(file.c_str(), &database_, one_thread_at_a_time, nullptr) != SQLITE_OK)
    throw failure("'" + file + "' could not be made.");
  execute("PRAGMA journal_mode = WAL");
  execute("PRAGMA synchronous = " + std::string(synchronous_of(level)));
  execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, body BLOB)");
  insert_ = prepare("INSERT INTO rows (body) VALUES (?)");
  begin_ = prepare("BEGIN IMMEDIATE");
  commit_ = prepare("COMMIT");
}

sqlite_rows::~sqlite_rows() {
  for (sqlite3_stmt* each : {insert_, begin_, commit_})
    sqlite3_finalize(each);
  sqlite3_close(database_);
}

void sqlite_rows::insert(std::string_view body) {
  sqlite3_bind_blob64(insert_, 1, body.data(), body.size(), SQLITE_STATIC);
  run(insert_);
}

void sqlite_rows::begin() {
  run(begin_);
}

void sqlite_rows::commit() {
  run(commit_);
}

void sqlite_rows::run(sqlite3_stmt* statement) {
  const int outcome = sqlite3_step(statement);
  sqlite3_reset(statement);
  if (outcome != SQLITE_DONE)
    throw failure(std::string("SQLite refuses a row: ") + sqlite3_errmsg(database_));
}

sqlite3_stmt* sqlite_rows::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr) != SQLITE_OK)
    throw failure(std::string("SQLite refuses a statement: ") + sqlite3_errmsg(database_));
  return statement;
}

void sqlite_rows::execute(const std::string& sql) {
  if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    throw failure(std::string("SQLite refuses a statement: ") + sqlite3_errmsg(database_));
}

} // namespace millrace::bench

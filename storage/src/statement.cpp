// SPDX-License-Identifier: Apache-2.0
#include "statement.hpp"

#include <sqlite3.h>

namespace millrace::storage {

namespace {

[[noreturn]] void fail(sqlite3* database, int code) {
  const char* text = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  throw sqlite_failure(code, text);
}

/// COMMIT failed before SQLite wrote anything: the lock was not to be had, or a constraint checked
/// at commit does not hold. Everything else may have reached the disk in part or in whole.
bool is_clean_commit_failure(int code) noexcept {
  const int primary = code & 0xff;
  return primary == SQLITE_BUSY || primary == SQLITE_CONSTRAINT;
}

} // namespace

void statement::finalizer::operator()(sqlite3_stmt* handle) const noexcept {
  sqlite3_finalize(handle);
}

statement::statement(sqlite3* database, std::string_view sql) : database_(database) {
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) {
    fail(database, code);
  }
}

bool statement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) {
    return true;
  }
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  // The message belongs to the failed step; take it before the reset.
  const sqlite_failure failure(sqlite3_extended_errcode(database_), sqlite3_errmsg(database_));
  reset();
  throw failure;
}

int statement::run() {
  while (step()) {
  }
  return sqlite3_changes(database_);
}

void statement::reset() noexcept {
  sqlite3_reset(handle_.get());
}

std::int64_t statement::number(int column) const noexcept {
  return sqlite3_column_int64(handle_.get(), column);
}

std::string statement::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
  const int size = sqlite3_column_bytes(handle_.get(), column);
  return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(size));
}

void statement::bind_at(int index, std::int64_t value) {
  check(sqlite3_bind_int64(handle_.get(), index, value));
}

void statement::bind_at(int index, std::string_view value) {
  // A null pointer would bind NULL; the null destructor says that the text outlives the step.
  const char* bytes = value.empty() ? "" : value.data();
  check(sqlite3_bind_text64(handle_.get(), index, bytes, value.size(), nullptr, SQLITE_UTF8));
}

void statement::bind_at(int index, text_or_null value) {
  value.text.empty() ? bind_null(index) : bind_at(index, value.text);
}

void statement::bind_at(int index, number_or_null value) {
  value.number == 0 ? bind_null(index) : bind_at(index, value.number);
}

void statement::bind_null(int index) {
  check(sqlite3_bind_null(handle_.get(), index));
}

void statement::check(int code) const {
  if (code != SQLITE_OK) {
    fail(database_, code);
  }
}

void connection::closer::operator()(sqlite3* handle) const noexcept {
  sqlite3_close_v2(handle);
}

connection::connection(const std::string& file, int flags) {
  sqlite3* handle = nullptr;
  // Each connection is used by one thread at a time, so SQLite's own mutexes would be waste.
  const int code = sqlite3_open_v2(file.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) {
    fail(handle, code);
  }
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, busy_timeout_ms);
}

borrowed_statement connection::use(std::string_view sql) {
  auto found = kept_.find(sql);
  if (found == kept_.end()) {
    found = kept_.emplace(std::string(sql), std::make_unique<statement>(handle_.get(), sql)).first;
  }
  return borrowed_statement(*found->second);
}

void connection::execute(const std::string& sql) {
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    fail(handle_.get(), sqlite3_extended_errcode(handle_.get()));
  }
}

std::int64_t connection::read_number(std::string_view sql) {
  statement once(handle_.get(), sql);
  return once.step() ? once.number(0) : 0;
}

std::string connection::read_text(std::string_view sql) {
  statement once(handle_.get(), sql);
  return once.step() ? once.text(0) : std::string();
}

bool connection::in_transaction() const noexcept {
  return sqlite3_get_autocommit(handle_.get()) == 0;
}

transaction::transaction(connection& owner, access wanted) : owner_(owner) {
  owner_.use(wanted == access::write ? "BEGIN IMMEDIATE" : "BEGIN")->run();
}

transaction::~transaction() {
  // SQLite has already rolled back by itself after some errors (full disk, I/O). A rollback that
  // fails leaves the connection in its transaction, which the store looks at.
  if (owner_.in_transaction()) {
    sqlite3_exec(owner_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void transaction::commit() {
  try {
    owner_.use("COMMIT")->run();
  } catch (const sqlite_failure& failure) {
    if (is_clean_commit_failure(failure.code())) {
      throw;
    }
    throw unknown_outcome(failure.code(), failure.what());
  }
}

} // namespace millrace::storage

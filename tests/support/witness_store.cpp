// SPDX-License-Identifier: Apache-2.0
#include "witness_store.hpp"

#include <functional>
#include <stdexcept>

#include <sqlite3.h>

namespace millrace::storage::testing {

namespace {

constexpr const char* tables_sql =
    "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";

int append_row(void* kept, int count, char** values, char** /*names*/) {
  auto& text = *static_cast<std::string*>(kept);
  for (int i = 0; i < count; ++i) {
    text += values[i] == nullptr ? "\x01" : values[i];
    text += '\x1f';
  }
  text += '\x1e';
  return 0;
}

int append_name(void* kept, int /*count*/, char** values, char** /*names*/) {
  static_cast<std::vector<std::string>*>(kept)->emplace_back(values[0]);
  return 0;
}

} // namespace

void content_reader::closer::operator()(sqlite3* handle) const noexcept {
  sqlite3_close_v2(handle);
}

content_reader::content_reader(const std::string& path) {
  sqlite3* handle = nullptr;
  // What cannot be opened says so when it is read.
  sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READONLY, nullptr);
  handle_.reset(handle);
}

std::optional<row_hash> content_reader::read() const {
  std::vector<std::string> tables;
  std::string text;
  bool is_read =
      sqlite3_exec(handle_.get(), tables_sql, append_name, &tables, nullptr) == SQLITE_OK;
  for (const std::string& table : tables) {
    text += table + '\x1d';
    const std::string sql = "SELECT * FROM " + table;
    is_read = is_read &&
              sqlite3_exec(handle_.get(), sql.c_str(), append_row, &text, nullptr) == SQLITE_OK;
  }
  if (!is_read || tables.empty())
    return std::nullopt;
  return std::hash<std::string>{}(text);
}

witness_store::witness_store(std::unique_ptr<store> inner, const std::string& path,
                             std::shared_ptr<testimony> said, acknowledgement when)
    : write_decorator(std::move(inner)), said_(std::move(said)), when_(when), rows_(path) {
  said_->contents.push_back(rows_.read().value());
}

} // namespace millrace::storage::testing

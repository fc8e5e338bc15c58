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
    : store_decorator(std::move(inner)), said_(std::move(said)), when_(when), rows_(path) {
  said_->contents.push_back(rows_.read().value());
}

template <class Write>
auto witness_store::write(Write&& write) -> decltype(write()) {
  if (when_ == acknowledgement::before_commit)
    said_->disk.acknowledge();
  auto outcome = write();
  if (outcome.has_error())
    throw std::runtime_error("a witness serves a sound store: " + outcome.error().message());
  said_->contents.push_back(rows_.read().value());
  if (when_ == acknowledgement::after_commit)
    said_->disk.acknowledge();
  return outcome;
}

result<std::vector<unit_outcome>> witness_store::commit(std::span<const commit_unit> units) {
  return write([&] { return inner().commit(units); });
}

result<void> witness_store::put_flow_versions(std::span<const flow_version_record> versions) {
  return write([&] { return inner().put_flow_versions(versions); });
}

result<void> witness_store::put_flow_variables(std::string_view flow_definition_id,
                                               std::string_view variables) {
  return write([&] { return inner().put_flow_variables(flow_definition_id, variables); });
}

result<void> witness_store::put_record(std::string_view kind, std::string_view id,
                                       std::string_view record) {
  return write([&] { return inner().put_record(kind, id, record); });
}

result<std::int64_t> witness_store::put_pinned_definition(std::string_view content_hash,
                                                          std::string_view definition) {
  return write([&] { return inner().put_pinned_definition(content_hash, definition); });
}

result<removal> witness_store::remove_executions(std::span<const execution_key> keys,
                                                 std::int64_t now, std::size_t rows_max) {
  return write([&] { return inner().remove_executions(keys, now, rows_max); });
}

result<std::size_t> witness_store::forget_spent_ids(std::int64_t until, std::size_t limit) {
  return write([&] { return inner().forget_spent_ids(until, limit); });
}

result<void> witness_store::remove_pinned_definitions(std::span<const std::int64_t> keys) {
  return write([&] { return inner().remove_pinned_definitions(keys); });
}

} // namespace millrace::storage::testing

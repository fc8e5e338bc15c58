// SPDX-License-Identifier: Apache-2.0
//
// Tables of items, where DynamoDB stood: reading, querying and updating with its expressions.
#pragma once

#include "item_expressions.hpp"
#include "store_at_first_use.hpp"

#include <millrace/item_store.hpp>
#include <millrace/service_options.hpp>

#include <limits>
#include <memory>

namespace millrace::services {

/// What a query or a scan reads.
struct item_query {
  std::string table;
  std::string index;            ///< empty: the table itself
  std::optional<condition> key; ///< absent: a scan
  std::optional<condition> filter;
  std::optional<std::vector<document_path>> projection;
  std::size_t limit = std::numeric_limits<std::size_t>::max(); ///< items read, before the filter
  bool is_ascending = true;
  bool is_one_page = true; ///< ends after the megabyte that DynamoDB reads at a time
};

struct item_page {
  std::vector<json::object> items; ///< attributes
  std::size_t scanned_count = 0;   ///< before the filter
};

struct item_update {
  std::string table;
  std::vector<update_action> actions;
  std::optional<condition> only_if;
};

/// The tables within one transaction. Functions throw step_error, with the names that DynamoDB
/// gives.
class table_session {
public:
  table_session(const item_options& options, storage::item_session& items)
      : options_(options), items_(items) {}

  /// `key`: attributes. Absent: there is no such item.
  [[nodiscard]] std::optional<json::object> get(const std::string& table, const json::object& key);
  [[nodiscard]] item_page query(const item_query& wanted);
  /// The item after the update. Throws ConditionalCheckFailedException.
  json::object update(const item_update& wanted, const json::object& key);
  /// Names of the attributes that are the key.
  [[nodiscard]] std::vector<std::string> key_attributes(const std::string& table);

private:
  /// How a table finds its items.
  struct layout {
    table_options options;
    bool is_declared = false;
    std::vector<std::string> learnt_key; ///< of a table that is not declared
  };

  layout layout_of(const std::string& table);
  std::vector<json::object> declared_items(const item_query& wanted, const table_options& table);
  std::vector<json::object> learnt_items(const item_query& wanted, const layout& known);
  void move_items(const std::string& table, const layout& to);
  void write(const std::string& table, const layout& known, const json::object& item);
  static storage::item_key key_of(const layout& known, const json::object& item);
  static void check_key(const layout& known, const json::object& key);

  const item_options& options_;
  storage::item_session& items_;
};

/// Thread-safe. A table that the options do not name comes into being with its first item, whose
/// key says which attributes are the table's; its items have the order that a query's key condition
/// asks for.
class item_tables {
public:
  /// `file`: of the database, whose folder is made; ":memory:" for one in memory.
  item_tables(item_options options, std::string file)
      : options_(std::move(options)), store_(std::move(file), storage::open_item_store) {}

  /// Runs `work` as one transaction, which happens once for a `key` that is not empty: what runs
  /// again has the outcome of the first time. Nothing is changed when it throws; trouble with the
  /// database is transient.
  [[nodiscard]] step_result run(std::string_view key, std::int64_t now,
                                const std::function<json::value(table_session&)>& work);

private:
  const item_options options_;
  store_at_first_use<storage::item_store> store_;
};

} // namespace millrace::services

// SPDX-License-Identifier: Apache-2.0
//
// Tables of items with secondary indexes, in a database of their own: what Amazon DynamoDB keeps.
// What an item is and what an expression does to it is the caller's; here are keys, order and
// transactions.
#pragma once

#include <millrace/error.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::storage {

/// The place of an item: texts whose order of bytes is the order of the keys.
struct item_key {
  std::string partition;
  std::string sort; ///< empty where the table has no sort key
};

/// An item's place in a secondary index. An item that lacks an index's attributes has none there.
struct item_place {
  std::string index;
  item_key key;
};

/// One transaction on the tables. Its functions throw what the store turns into an error; a caller
/// lets that pass.
class item_session {
public:
  virtual ~item_session() = default;

  [[nodiscard]] virtual std::optional<std::string> read(std::string_view table,
                                                        const item_key& key) = 0;
  /// Puts the document in place of what was there.
  virtual void write(std::string_view table, const item_key& key, std::string_view document,
                     const std::vector<item_place>& places) = 0;
  /// Removes all items of a table.
  virtual void clear(std::string_view table) = 0;
  /// Items of the table in the order of an index (empty: of the table itself), of one partition or
  /// of all of them, until `visit` returns false. `visit` must not write.
  virtual void visit(std::string_view table, std::string_view index,
                     const std::optional<std::string>& partition, bool ascending,
                     const std::function<bool(const std::string& document)>& visit) = 0;
  /// What describes a table (its keys), kept with it; absent: it is not known yet.
  [[nodiscard]] virtual std::optional<std::string> description(std::string_view table) = 0;
  virtual void describe(std::string_view table, std::string_view description) = 0;
  /// The outcome of what was done under a key before; kept for 30 days.
  [[nodiscard]] virtual std::optional<std::string> done_before(std::string_view key) = 0;
  virtual void set_done(std::string_view key, std::string_view outcome, std::int64_t now) = 0;
};

/// Thread-safe.
class item_store {
public:
  virtual ~item_store() = default;

  /// Runs `work` as one transaction that is durable at return; one that throws is rolled back.
  /// Errors: `database_failed`.
  [[nodiscard]] virtual result<void> run(const std::function<void(item_session&)>& work) = 0;
};

/// Opens `file`, creating it; ":memory:" for one in memory. Errors: `database_unusable`.
[[nodiscard]] result<std::unique_ptr<item_store>> open_item_store(const std::string& file);

} // namespace millrace::storage

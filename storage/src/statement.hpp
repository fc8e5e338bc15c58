// SPDX-License-Identifier: Apache-2.0
//
// SQLite with owners: a connection closes itself, a statement is prepared once and used many times,
// a transaction that nobody commits is rolled back. Failures are thrown as sqlite_failure inside
// this room only; sqlite_store turns them into errors at its boundary.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace millrace::storage {

/// A call into SQLite failed.
class sqlite_failure : public std::runtime_error {
public:
  /// `code`: an extended SQLite result code.
  sqlite_failure(int code, const std::string& message) : std::runtime_error(message), code_(code) {}

  [[nodiscard]] int code() const noexcept { return code_; }
  /// The primary result code (SQLITE_FULL, SQLITE_IOERR and so on).
  [[nodiscard]] int primary_code() const noexcept { return code_ & 0xff; }

private:
  int code_;
};

/// COMMIT itself failed in a way that leaves open whether the transaction is durable.
class unknown_outcome : public sqlite_failure {
public:
  using sqlite_failure::sqlite_failure;
};

/// Text that is stored as NULL when it is empty.
struct text_or_null {
  std::string_view text;
};

/// A number that is stored as NULL when it is zero.
struct number_or_null {
  std::int64_t number;
};

/// A prepared statement. Texts are bound without a copy: they must live until the statement is
/// reset or has run to its end.
class statement {
public:
  statement(sqlite3* database, std::string_view sql);

  /// Binds all parameters, from ?1 on; an empty optional binds NULL.
  template <class... Values>
  statement& bind(const Values&... values) {
    int index = 0;
    (bind_at(++index, values), ...);
    return *this;
  }
  void bind_at(int index, std::int64_t value);
  void bind_at(int index, std::string_view value);
  void bind_at(int index, const std::string& value) { bind_at(index, std::string_view(value)); }
  void bind_at(int index, text_or_null value);
  void bind_at(int index, number_or_null value);
  template <class Value>
  void bind_at(int index, const std::optional<Value>& value) {
    value ? bind_at(index, *value) : bind_null(index);
  }
  /// Advances to the next row; false at the end, when the statement is reset.
  bool step();
  /// Runs to the end and resets. Returns the number of rows that were changed.
  int run();
  void reset() noexcept;

  /// Column values of the current row, from 0 on; NULL reads as 0 and as empty text.
  [[nodiscard]] std::int64_t number(int column) const noexcept;
  [[nodiscard]] std::string text(int column) const;

private:
  struct finalizer {
    void operator()(sqlite3_stmt* handle) const noexcept;
  };

  void bind_null(int index);
  void check(int code) const;

  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, finalizer> handle_;
};

/// A kept statement in use; reset when it goes out of scope, so that no forgotten cursor pins the
/// write-ahead log.
class borrowed_statement {
public:
  explicit borrowed_statement(statement& borrowed) noexcept : borrowed_(borrowed) {}
  ~borrowed_statement() { borrowed_.reset(); }
  borrowed_statement(const borrowed_statement&) = delete;
  borrowed_statement& operator=(const borrowed_statement&) = delete;

  statement* operator->() const noexcept { return &borrowed_; }
  statement& operator*() const noexcept { return borrowed_; }

private:
  statement& borrowed_;
};

/// How long a connection waits for another program that holds SQLite's lock (a sqlite3 shell).
inline constexpr int busy_timeout_ms = 5000;

/// One SQLite connection with the statements it has prepared. One thread at a time.
class connection {
public:
  /// `file`: a path, a `file:` URI or ":memory:"; `flags`: SQLITE_OPEN_*.
  connection(const std::string& file, int flags);

  /// The statement for `sql`, prepared at first use and kept.
  [[nodiscard]] borrowed_statement use(std::string_view sql);
  /// Runs one or more statements once.
  void execute(const std::string& sql);
  /// The first column of the first row; 0 and empty when there is none.
  [[nodiscard]] std::int64_t read_number(std::string_view sql);
  [[nodiscard]] std::string read_text(std::string_view sql);
  [[nodiscard]] bool in_transaction() const noexcept;
  [[nodiscard]] sqlite3* handle() const noexcept { return handle_.get(); }

private:
  struct closer {
    void operator()(sqlite3* handle) const noexcept;
  };
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };

  // Declared in this order so that the statements are finalized before the connection closes.
  std::unique_ptr<sqlite3, closer> handle_;
  std::unordered_map<std::string, std::unique_ptr<statement>, text_hash, std::equal_to<>> kept_;
};

/// A transaction: rolled back by the destructor unless commit() has returned.
class transaction {
public:
  enum class access : std::uint8_t {
    read,  ///< one consistent view for several queries
    write, ///< BEGIN IMMEDIATE: the write lock is taken now, not at the first write
  };

  transaction(connection& owner, access wanted);
  ~transaction();
  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;

  /// Throws unknown_outcome when the transaction may or may not be durable, any other
  /// sqlite_failure when it has certainly not happened.
  void commit();

private:
  connection& owner_;
};

} // namespace millrace::storage

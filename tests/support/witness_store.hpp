// SPDX-License-Identifier: Apache-2.0
//
// A store that writes down what it has acknowledged, so that what a crash leaves can be held
// against it: every write is one transaction, hence a sound database holds exactly the first so
// many of them.
#pragma once

#include "disk_recording.hpp"
#include <millrace/write_decorator.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

struct sqlite3;

namespace millrace::storage::testing {

/// Everything that the tables of a database hold, as one number.
using row_hash = std::size_t;

/// Reads what the tables hold at this moment, on a read-only connection of its own.
class content_reader {
public:
  explicit content_reader(const std::string& path);
  /// Empty: it is no database yet, has a transaction to undo, or is damaged.
  [[nodiscard]] std::optional<row_hash> read() const;

private:
  struct closer {
    void operator()(sqlite3* handle) const noexcept;
  };
  std::unique_ptr<sqlite3, closer> handle_;
};

/// What a run has acknowledged. Read after the run.
struct testimony {
  disk_recording disk;
  /// What the tables held as the database was opened, and after each acknowledged write.
  std::vector<row_hash> contents;
};

/// When a witness says that a write is acknowledged.
enum class acknowledgement : std::uint8_t {
  after_commit,
  before_commit, ///< a planted defect: what it says may be lost
};

/// Wraps the store of the file `path`, which is on a recording faulty_disk.
class witness_store final : public write_decorator<witness_store> {
public:
  witness_store(std::unique_ptr<store> inner, const std::string& path,
                std::shared_ptr<testimony> said,
                acknowledgement when = acknowledgement::after_commit);

private:
  friend class write_decorator<witness_store>;

  template <class Write>
  auto write(const Write& write) -> decltype(write()) {
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

  std::shared_ptr<testimony> said_;
  acknowledgement when_;
  content_reader rows_; // closed before the store within, which tidies up as the last one
};

} // namespace millrace::storage::testing

// SPDX-License-Identifier: Apache-2.0
//
// A store that writes down what it has acknowledged, so that what a crash leaves can be held
// against it: every write is one transaction, hence a sound database holds exactly the first so
// many of them.
#pragma once

#include "disk_recording.hpp"
#include "store_decorator.hpp"

#include <cstddef>
#include <memory>
#include <optional>
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
class witness_store final : public store_decorator {
public:
  witness_store(std::unique_ptr<store> inner, const std::string& path,
                std::shared_ptr<testimony> said,
                acknowledgement when = acknowledgement::after_commit);

  result<std::vector<unit_outcome>> commit(std::span<const commit_unit> units) override;
  result<void> put_flow_versions(std::span<const flow_version_record> versions) override;
  result<void> put_flow_variables(std::string_view flow_definition_id,
                                  std::string_view variables) override;
  result<void> put_record(std::string_view kind, std::string_view id,
                          std::string_view record) override;
  result<std::int64_t> put_pinned_definition(std::string_view content_hash,
                                             std::string_view definition) override;
  result<removal> remove_executions(std::span<const execution_key> keys, std::int64_t now,
                                    std::size_t rows_max) override;
  result<std::size_t> forget_spent_ids(std::int64_t until, std::size_t limit) override;
  result<void> remove_pinned_definitions(std::span<const std::int64_t> keys) override;

private:
  template <class Write>
  auto write(Write&& write) -> decltype(write());

  std::shared_ptr<testimony> said_;
  acknowledgement when_;
  content_reader rows_; // closed before the store within, which tidies up as the last one
};

} // namespace millrace::storage::testing

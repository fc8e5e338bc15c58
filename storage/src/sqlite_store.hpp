// SPDX-License-Identifier: Apache-2.0
//
// The store over SQLite: which connection serves whom, which failure means what. What is written is
// in commit_writer.hpp, what is read in queries.hpp and definitions.hpp.
#pragma once

#include "commit_writer.hpp"
#include "engine_lock.hpp"
#include "statement.hpp"

#include <millrace/store.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <new>
#include <utility>

namespace millrace::storage {

/// A failure as the caller sees it: one sentence with the file, what happened and what to do.
[[nodiscard]] error describe_failure(const sqlite_failure& failure, const std::string& shown);
[[nodiscard]] error out_of_memory(const std::string& shown);

/// Read-only connections for queries, opened as they are needed and kept for the next one.
/// Thread-safe.
class reader_pool {
public:
  using opener = std::function<std::unique_ptr<connection>()>;

  explicit reader_pool(opener open) : open_(std::move(open)) {}

  /// Runs `use(connection&)` on a connection that nobody else has meanwhile.
  template <class Use>
  auto with(Use&& use) {
    const lease borrowed(*this);
    return use(borrowed.reader());
  }
  /// Lets no new query begin, waits at most `patience` for those that run, calls `run` whether they
  /// have ended or not, and lets queries begin again.
  void in_a_pause(std::chrono::milliseconds patience, const std::function<void()>& run);
  void close();

private:
  /// One query's use of one connection.
  class lease {
  public:
    explicit lease(reader_pool& pool) : pool_(pool), reader_(pool.take()) {}
    ~lease() { pool_.give_back(std::move(reader_)); }
    lease(const lease&) = delete;
    lease& operator=(const lease&) = delete;
    [[nodiscard]] connection& reader() const noexcept { return *reader_; }

  private:
    reader_pool& pool_;
    std::unique_ptr<connection> reader_;
  };

  std::unique_ptr<connection> take();
  void give_back(std::unique_ptr<connection> reader);

  opener open_; ///< constant
  std::mutex mutex_;
  // Guarded by mutex_.
  std::condition_variable changed_; ///< a query has ended, or the pause
  std::vector<std::unique_ptr<connection>> idle_;
  std::size_t active_ = 0;
  bool is_paused_ = false;
};

/// What open_store has found out and opened.
struct opened_database {
  std::string shown;                  ///< the path as the caller wrote it, or "in memory"
  std::optional<engine_lock> lock;    ///< empty: in memory or read-only
  std::unique_ptr<connection> writer; ///< empty: read-only
  reader_pool::opener open_reader;    ///< empty: queries share the writer's connection
};

class sqlite_store final : public store {
public:
  explicit sqlite_store(opened_database database);
  ~sqlite_store() override;

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

  result<std::vector<flow_version_record>> flow_versions() override;
  result<std::vector<std::pair<std::string, std::string>>> flow_variables() override;
  result<std::vector<std::pair<std::string, std::string>>> records(std::string_view kind) override;
  result<std::string> pinned_definition(std::int64_t key) override;
  result<std::vector<std::int64_t>> pinned_definitions() override;

  result<execution_row> find_execution(std::string_view id) override;
  result<execution_row> find_execution(execution_key key) override;
  result<std::vector<execution_row>> find_executions(const execution_query& query) override;
  result<std::vector<execution_key>> unfinished(execution_key after, std::size_t limit) override;
  result<std::vector<execution_key>> due(std::int64_t now, std::size_t limit) override;
  result<std::vector<execution_key>> with_inbox(std::size_t limit) override;
  result<std::int64_t> next_due(std::int64_t after) override;
  result<std::int64_t> next_wake() override;
  result<execution_key> waiting_for(std::string_view correlation_key) override;
  result<std::vector<wait_entry>> waits(execution_key key) override;
  result<stored_state> load_state(execution_key key) override;
  result<execution_row> find_child(execution_key parent, std::string_view step,
                                   std::int64_t visit) override;
  result<std::vector<step_record>> step_records(execution_key key) override;
  result<std::int64_t> count_family(execution_key root) override;
  result<std::int64_t> count_children(execution_key parent) override;
  result<std::vector<swept_row>> rows_below(execution_key below, std::size_t limit) override;
  result<execution_key> last_key() override;
  result<store_counts> counts() override;

  /// Runs `read(connection&)`, a query that is none of the interface. Thread-safe.
  template <class Read>
  auto read(Read&& read) -> result<decltype(read(std::declval<connection&>()))> {
    return query(std::forward<Read>(read));
  }

private:
  template <class Write>
  auto write(Write&& write) -> result<decltype(write())>;
  template <class Read>
  auto query(Read&& read) -> result<decltype(read(std::declval<connection&>()))>;
  template <class Find>
  auto query_one(Find&& find, std::string missing)
      -> result<typename decltype(find(std::declval<connection&>()))::value_type>;
  error failed(const sqlite_failure& failure, bool is_outcome_unknown);
  void checkpoint_when_large();
  void checkpoint(int mode) noexcept;

  // Constant after open, in the order in which the last is closed first.
  std::string shown_;
  std::optional<engine_lock> lock_;
  std::unique_ptr<connection> writer_;
  std::optional<commit_writer> commit_writer_;
  std::optional<reader_pool> readers_;

  // Owned by the writer's thread.
  std::optional<error> poison_;
  int wal_pages_ = 0;     ///< in the write-ahead log after the last commit
  int checkpoint_at_ = 0; ///< log pages at which the next checkpoint is due

  // Serializes the shared connection of an in-memory store; unused for files.
  std::mutex memory_mutex_;
};

template <class Read>
auto sqlite_store::query(Read&& read) -> result<decltype(read(std::declval<connection&>()))> {
  try {
    if (readers_) {
      return readers_->with(read);
    }
    const std::lock_guard guard(memory_mutex_);
    return read(*writer_);
  } catch (const sqlite_failure& failure) {
    return describe_failure(failure, shown_);
  } catch (const std::bad_alloc&) {
    return out_of_memory(shown_);
  }
}

} // namespace millrace::storage

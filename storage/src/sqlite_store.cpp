// SPDX-License-Identifier: Apache-2.0
#include "sqlite_store.hpp"

#include "definitions.hpp"
#include "queries.hpp"
#include "removal.hpp"

#include <algorithm>
#include <new>
#include <type_traits>

#include <sqlite3.h>

namespace millrace::storage {

namespace {

/// Pages in the write-ahead log from which on the writer copies them into the database: 32 MiB of
/// 4 KiB pages. Larger logs save copies of pages that change again and again, but have to be read
/// after a crash and searched by every query.
constexpr int checkpoint_pages = 8192;

/// Pages from which on the writer makes queries pause for a checkpoint, and how long it waits for
/// those that run, per checkpoint missed: queries that always overlap never let the log start again
/// from its beginning.
constexpr int patient_checkpoint_pages = 3 * checkpoint_pages;
constexpr std::chrono::milliseconds reader_patience{50};

/// Connections that are kept open for later queries; more are opened when more query at once.
constexpr std::size_t idle_readers_max = 4;

int on_wal_commit(void* pages, sqlite3* /*database*/, const char* /*schema*/, int count) {
  *static_cast<int*>(pages) = count;
  return SQLITE_OK;
}

error not_found(std::string what) {
  return {errc::not_found, std::move(what)};
}

} // namespace

error out_of_memory(const std::string& shown) {
  return {errc::database_failed, "The memory was exhausted while using the database " + shown +
                                     ". Nothing of the operation was kept."};
}

error describe_failure(const sqlite_failure& failure, const std::string& shown) {
  const std::string reason =
      " (SQLite: " + std::string(failure.what()) + ", code " + std::to_string(failure.code()) + ")";
  switch (failure.primary_code()) {
  case SQLITE_FULL:
    return {errc::database_failed, "The disk is full: the database " + shown + " cannot grow" +
                                       reason + ". Free some space and try again."};
  case SQLITE_IOERR:
    return {errc::database_failed, "Reading or writing the database " + shown + " failed" + reason +
                                       ". Check the disk it is on and its free space."};
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    return {errc::database_failed,
            "The database " + shown + " is damaged" + reason +
                ". Restore it from a backup, or save what is readable with the sqlite3 shell's "
                ".recover command."};
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return {errc::database_failed, "Another program holds the database " + shown + " locked" +
                                       reason + ". End its transaction and try again."};
  case SQLITE_READONLY:
  case SQLITE_PERM:
  case SQLITE_AUTH:
    return {errc::database_failed, "The database " + shown + " cannot be written" + reason +
                                       ". Check the permissions of the file and its folder."};
  case SQLITE_CANTOPEN:
    return {errc::database_failed,
            "The database " + shown + " or a file beside it cannot be opened" + reason +
                ". Check that it is still there, the permissions, and the limit of open files."};
  case SQLITE_NOMEM: return out_of_memory(shown);
  default:
    return {errc::database_failed,
            "An operation on the database " + shown + " failed" + reason + "."};
  }
}

void reader_pool::close() {
  const std::lock_guard guard(mutex_);
  idle_.clear();
}

std::unique_ptr<connection> reader_pool::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !is_paused_; });
  std::unique_ptr<connection> reader;
  if (idle_.empty()) {
    lock.unlock();
    reader = open_();
    lock.lock();
    changed_.wait(lock, [this] { return !is_paused_; });
  } else {
    reader = std::move(idle_.back());
    idle_.pop_back();
  }
  ++active_;
  return reader;
}

void reader_pool::give_back(std::unique_ptr<connection> reader) {
  const std::lock_guard guard(mutex_);
  --active_;
  if (idle_.size() < idle_readers_max) {
    idle_.push_back(std::move(reader));
  }
  changed_.notify_all();
}

void reader_pool::in_a_pause(std::chrono::milliseconds patience, const std::function<void()>& run) {
  std::unique_lock lock(mutex_);
  is_paused_ = true;
  changed_.wait_for(lock, patience, [this] { return active_ == 0; });
  lock.unlock();
  run();
  lock.lock();
  is_paused_ = false;
  changed_.notify_all();
}

sqlite_store::sqlite_store(opened_database database)
    : shown_(std::move(database.shown)), lock_(std::move(database.lock)),
      writer_(std::move(database.writer)), checkpoint_at_(checkpoint_pages) {
  if (writer_) {
    commit_writer_.emplace(*writer_);
    // Takes the place of SQLite's automatic checkpoint.
    sqlite3_wal_hook(writer_->handle(), on_wal_commit, &wal_pages_);
  }
  if (database.open_reader) {
    readers_.emplace(std::move(database.open_reader));
  }
}

sqlite_store::~sqlite_store() {
  if (readers_) {
    readers_->close();
  }
  commit_writer_.reset();
  if (!writer_) {
    return;
  }
  if (poison_) {
    // What the log holds after a failed commit is for the recovery at the next open to judge.
    sqlite3_db_config(writer_->handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  } else {
    // Best effort: everything is durable already, this only leaves one tidy file behind.
    sqlite3_wal_checkpoint_v2(writer_->handle(), "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr,
                              nullptr);
  }
}

// --- writing -----------------------------------------------------------------------------------

template <class Write>
auto sqlite_store::write(Write&& write) -> result<decltype(write())> {
  if (poison_) {
    return *poison_;
  }
  if (!writer_) {
    return error(errc::database_unusable,
                 "The database " + shown_ + " was opened read-only and cannot be written.");
  }
  const std::lock_guard guard(memory_mutex_);
  try {
    transaction all(*writer_, transaction::access::write);
    if constexpr (std::is_void_v<decltype(write())>) {
      write();
      all.commit();
      checkpoint_when_large();
      return {};
    } else {
      auto outcome = write();
      all.commit();
      checkpoint_when_large();
      return outcome;
    }
  } catch (const unknown_outcome& failure) {
    return failed(failure, true);
  } catch (const sqlite_failure& failure) {
    return failed(failure, false);
  } catch (const invalid_unit& defect) {
    return error(errc::internal, defect.what());
  } catch (const std::bad_alloc&) {
    return out_of_memory(shown_);
  }
}

error sqlite_store::failed(const sqlite_failure& failure, bool is_outcome_unknown) {
  error described = describe_failure(failure, shown_);
  const int code = failure.primary_code();
  // A transaction that could not be rolled back is as unknown as a commit that failed midway. A
  // damaged file is not written any further.
  const bool is_damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
  if (is_outcome_unknown || is_damaged || writer_->in_transaction()) {
    poison_ = error(errc::database_failed,
                    described.message() +
                        " It is not known whether the last commit is on disk; nothing more is "
                        "written until the database is opened again.");
    return *poison_;
  }
  return described;
}

void sqlite_store::checkpoint_when_large() {
  if (wal_pages_ < checkpoint_at_ - checkpoint_pages) {
    checkpoint_at_ = checkpoint_pages; // the log has started again from its beginning
  }
  if (wal_pages_ < checkpoint_at_) {
    return;
  }
  if (wal_pages_ < patient_checkpoint_pages || !readers_) {
    checkpoint(SQLITE_CHECKPOINT_PASSIVE); // copies what no reader still needs, waits for nobody
  } else {
    // The longer the log, the longer the wait.
    readers_->in_a_pause(reader_patience * (wal_pages_ / checkpoint_pages),
                         [this] { checkpoint(SQLITE_CHECKPOINT_RESTART); });
  }
  checkpoint_at_ = wal_pages_ + checkpoint_pages;
}

void sqlite_store::checkpoint(int mode) noexcept {
  // A failure is not one of the commit, which is durable in the log; the next attempt or the next
  // commit will tell. The short timeout is for readers in other processes.
  sqlite3_busy_timeout(writer_->handle(), static_cast<int>(reader_patience.count()));
  sqlite3_wal_checkpoint_v2(writer_->handle(), "main", mode, nullptr, nullptr);
  sqlite3_busy_timeout(writer_->handle(), busy_timeout_ms);
}

result<std::vector<unit_outcome>> sqlite_store::commit(std::span<const commit_unit> units) {
  return write([&] { return commit_writer_->apply(units); });
}

result<void> sqlite_store::put_flow_versions(std::span<const flow_version_record> versions) {
  return write([&] {
    for (const flow_version_record& version : versions) {
      write_flow_version(*writer_, version);
    }
  });
}

result<void> sqlite_store::put_flow_variables(std::string_view flow_definition_id,
                                              std::string_view variables) {
  return write([&] { write_flow_variables(*writer_, flow_definition_id, variables); });
}

result<void> sqlite_store::put_record(std::string_view kind, std::string_view id,
                                      std::string_view record) {
  return write([&] { write_record(*writer_, kind, id, record); });
}

result<std::int64_t> sqlite_store::put_pinned_definition(std::string_view content_hash,
                                                         std::string_view definition) {
  // Looked up first: the usual case costs no write and no sync.
  auto known =
      query([&](connection& reader) { return find_pinned_definition(reader, content_hash); });
  if (!known || *known != 0) {
    return known;
  }
  return write([&] { return write_pinned_definition(*writer_, content_hash, definition); });
}

result<removal> sqlite_store::remove_executions(std::span<const execution_key> keys,
                                                std::int64_t now, std::size_t rows_max) {
  return write([&] { return remove_finished(*writer_, keys, now, rows_max); });
}

result<std::size_t> sqlite_store::forget_spent_ids(std::int64_t until, std::size_t limit) {
  return write([&] { return forget_ids(*writer_, until, limit); });
}

result<void> sqlite_store::remove_pinned_definitions(std::span<const std::int64_t> keys) {
  return write([&] { drop_pinned_definitions(*writer_, keys); });
}

// --- reading -----------------------------------------------------------------------------------

template <class Find>
auto sqlite_store::query_one(Find&& find, std::string missing)
    -> result<typename decltype(find(std::declval<connection&>()))::value_type> {
  auto found = query(find);
  if (!found) {
    return found.error();
  }
  if (!*found) {
    return not_found(std::move(missing));
  }
  return std::move(**found);
}

result<std::vector<flow_version_record>> sqlite_store::flow_versions() {
  return query([](connection& reader) { return read_flow_versions(reader); });
}

result<std::vector<std::pair<std::string, std::string>>> sqlite_store::flow_variables() {
  return query([](connection& reader) { return read_flow_variables(reader); });
}

result<std::vector<std::pair<std::string, std::string>>>
sqlite_store::records(std::string_view kind) {
  return query([&](connection& reader) { return read_records(reader, kind); });
}

result<std::string> sqlite_store::pinned_definition(std::int64_t key) {
  return query_one([&](connection& reader) { return read_pinned_definition(reader, key); },
                   "No pinned definition has the key " + std::to_string(key) + ".");
}

result<std::vector<std::int64_t>> sqlite_store::pinned_definitions() {
  return query([](connection& reader) { return read_pinned_keys(reader); });
}

result<execution_row> sqlite_store::find_execution(std::string_view id) {
  return query_one([&](connection& reader) { return find_by_id(reader, id); },
                   "No execution has the id " + std::string(id) + ".");
}

result<execution_row> sqlite_store::find_execution(execution_key key) {
  return query_one([&](connection& reader) { return find_by_key(reader, key); },
                   "No execution has the key " + std::to_string(key) + ".");
}

result<std::vector<execution_row>> sqlite_store::find_executions(const execution_query& query_) {
  return query([&](connection& reader) { return find_rows(reader, query_); });
}

result<std::vector<execution_key>> sqlite_store::unfinished(execution_key after,
                                                            std::size_t limit) {
  return query([&](connection& reader) { return find_unfinished(reader, after, limit); });
}

result<std::vector<execution_key>> sqlite_store::due(std::int64_t now, std::size_t limit) {
  return query([&](connection& reader) { return find_due(reader, now, limit); });
}

result<std::vector<execution_key>> sqlite_store::with_inbox(std::size_t limit) {
  return query([&](connection& reader) { return find_with_inbox(reader, limit); });
}

result<std::int64_t> sqlite_store::next_due(std::int64_t after) {
  return query([after](connection& reader) { return find_next_due(reader, after); });
}

result<std::int64_t> sqlite_store::next_wake() {
  return query([](connection& reader) { return find_next_wake(reader); });
}

result<execution_key> sqlite_store::waiting_for(std::string_view correlation_key) {
  return query([&](connection& reader) { return find_waiting_for(reader, correlation_key); });
}

result<std::vector<wait_entry>> sqlite_store::waits(execution_key key) {
  return query([&](connection& reader) { return read_waits(reader, key); });
}

result<stored_state> sqlite_store::load_state(execution_key key) {
  return query([&](connection& reader) { return read_state(reader, key); });
}

result<execution_row> sqlite_store::find_child(execution_key parent, std::string_view step,
                                               std::int64_t visit) {
  return query_one([&](connection& reader) { return find_by_parent(reader, parent, step, visit); },
                   "The execution with the key " + std::to_string(parent) +
                       " started no child in visit " + std::to_string(visit) + " of the step " +
                       std::string(step) + ".");
}

result<std::vector<step_record>> sqlite_store::step_records(execution_key key) {
  return query([&](connection& reader) { return read_step_records(reader, key); });
}

result<std::int64_t> sqlite_store::count_family(execution_key root) {
  return query([&](connection& reader) { return count_members(reader, root); });
}

result<std::int64_t> sqlite_store::count_children(execution_key parent) {
  return query([&](connection& reader) { return count_started_by(reader, parent); });
}

result<std::vector<swept_row>> sqlite_store::rows_below(execution_key below, std::size_t limit) {
  return query([&](connection& reader) { return read_rows_below(reader, below, limit); });
}

result<execution_key> sqlite_store::last_key() {
  return query([](connection& reader) { return read_last_key(reader); });
}

result<store_counts> sqlite_store::counts() {
  return query([](connection& reader) { return read_counts(reader); });
}

} // namespace millrace::storage

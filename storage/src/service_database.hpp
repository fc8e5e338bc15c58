// SPDX-License-Identifier: Apache-2.0
//
// The database of one local service, beside the engine's own: opened, marked as what it is, used by
// one transaction at a time.
#pragma once

#include "sqlite_store.hpp"
#include "statement.hpp"

#include <millrace/error.hpp>

#include <mutex>
#include <string>
#include <utility>

namespace millrace::storage {

/// How long an outcome is kept under its key: an execution may be away for so long.
inline constexpr std::int64_t outcome_kept_ms = 30LL * 24 * 3600'000;

/// Thread-safe through guarded().
class service_database {
public:
  /// Opens `file`, creating it with `schema` (statements that may run again). `application`
  /// tells the kinds of databases apart. Throws sqlite_failure.
  service_database(std::string file, int application, const char* schema);

  /// Runs `work` with the connection in one write transaction, durable at return.
  template <class Work>
  auto guarded(Work work) -> result<decltype(work(std::declval<connection&>()))> {
    const std::lock_guard lock(mutex_);
    try {
      transaction guard(db_, transaction::access::write);
      if constexpr (std::is_void_v<decltype(work(db_))>) {
        work(db_);
        guard.commit();
        return {};
      } else {
        auto outcome = work(db_);
        guard.commit();
        return outcome;
      }
    } catch (const sqlite_failure& failure) {
      return describe_failure(failure, file_);
    }
  }

private:
  const std::string file_;
  std::mutex mutex_;
  connection db_; // guarded by mutex_
};

} // namespace millrace::storage

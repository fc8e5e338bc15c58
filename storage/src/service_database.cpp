// SPDX-License-Identifier: Apache-2.0
#include "service_database.hpp"

#include <sqlite3.h>

namespace millrace::storage {

service_database::service_database(std::string file, int application, const char* schema)
    : file_(std::move(file)),
      db_(file_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX) {
  const std::int64_t found = db_.read_number("PRAGMA application_id");
  if (found != 0 && found != application)
    throw sqlite_failure(SQLITE_NOTADB, "it is a database of something else");
  db_.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA mmap_size = 0; "
              "PRAGMA trusted_schema = OFF; PRAGMA application_id = " +
              std::to_string(application) + ';');
  transaction guard(db_, transaction::access::write);
  db_.execute(schema);
  guard.commit();
}

} // namespace millrace::storage

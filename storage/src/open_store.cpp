// SPDX-License-Identifier: Apache-2.0
#include <millrace/store.hpp>

#include "database_path.hpp"
#include "schema.hpp"
#include "sqlite_store.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <new>
#include <string_view>

#include <sqlite3.h>

namespace millrace::storage {

namespace {

// 4 KiB pages: what the kernel writes at once, and rows here are small. 16 MiB of cache for the
// writer hold the changed pages of the largest batches, which would otherwise be written twice; 4
// MiB for each reader hold the upper levels of the indexes, the rest is in the kernel's cache.
constexpr const char* page_size_sql = "PRAGMA page_size = 4096; PRAGMA auto_vacuum = NONE;";
constexpr const char* writer_cache_sql = "PRAGMA cache_size = -16384;";
constexpr const char* reader_cache_sql = "PRAGMA cache_size = -4096;";

// No mmap: an I/O error in mapped memory is a signal, not an error that we could report. No secure
// delete (Debian's default): it would overwrite what is dropped at every end of an execution. The
// schema of a file is not trusted to call functions with side effects.
constexpr const char* common_sql = "PRAGMA mmap_size = 0; PRAGMA secure_delete = OFF;"
                                   "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;";

// A log that a burst has blown up is cut to this size when it starts again.
constexpr const char* log_size_sql = "PRAGMA journal_size_limit = 67108864;";

std::unique_ptr<connection> open_connection(const std::string& file, int flags) {
  auto opened = std::make_unique<connection>(file, flags);
  opened->execute(common_sql);
  return opened;
}

/// A URI that makes SQLite read the file as it is: no locks, no recovery, nothing beside it.
std::string immutable_uri(const std::filesystem::path& file) {
  std::string uri = "file://";
  for (const char character : file.string()) {
    switch (character) {
    case '%': uri += "%25"; break;
    case '?': uri += "%3f"; break;
    case '#': uri += "%23"; break;
    default: uri += character;
    }
  }
  return uri + "?immutable=1";
}

/// Whether the numbers in a database's header are those of a Millrace database that we know.
result<void> check_numbers(std::int64_t identity, std::int64_t version, const std::string& shown,
                           bool read_only) {
  if (identity != application_id) {
    return unusable(shown, "belongs to another program: it is an SQLite database, but not one of "
                           "Millrace. It was not changed.");
  }
  if (version > schema_version()) {
    return unusable(shown, "was written by a newer Millrace (schema " + std::to_string(version) +
                               ", this one knows " + std::to_string(schema_version()) +
                               "). Use that version, or a file of this one.");
  }
  if (read_only && version < schema_version()) {
    return unusable(shown, "was written by an older Millrace (schema " + std::to_string(version) +
                               ", this one reads " + std::to_string(schema_version()) +
                               "). Open it once for writing to bring it up to date.");
  }
  return {};
}

/// Whether the open database is one of Millrace of a version that we know.
result<void> check_identity(connection& database, const std::string& shown, bool read_only) {
  return check_numbers(database.read_number("PRAGMA application_id"),
                       database.read_number("PRAGMA user_version"), shown, read_only);
}

/// What SQLite's file format says in the first bytes of a database ("The Database Header").
struct file_header {
  static constexpr std::size_t size = 100;
  static constexpr std::size_t user_version_at = 60;
  static constexpr std::size_t application_id_at = 68;
  static constexpr std::string_view magic{"SQLite format 3\0", 16};

  std::array<char, size> bytes{};
  std::size_t length = 0;

  [[nodiscard]] bool is_database() const {
    return length == size && std::string_view(bytes.data(), magic.size()) == magic;
  }
  /// A number of four bytes, the highest first.
  [[nodiscard]] std::int64_t number_at(std::size_t offset) const {
    std::int64_t number = 0;
    for (std::size_t i = 0; i < 4; ++i)
      number = number * 256 + static_cast<unsigned char>(bytes[offset + i]);
    return number;
  }
};

file_header read_header(const std::filesystem::path& file) {
  file_header header;
  std::ifstream stream(file, std::ios::binary);
  stream.read(header.bytes.data(), file_header::size);
  header.length = static_cast<std::size_t>(stream.gcount());
  return header;
}

/// The same before anything is opened that could change the file: opening a database for writing
/// recovers or checkpoints it, which nobody wants for a file that is not ours. Only the header is
/// read, and not by SQLite: after the sudden end of a process the rest of the file makes no sense
/// without the log beside it.
result<void> inspect(const database_path& place, const std::string& shown, bool read_only) {
  const file_header header = read_header(place.file);
  std::error_code failure;
  // A rollback journal is there when a process ended while it created the database: SQLite undoes
  // that when it opens the file, and check_identity() judges what is left.
  if (std::filesystem::exists(place.file.string() + "-journal", failure)) {
    return {};
  }
  if (!header.is_database()) {
    return unusable(shown, "is not a database: the file holds something else. It was not "
                           "changed.");
  }
  return check_numbers(header.number_at(file_header::application_id_at),
                       header.number_at(file_header::user_version_at), shown, read_only);
}

const char* synchronous_sql(durability level) noexcept {
  switch (level) {
  case durability::power_loss: return "PRAGMA synchronous = FULL";
  case durability::process_crash: return "PRAGMA synchronous = NORMAL";
  case durability::none: break;
  }
  return "PRAGMA synchronous = OFF";
}

result<std::unique_ptr<connection>> open_writer(const database_path& place,
                                                const store_options& options) {
  auto writer = open_connection(place.file.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  writer->execute(page_size_sql);
  writer->execute(writer_cache_sql);
  const bool is_empty = writer->read_number("SELECT count(*) FROM sqlite_schema") == 0 &&
                        writer->read_number("PRAGMA application_id") == 0;
  if (is_empty) {
    // Before the write-ahead log is turned on, so that the file says whose it is from its first
    // byte on and inspect() need not look into a log.
    migrate(*writer);
  }
  if (auto identity = check_identity(*writer, options.path, false); !identity) {
    return identity.error();
  }
  if (writer->read_text("PRAGMA journal_mode = WAL") != "wal") {
    return unusable(options.path, "cannot be used: its file system does not support what the "
                                  "write-ahead log needs (shared memory and locks).");
  }
  writer->execute(synchronous_sql(options.level));
  writer->execute(log_size_sql);
  migrate(*writer);
  return writer;
}

reader_pool::opener reader_opener(std::string file, int flags) {
  return [file = std::move(file), flags] {
    auto reader = open_connection(file, flags | SQLITE_OPEN_READONLY);
    reader->execute(reader_cache_sql);
    return reader;
  };
}

result<std::unique_ptr<store>> open_in_memory() {
  opened_database opened;
  opened.shown = "in memory";
  opened.writer = open_connection(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  migrate(*opened.writer);
  return std::make_unique<sqlite_store>(std::move(opened));
}

result<std::unique_ptr<store>> open_for_queries(const database_path& place,
                                                const store_options& options) {
  if (place.is_new) {
    return unusable(options.path, "does not exist or is empty, so there is nothing to read.");
  }
  // Queries need the log's shared memory file beside the database. Where none can be made and no
  // log has been left, nobody is writing: the file can be read as it is.
  std::error_code failure;
  const std::string log = place.file.string() + "-wal";
  const bool is_at_rest = !place.is_folder_writable && !std::filesystem::exists(log, failure);
  opened_database opened;
  opened.shown = options.path;
  opened.open_reader = is_at_rest ? reader_opener(immutable_uri(place.file), SQLITE_OPEN_URI)
                                  : reader_opener(place.file.string(), 0);
  const auto first = opened.open_reader();
  if (auto identity = check_identity(*first, options.path, true); !identity) {
    return identity.error();
  }
  return std::make_unique<sqlite_store>(std::move(opened));
}

result<std::unique_ptr<store>> open_for_engine(const database_path& place,
                                               const store_options& options) {
  auto lock = engine_lock::acquire(place.file, options.path);
  if (!lock) {
    return lock.error();
  }
  auto writer = open_writer(place, options);
  if (!writer) {
    return writer.error();
  }
  opened_database opened;
  opened.shown = options.path;
  opened.lock.emplace(std::move(*lock));
  opened.writer = std::move(*writer);
  opened.open_reader = reader_opener(place.file.string(), 0);
  return std::make_unique<sqlite_store>(std::move(opened));
}

result<std::unique_ptr<store>> open_file(const store_options& options) {
  const auto place = locate_database(options.path, options.read_only);
  if (!place) {
    return place.error();
  }
  if (!place->is_new) {
    if (auto identity = inspect(*place, options.path, options.read_only); !identity) {
      return identity.error();
    }
  }
  return options.read_only ? open_for_queries(*place, options) : open_for_engine(*place, options);
}

} // namespace

result<std::unique_ptr<store>> open_store(const store_options& options) {
  try {
    if (!options.path.empty()) {
      return open_file(options);
    }
    if (options.read_only) {
      return error(errc::invalid_argument,
                   "A store in memory cannot be opened read-only: there is nothing to read.");
    }
    return open_in_memory();
  } catch (const sqlite_failure& failure) {
    return describe_failure(failure, options.path.empty() ? "in memory" : options.path);
  } catch (const std::bad_alloc&) {
    return error(errc::database_failed,
                 "The memory was exhausted while opening the database " + options.path + ".");
  }
}

} // namespace millrace::storage

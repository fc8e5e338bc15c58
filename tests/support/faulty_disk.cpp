// SPDX-License-Identifier: Apache-2.0
#include "faulty_disk.hpp"

#include <cstdint>
#include <cstring>
#include <limits>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#include <sqlite3.h>

namespace millrace::storage::testing {

namespace {

/// A number of operations that pass, then a number of operations that fail.
struct fault {
  bool is_armed = false;
  std::size_t passing = 0;
  std::size_t failing = 0;
  int code = SQLITE_OK;

  int next() noexcept {
    if (!is_armed)
      return SQLITE_OK;
    if (passing > 0) {
      --passing;
      return SQLITE_OK;
    }
    if (failing == 0)
      return SQLITE_OK;
    --failing;
    return code;
  }
};

constexpr std::size_t for_ever = std::numeric_limits<std::size_t>::max();

/// SQLite calls back without a context of ours, so what is to fail stands here.
struct disk_state {
  std::mutex mutex;
  // Guarded by mutex.
  fault changes;
  fault syncs;
  fault reads;
  std::optional<std::size_t> room; ///< bytes that files may still grow by
  bool has_failed = false;
  std::shared_ptr<disk_recording> recording;
};

disk_state disk;

int noted(int code) noexcept {
  disk.has_failed = disk.has_failed || code != SQLITE_OK;
  return code;
}

/// SQLite allocates szOsFile bytes: ours first, the usual layer's file behind it.
struct faulty_file {
  sqlite3_file base;
  sqlite3_file* usual;
  const char* name; ///< SQLite keeps it as long as the file is open; null: a temporary file
};

sqlite3_file* usual(sqlite3_file* file) noexcept {
  return reinterpret_cast<faulty_file*>(file)->usual;
}

std::string_view name_of(sqlite3_file* file) noexcept {
  const char* const name = reinterpret_cast<faulty_file*>(file)->name;
  return name == nullptr ? std::string_view() : name;
}

/// Whether a write of `size` bytes at `offset` finds room; takes it.
int take_room(sqlite3_file* file, std::size_t size, sqlite3_int64 offset) noexcept {
  sqlite3_int64 present = 0;
  if (!disk.room || usual(file)->pMethods->xFileSize(usual(file), &present) != SQLITE_OK) {
    return SQLITE_OK;
  }
  const sqlite3_int64 growth = offset + static_cast<sqlite3_int64>(size) - present;
  if (growth <= 0) {
    return SQLITE_OK;
  }
  if (static_cast<std::size_t>(growth) > *disk.room) {
    return SQLITE_FULL;
  }
  *disk.room -= static_cast<std::size_t>(growth);
  return SQLITE_OK;
}

int file_close(sqlite3_file* file) {
  return usual(file)->pMethods->xClose(usual(file));
}
int file_read(sqlite3_file* file, void* bytes, int size, sqlite3_int64 offset) {
  int code = SQLITE_OK;
  {
    const std::lock_guard guard(disk.mutex);
    code = noted(disk.reads.next());
  }
  if (code == SQLITE_IOERR_SHORT_READ) {
    std::memset(bytes, 0, static_cast<std::size_t>(size)); // SQLite relies on it
  }
  return code != SQLITE_OK ? code : usual(file)->pMethods->xRead(usual(file), bytes, size, offset);
}
int file_write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  const std::lock_guard guard(disk.mutex);
  const auto count = static_cast<std::size_t>(size);
  int code = noted(disk.changes.next());
  if (code == SQLITE_OK) {
    code = noted(take_room(file, count, offset));
  }
  if (code == SQLITE_OK) {
    code = usual(file)->pMethods->xWrite(usual(file), bytes, size, offset);
  }
  if (code == SQLITE_OK && disk.recording) {
    disk.recording->written(name_of(file), {static_cast<const char*>(bytes), count},
                            static_cast<std::size_t>(offset));
  }
  return code;
}
int file_truncate(sqlite3_file* file, sqlite3_int64 size) {
  const std::lock_guard guard(disk.mutex);
  int code = noted(disk.changes.next());
  if (code == SQLITE_OK) {
    code = usual(file)->pMethods->xTruncate(usual(file), size);
  }
  if (code == SQLITE_OK && disk.recording) {
    disk.recording->truncated(name_of(file), static_cast<std::size_t>(size));
  }
  return code;
}
int file_sync(sqlite3_file* file, int /*flags*/) {
  const std::lock_guard guard(disk.mutex);
  int code = noted(disk.changes.next());
  if (code == SQLITE_OK) {
    code = noted(disk.syncs.next());
  }
  // Without the real thing: nobody cuts the real power, and it would be most of a test's time.
  if (code == SQLITE_OK && disk.recording) {
    disk.recording->synced(name_of(file));
  }
  return code;
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return usual(file)->pMethods->xFileSize(usual(file), size);
}
int file_lock(sqlite3_file* file, int level) {
  return usual(file)->pMethods->xLock(usual(file), level);
}
int file_unlock(sqlite3_file* file, int level) {
  return usual(file)->pMethods->xUnlock(usual(file), level);
}
int file_check_lock(sqlite3_file* file, int* held) {
  return usual(file)->pMethods->xCheckReservedLock(usual(file), held);
}
int file_control(sqlite3_file* file, int operation, void* argument) {
  return usual(file)->pMethods->xFileControl(usual(file), operation, argument);
}
int file_sector_size(sqlite3_file* file) {
  return usual(file)->pMethods->xSectorSize(usual(file));
}
int file_device(sqlite3_file* file) {
  return usual(file)->pMethods->xDeviceCharacteristics(usual(file));
}
int file_shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** memory) {
  return usual(file)->pMethods->xShmMap(usual(file), page, size, extend, memory);
}
int file_shm_lock(sqlite3_file* file, int offset, int count, int flags) {
  return usual(file)->pMethods->xShmLock(usual(file), offset, count, flags);
}
void file_shm_barrier(sqlite3_file* file) {
  usual(file)->pMethods->xShmBarrier(usual(file));
}
int file_shm_unmap(sqlite3_file* file, int remove) {
  return usual(file)->pMethods->xShmUnmap(usual(file), remove);
}

// Version 2: everything but memory mapping, which the store does not use.
constexpr sqlite3_io_methods methods = {
    2,           file_close,   file_read,     file_write,       file_truncate,  file_sync,
    file_size,   file_lock,    file_unlock,   file_check_lock,  file_control,   file_sector_size,
    file_device, file_shm_map, file_shm_lock, file_shm_barrier, file_shm_unmap, nullptr,
    nullptr};

int open_file(sqlite3_vfs* layer, const char* name, sqlite3_file* file, int flags, int* out) {
  auto* const below = static_cast<sqlite3_vfs*>(layer->pAppData);
  auto* const opened = reinterpret_cast<faulty_file*>(file);
  opened->usual = reinterpret_cast<sqlite3_file*>(opened + 1);
  opened->base.pMethods = nullptr;
  opened->name = name;
  const int code = below->xOpen(below, name, opened->usual, flags, out);
  if (opened->usual->pMethods != nullptr) {
    opened->base.pMethods = &methods;
    const std::lock_guard guard(disk.mutex);
    if (disk.recording && name != nullptr) {
      disk.recording->opened(name, (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0);
    }
  }
  return code;
}

int delete_file(sqlite3_vfs* layer, const char* name, int sync_folder) {
  auto* const below = static_cast<sqlite3_vfs*>(layer->pAppData);
  const std::lock_guard guard(disk.mutex);
  const int code = below->xDelete(below, name, 0);
  if (code == SQLITE_OK && disk.recording) {
    disk.recording->removed(name, sync_folder != 0);
  }
  return code;
}

/// The usual layer with our xOpen and xDelete; its other functions do not look at the layer they
/// are called on.
sqlite3_vfs& layer() {
  static sqlite3_vfs made = [] {
    sqlite3_vfs* const below = sqlite3_vfs_find(nullptr);
    sqlite3_vfs copy = *below;
    copy.pNext = nullptr;
    copy.zName = "millrace-faulty-disk";
    copy.szOsFile = below->szOsFile + static_cast<int>(sizeof(faulty_file));
    copy.pAppData = below;
    copy.xOpen = open_file;
    copy.xDelete = delete_file;
    return copy;
  }();
  return made;
}

} // namespace

faulty_disk::faulty_disk() {
  heal();
  sqlite3_vfs_register(&layer(), 1);
}

faulty_disk::~faulty_disk() {
  heal();
  record(nullptr);
  sqlite3_vfs_unregister(&layer());
}

void faulty_disk::fail_from(std::size_t nth, int code) {
  const std::lock_guard guard(disk.mutex);
  disk.has_failed = false;
  disk.changes = {true, nth - 1, for_ever, code};
}

void faulty_disk::fail_syncs_from(std::size_t nth) {
  const std::lock_guard guard(disk.mutex);
  disk.has_failed = false;
  disk.syncs = {true, nth - 1, for_ever, SQLITE_IOERR_FSYNC};
}

void faulty_disk::fill_after(std::size_t bytes) {
  const std::lock_guard guard(disk.mutex);
  disk.has_failed = false;
  disk.room = bytes;
}

void faulty_disk::fail_reads(std::size_t times, int code, std::size_t nth) {
  const std::lock_guard guard(disk.mutex);
  disk.has_failed = false;
  disk.reads = {true, nth - 1, times, code};
}

void faulty_disk::heal() {
  const std::lock_guard guard(disk.mutex);
  disk.changes = disk.syncs = disk.reads = {};
  disk.room.reset();
}

bool faulty_disk::has_failed() const {
  const std::lock_guard guard(disk.mutex);
  return disk.has_failed;
}

void faulty_disk::record(std::shared_ptr<disk_recording> recording) {
  const std::lock_guard guard(disk.mutex);
  disk.recording = std::move(recording);
}

} // namespace millrace::storage::testing

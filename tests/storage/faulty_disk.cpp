// SPDX-License-Identifier: Apache-2.0
#include "faulty_disk.hpp"

#include <cstdint>

#include <sqlite3.h>

namespace millrace::storage::testing {

namespace {

/// SQLite calls back without a context of ours, so what is to fail stands here.
struct fault_state {
  bool is_armed = false;
  std::size_t operations_left = 0;
  int code = SQLITE_OK;
  bool has_failed = false;
};

fault_state fault;

int next_fault() noexcept {
  if (!fault.is_armed) {
    return SQLITE_OK;
  }
  if (fault.operations_left > 0) {
    --fault.operations_left;
    return SQLITE_OK;
  }
  fault.has_failed = true;
  return fault.code;
}

/// SQLite allocates szOsFile bytes: ours first, the usual layer's file behind it.
struct faulty_file {
  sqlite3_file base;
  sqlite3_file* usual;
};

sqlite3_file* usual(sqlite3_file* file) noexcept {
  return reinterpret_cast<faulty_file*>(file)->usual;
}

int file_close(sqlite3_file* file) {
  return usual(file)->pMethods->xClose(usual(file));
}
int file_read(sqlite3_file* file, void* bytes, int size, sqlite3_int64 offset) {
  return usual(file)->pMethods->xRead(usual(file), bytes, size, offset);
}
int file_write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  const int code = next_fault();
  return code != SQLITE_OK ? code : usual(file)->pMethods->xWrite(usual(file), bytes, size, offset);
}
int file_truncate(sqlite3_file* file, sqlite3_int64 size) {
  const int code = next_fault();
  return code != SQLITE_OK ? code : usual(file)->pMethods->xTruncate(usual(file), size);
}
int file_sync(sqlite3_file* /*file*/, int /*flags*/) {
  // Without the real thing: nobody cuts the power here, and it would be most of a test's time.
  return next_fault();
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
  const int code = below->xOpen(below, name, opened->usual, flags, out);
  if (opened->usual->pMethods != nullptr) {
    opened->base.pMethods = &methods;
  }
  return code;
}

/// The usual layer with our xOpen; its other functions do not look at the layer they are called on.
sqlite3_vfs& layer() {
  static sqlite3_vfs made = [] {
    sqlite3_vfs* const below = sqlite3_vfs_find(nullptr);
    sqlite3_vfs copy = *below;
    copy.pNext = nullptr;
    copy.zName = "millrace-faulty-disk";
    copy.szOsFile = below->szOsFile + static_cast<int>(sizeof(faulty_file));
    copy.pAppData = below;
    copy.xOpen = open_file;
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
  sqlite3_vfs_unregister(&layer());
}

void faulty_disk::fail_from(std::size_t nth, int code) {
  fault = {true, nth - 1, code, false};
}

void faulty_disk::heal() {
  fault.is_armed = false;
}

bool faulty_disk::has_failed() const {
  return fault.has_failed;
}

} // namespace millrace::storage::testing

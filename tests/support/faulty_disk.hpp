// SPDX-License-Identifier: Apache-2.0
//
// A disk that fails when it is told to, and that can say what a power cut would leave: an SQLite
// file system layer over the usual one.
#pragma once

#include "disk_recording.hpp"

#include <cstddef>
#include <memory>

namespace millrace::storage::testing {

/// While it lives, every file that SQLite opens in this process is on this disk. One at a time; its
/// functions may be called while other threads use the disk.
class faulty_disk {
public:
  faulty_disk();
  ~faulty_disk();
  faulty_disk(const faulty_disk&) = delete;
  faulty_disk& operator=(const faulty_disk&) = delete;

  /// From the `nth` write, sync or truncation on, counted from now and from 1, each fails with
  /// `code` (SQLITE_FULL or an SQLITE_IOERR_*).
  void fail_from(std::size_t nth, int code);
  /// From the `nth` sync on, each fails with SQLITE_IOERR_FSYNC.
  void fail_syncs_from(std::size_t nth);
  /// The disk takes `bytes` more at the ends of its files, then SQLITE_FULL; what overwrites goes
  /// on.
  void fill_after(std::size_t bytes);
  /// The reads from the `nth` on, `times` of them, fail with `code`: SQLITE_IOERR_READ, or
  /// SQLITE_IOERR_SHORT_READ, which gives zeros as behind the end of a file. Then all is well
  /// again.
  void fail_reads(std::size_t times, int code, std::size_t nth = 1);
  /// The disk works again.
  void heal();
  /// Whether anything has failed since a fault was asked for.
  [[nodiscard]] bool has_failed() const;

  /// Files that are opened from now on are written down, from nothing: they must not exist yet.
  /// Null: nothing is any more.
  void record(std::shared_ptr<disk_recording> recording);
};

} // namespace millrace::storage::testing

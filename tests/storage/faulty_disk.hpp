// SPDX-License-Identifier: Apache-2.0
//
// A disk that fails when it is told to: an SQLite file system layer over the usual one.
#pragma once

#include <cstddef>

namespace millrace::storage::testing {

/// While it lives, every file that SQLite opens in this process is on this disk. One at a time.
class faulty_disk {
public:
  faulty_disk();
  ~faulty_disk();
  faulty_disk(const faulty_disk&) = delete;
  faulty_disk& operator=(const faulty_disk&) = delete;

  /// From the `nth` write, sync or truncation on, counted from now and from 1, each fails with
  /// `code` (SQLITE_FULL or an SQLITE_IOERR_*).
  void fail_from(std::size_t nth, int code);
  /// The disk works again.
  void heal();
  /// Whether anything has failed since fail_from().
  [[nodiscard]] bool has_failed() const;
};

} // namespace millrace::storage::testing

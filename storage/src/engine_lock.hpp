// SPDX-License-Identifier: Apache-2.0
//
// One engine per database file. The lock is a small file beside the database, `<database>-engine`,
// that the kernel keeps locked for its holder and frees when the holder ends in whatever way; what
// is written in it names the holder for the message that a second engine gets.
#pragma once

#include <millrace/error.hpp>

#include <filesystem>
#include <string>

namespace millrace::storage {

/// Holds the lock from acquire() until it is destroyed.
class engine_lock {
public:
  /// Takes the lock for `database`, a canonical path. `shown` is the path in messages. Errors:
  /// `database_unusable` naming the holder's process, also when that is this one, or saying why the
  /// lock file cannot be made.
  [[nodiscard]] static result<engine_lock> acquire(const std::filesystem::path& database,
                                                   const std::string& shown);

  /// Only looks whether somebody has the lock, where the folder cannot be written. Errors:
  /// `database_unusable` naming the holder's process.
  [[nodiscard]] static result<void> look(const std::filesystem::path& database,
                                         const std::string& shown);

  engine_lock(engine_lock&& other) noexcept;
  engine_lock& operator=(engine_lock&& other) noexcept;
  ~engine_lock();

private:
  engine_lock(std::filesystem::path file, int descriptor) noexcept;
  void release() noexcept;

  std::filesystem::path file_;
  int descriptor_; ///< -1: moved from
};

} // namespace millrace::storage

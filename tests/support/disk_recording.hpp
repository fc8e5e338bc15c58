// SPDX-License-Identifier: Apache-2.0
//
// What SQLite did to the files of a database, in order, and from that what a crash at any moment
// may leave of them: every operation is a crash point without being run again for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::storage::testing {

/// What is left of the operations that no sync has covered when the machine stops.
enum class survival : std::uint8_t {
  everything, ///< only the process died: the system writes out the rest
  nothing,    ///< the power went before any of it was written
  in_order,   ///< a random number of them, in their order, the last one torn
  scattered,  ///< each sector at random, as it was after any of its writes or before the first
};

/// The operations on one or more files. Thread-safe while it records; images are made afterwards.
///
/// The disk behind it promises what POSIX and SQLite's defaults ask for and no more: a sync makes
/// one file's bytes and size durable; a name comes and goes with a sync of its folder, which SQLite
/// asks for at the first sync of a log or journal that it has created; a sector of 512 bytes is
/// written as a whole or not at all, and sectors in any order.
class disk_recording {
public:
  static constexpr std::size_t sector_bytes = 512;

  /// What the file system layer reports. `name`: the full path.
  void opened(std::string_view name, bool is_log);
  void written(std::string_view name, std::string_view bytes, std::size_t offset);
  void truncated(std::string_view name, std::size_t size);
  void synced(std::string_view name);
  void removed(std::string_view name, bool is_folder_synced);
  /// The operations up to here have been acknowledged to somebody.
  void acknowledge();

  /// How many operations there are: writes, truncations, syncs, and names that came or went.
  [[nodiscard]] std::size_t size() const;
  /// How often acknowledge() had been called before operation number `position` (from 0) began.
  [[nodiscard]] std::size_t acknowledged_at(std::size_t position) const;
  /// Writes into `folder` what the files are when everything stops before operation `position`.
  /// The same arguments give the same files. Returns their names and bytes.
  std::map<std::string, std::string> cut_power(std::size_t position, survival kept,
                                               std::uint64_t seed) const;

private:
  enum class action : std::uint8_t { write, truncate, sync, create, remove, sync_folder };
  struct operation {
    action what = action::write;
    std::size_t file = 0; ///< which file, not which name: a name may come again
    std::string name;
    std::size_t offset = 0; ///< of a write; of a truncation the new size
    std::string bytes;
  };
  class crash_image;

  void add(action what, std::string_view name, std::size_t offset = 0, std::string_view bytes = {});

  mutable std::mutex mutex_;
  std::deque<operation> operations_;
  std::vector<std::size_t> acknowledged_; ///< operations before each acknowledgement
  std::map<std::string, std::size_t, std::less<>> files_; ///< by name, those that are there
  std::map<std::size_t, bool> needs_folder_sync_; ///< logs that were created and never synced
  std::size_t files_made_ = 0;
};

/// Writes files of an image into `folder`, in place of whatever is there.
void write_image(const std::map<std::string, std::string>& image,
                 const std::filesystem::path& folder);

} // namespace millrace::storage::testing

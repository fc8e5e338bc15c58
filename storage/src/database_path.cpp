// SPDX-License-Identifier: Apache-2.0
#include "database_path.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace millrace::storage {

namespace {

namespace fs = std::filesystem;

/// Symbolic links followed one after the other; as many as Linux follows.
constexpr int links_max = 40;

/// 0, or the errno value that says why this process may not.
int refused(const fs::path& path, int mode) noexcept {
  // With the effective user, as the opening will be.
  return faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0 ? 0 : errno;
}

std::string reason_text(int reason) {
  return std::generic_category().message(reason);
}

/// The file at the end of a chain of symbolic links, which need not exist yet. It is followed by
/// hand since canonical() wants the end to exist.
result<fs::path> follow_links(fs::path path, const std::string& shown) {
  std::error_code failure;
  for (int links = 0; links <= links_max; ++links) {
    if (!fs::is_symlink(path, failure)) {
      return path;
    }
    const fs::path target = fs::read_symlink(path, failure);
    if (failure) {
      break;
    }
    path = path.parent_path() / target; // an absolute target replaces the whole path
  }
  return unusable(shown, "cannot be found: its symbolic links lead nowhere.");
}

result<database_path> check_existing(database_path found, const std::string& shown,
                                     bool read_only) {
  std::error_code failure;
  if (!fs::is_regular_file(found.file, failure)) {
    return unusable(shown, "is not a file.");
  }
  if (const int reason = refused(found.file, R_OK)) {
    return unusable(shown, "cannot be read: " + reason_text(reason) + ".");
  }
  found.is_new = fs::file_size(found.file, failure) == 0;
  const int reason = read_only ? 0 : refused(found.file, W_OK);
  if (reason != 0) {
    return unusable(shown, "cannot be written: " + reason_text(reason) +
                               ". Change its permissions or open it read-only.");
  }
  return found;
}

} // namespace

error unusable(const std::string& shown, const std::string& why) {
  return {errc::database_unusable, "The database " + shown + " " + why};
}

result<database_path> locate_database(const std::string& shown, bool read_only) {
  std::error_code failure;
  if (fs::is_directory(shown, failure)) {
    return unusable(shown, "is a folder. Name a file in it.");
  }
  const auto target = follow_links(fs::absolute(shown, failure), shown);
  if (!target) {
    return target.error();
  }
  const fs::path folder = fs::canonical(target->parent_path(), failure);
  if (failure) {
    return unusable(shown, "cannot be used: its folder " + target->parent_path().string() +
                               " cannot be opened: " + failure.message() + ".");
  }
  const int folder_refused = refused(folder, W_OK | X_OK);
  database_path found{folder / target->filename(), true, folder_refused == 0};
  if (!read_only && folder_refused != 0) {
    return unusable(shown, "cannot be used: the folder " + folder.string() +
                               " is not writable, and files beside the database are needed: " +
                               reason_text(folder_refused) + ".");
  }
  if (fs::exists(found.file, failure)) {
    return check_existing(std::move(found), shown, read_only);
  }
  return found;
}

} // namespace millrace::storage

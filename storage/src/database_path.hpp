// SPDX-License-Identifier: Apache-2.0
//
// Which file a path means, and whether it can be used, judged without opening the database.
#pragma once

#include <millrace/error.hpp>

#include <filesystem>
#include <string>

namespace millrace::storage {

/// The database file behind what the caller wrote.
struct database_path {
  std::filesystem::path file; ///< canonical: absolute, symbolic links followed
  bool is_new = false;        ///< absent or empty
  bool is_folder_writable = false;
};

/// `database_unusable`, in a sentence that begins with the path as the caller wrote it.
[[nodiscard]] error unusable(const std::string& shown, const std::string& why);

/// Follows symbolic links and checks the file and its folder. Errors: `database_unusable`: the
/// folder is missing, the path names something that is not a file, or permissions are missing for
/// what is wanted; with `read_only` also when there is nothing to read.
[[nodiscard]] result<database_path> locate_database(const std::string& shown, bool read_only);

} // namespace millrace::storage

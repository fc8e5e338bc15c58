// SPDX-License-Identifier: Apache-2.0
//
// Files below a folder that is open, without following a link anywhere. Failures give errno.
#pragma once

#include "child_process.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

namespace millrace::services {

/// Of files that are made: everybody may read them.
inline constexpr mode_t file_mode = 0644;

/// The folder that `names` lead to, each opened in the one before; `makes`: those that are missing
/// are made. Not open, with errno set: it cannot be reached (ELOOP or ENOTDIR: something else than
/// a folder stands there).
[[nodiscard]] descriptor open_folders(const descriptor& from, const std::vector<std::string>& names,
                                      bool makes);
/// Writes all of it; false with errno set.
[[nodiscard]] bool write_all(const descriptor& file, std::string_view bytes);
/// Reads to the end; false with errno set.
[[nodiscard]] bool read_all(const descriptor& file, std::string& into);
/// Writes a file whole and puts it in place of one of that name, durably; false with errno set.
[[nodiscard]] bool replace_file(const descriptor& folder, const std::string& name,
                                std::string_view bytes);
/// Names in a folder, "." and ".." left out.
[[nodiscard]] std::vector<std::string> names_in(const descriptor& folder);

} // namespace millrace::services

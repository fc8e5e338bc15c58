// SPDX-License-Identifier: Apache-2.0
//
// The source tree as data: which files there are, what each includes, which room owns a header.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace house {

/// The rooms in the order in which each may know the ones before it (docs/architecture.md).
inline constexpr std::string_view rooms[] = {"flows",  "steps",  "storage", "services",
                                             "actors", "engine", "cli"};

/// One file, read once.
struct source_file {
  std::string path; ///< relative to the root of the tree, with slashes
  std::vector<std::string> lines;
};

/// The files of the tree that are ours to keep in order: sources, headers, CMake files, scripts.
[[nodiscard]] const std::vector<source_file>& files();

/// Whether this is a C++ source or header.
[[nodiscard]] bool is_cpp(const source_file& file);

/// The room that a path lies in ("storage/src/x.cpp": "storage"); empty outside the rooms.
[[nodiscard]] std::string room_of(std::string_view path);

/// The place of a room in the order; rooms come one after the other from 0.
[[nodiscard]] std::size_t order_of(std::string_view room);

/// What the #include lines of a file name, as written between the brackets or quotes.
[[nodiscard]] std::vector<std::string> includes_of(const source_file& file);

/// The code of a line without a `//` comment. Good enough for looking up a word: texts that hold
/// two slashes are cut as well.
[[nodiscard]] std::string code_of(const std::string& line);

/// Public headers by how they are included ("millrace/json.hpp"), with the files that bear the
/// name.
[[nodiscard]] const std::map<std::string, std::vector<const source_file*>>& public_headers();

/// The public headers of `room` and those of ours that they include, directly or through others.
[[nodiscard]] std::set<const source_file*> reachable_from_public_headers(std::string_view room);

} // namespace house

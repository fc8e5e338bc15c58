// SPDX-License-Identifier: Apache-2.0
//
// The house keeps its own rules: what docs/architecture.md says about the rooms holds in every
// file. Each test collects all offenders, so that one run names everything there is to mend.
#include "tree.hpp"

#include "catch.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace {

using house::source_file;

constexpr std::size_t file_lines_max = 600;

// One offender a line; empty when the rule holds.
using offenders = std::string;

void add(offenders& found, const source_file& file, const std::string& what) {
  found += "\n  " + file.path + ": " + what;
}

bool is_script(const source_file& file) {
  return !file.lines.empty() && file.lines.front().starts_with("#!");
}

// Whether an include names something of CAF or SQLite.
bool is_hidden_library(std::string_view include) {
  return include.starts_with("caf/") || include.starts_with("sqlite3");
}

} // namespace

TEST_CASE("every source names its licence in its first line") {
  offenders found;
  for (const source_file& file : house::files()) {
    const std::size_t at = is_script(file) ? 1 : 0;
    if (file.lines.size() <= at ||
        !file.lines[at].ends_with(" SPDX-License-Identifier: Apache-2.0"))
      add(found, file, "no SPDX line");
  }
  CHECK(found == "");
}

TEST_CASE("no source is longer than its limit") {
  offenders found;
  for (const source_file& file : house::files())
    if (file.lines.size() > file_lines_max)
      add(found, file, std::to_string(file.lines.size()) + " lines");
  CHECK(found == "");
}

TEST_CASE("every header is guarded by pragma once") {
  offenders found;
  for (const source_file& file : house::files())
    if (file.path.ends_with(".hpp") &&
        std::find(file.lines.begin(), file.lines.end(), "#pragma once") == file.lines.end())
      add(found, file, "no #pragma once");
  CHECK(found == "");
}

TEST_CASE("the public headers of engine, and those they include, show neither CAF nor SQLite") {
  REQUIRE_FALSE(house::reachable_from_public_headers("flows").empty());
  offenders found;
  for (const source_file* file : house::reachable_from_public_headers("engine"))
    for (const std::string& line : file->lines) {
      const std::string code = house::code_of(line);
      for (const std::string_view word : {"caf/", "caf::", "sqlite3"})
        if (code.find(word) != std::string::npos)
          add(found, *file, line);
    }
  CHECK(found == "");
}

TEST_CASE("the public headers of engine need no header of storage or actors") {
  offenders found;
  for (const source_file* file : house::reachable_from_public_headers("engine")) {
    const std::string room = house::room_of(file->path);
    if (room == "storage" || room == "actors")
      add(found, *file, "is not installed");
  }
  CHECK(found == "");
}

TEST_CASE("no two rooms have a public header of the same name") {
  offenders found;
  for (const auto& [name, owners] : house::public_headers())
    for (std::size_t i = 1; i < owners.size(); ++i)
      add(found, *owners[i], "also " + owners[0]->path);
  CHECK(found == "");
}

TEST_CASE("a room includes only its own headers and those of the rooms before it") {
  offenders found;
  for (const source_file& file : house::files()) {
    const std::string room = house::room_of(file.path);
    if (room.empty() || !house::is_cpp(file))
      continue;
    for (const std::string& name : house::includes_of(file)) {
      const auto header = house::public_headers().find(name);
      if (header == house::public_headers().end())
        continue;
      const std::string owner = house::room_of(header->second.front()->path);
      if (house::order_of(owner) > house::order_of(room))
        add(found, file, name + " of " + owner);
    }
  }
  CHECK(found == "");
}

TEST_CASE("a private header stays in its room") {
  offenders found;
  for (const source_file& file : house::files()) {
    const std::string room = house::room_of(file.path);
    if (room.empty() || !house::is_cpp(file))
      continue;
    for (const std::string& name : house::includes_of(file)) {
      if (name.find("..") != std::string::npos)
        add(found, file, name + " leaves its folder");
      for (const source_file& other : house::files()) {
        const std::string other_room = house::room_of(other.path);
        if (!other_room.empty() && other_room != room &&
            other.path == other_room + "/src/" + name &&
            std::none_of(house::files().begin(), house::files().end(),
                         [&](const source_file& own) { return own.path == room + "/src/" + name; }))
          add(found, file, name + " of " + other_room);
      }
    }
  }
  CHECK(found == "");
}

TEST_CASE("cli is built on the public headers of engine alone") {
  const auto allowed = house::reachable_from_public_headers("engine");
  offenders found;
  for (const source_file& file : house::files()) {
    if (house::room_of(file.path) != "cli" || !house::is_cpp(file))
      continue;
    for (const std::string& name : house::includes_of(file)) {
      const auto header = house::public_headers().find(name);
      if (header == house::public_headers().end())
        continue;
      const source_file* owner = header->second.front();
      if (house::room_of(owner->path) != "cli" && allowed.count(owner) == 0)
        add(found, file, name + " of " + house::room_of(owner->path));
    }
  }
  CHECK(found == "");
}

TEST_CASE("only actors includes CAF and only storage includes SQLite") {
  offenders found;
  for (const source_file& file : house::files()) {
    const std::string room = house::room_of(file.path);
    if (room.empty() || !house::is_cpp(file))
      continue;
    for (const std::string& name : house::includes_of(file)) {
      const bool at_home = (room == "actors" && name.starts_with("caf/")) ||
                           (room == "storage" && name.starts_with("sqlite3"));
      if (is_hidden_library(name) && !at_home)
        add(found, file, name);
    }
  }
  CHECK(found == "");
}

TEST_CASE("what differs between CAF versions is in one file") {
  offenders found;
  for (const source_file& file : house::files()) {
    if (!house::is_cpp(file) || house::room_of(file.path).empty())
      continue;
    if (file.path == "actors/src/caf_compat.hpp")
      continue;
    for (const std::string& line : file.lines)
      for (const std::string_view word : {"CAF_VERSION", "CAF_MAJOR_VERSION"})
        if (house::code_of(line).find(word) != std::string::npos)
          add(found, file, line);
  }
  CHECK(found == "");
}

TEST_CASE("flows knows no files and no threads") {
  const std::string_view headers[] = {"thread", "mutex",   "shared_mutex", "condition_variable",
                                      "future", "fstream", "filesystem",   "pthread.h"};
  offenders found;
  for (const source_file& file : house::files()) {
    if (house::room_of(file.path) != "flows" || !house::is_cpp(file))
      continue;
    for (const std::string& name : house::includes_of(file))
      if (std::count(std::begin(headers), std::end(headers), name) > 0)
        add(found, file, name);
  }
  CHECK(found == "");
}

TEST_CASE("no room before engine reads a clock or a random source") {
  const std::string_view words[] = {"_clock::now(", "random_device", "std::rand(",
                                    "std::time(",   "clock_gettime", "gettimeofday"};
  offenders found;
  for (const source_file& file : house::files()) {
    const std::string room = house::room_of(file.path);
    if (house::order_of(room) >= house::order_of("engine") || !house::is_cpp(file))
      continue;
    for (const std::string& line : file.lines)
      for (const std::string_view word : words)
        if (house::code_of(line).find(word) != std::string::npos)
          add(found, file, line);
  }
  CHECK(found == "");
}

// SPDX-License-Identifier: Apache-2.0
#include "object_files.hpp"

#include <array>
#include <cerrno>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

namespace millrace::services {
namespace {

constexpr mode_t folder_mode = 0755;
constexpr int folder_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

} // namespace

descriptor open_folders(const descriptor& from, const std::vector<std::string>& names, bool makes) {
  descriptor at(::openat(from.get(), ".", folder_flags));
  for (const std::string& name : names) {
    if (!at.is_open())
      return at;
    if (makes && ::mkdirat(at.get(), name.c_str(), folder_mode) != 0 && errno != EEXIST)
      return {};
    at = descriptor(::openat(at.get(), name.c_str(), folder_flags));
  }
  return at;
}

bool write_all(const descriptor& file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR)
      return false;
    if (written > 0)
      bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool read_all(const descriptor& file, std::string& into) {
  std::array<char, 64 * 1024> part{};
  for (;;) {
    const ssize_t got = ::read(file.get(), part.data(), part.size());
    if (got == 0)
      return true;
    if (got < 0 && errno != EINTR)
      return false;
    if (got > 0)
      into.append(part.data(), static_cast<std::size_t>(got));
  }
}

bool replace_file(const descriptor& folder, const std::string& name, std::string_view bytes) {
  const std::string temporary = name + '~';
  const descriptor file(::openat(folder.get(), temporary.c_str(),
                                 O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, file_mode));
  return file.is_open() && write_all(file, bytes) && ::fsync(file.get()) == 0 &&
         ::renameat(folder.get(), temporary.c_str(), folder.get(), name.c_str()) == 0 &&
         ::fsync(folder.get()) == 0;
}

std::vector<std::string> names_in(const descriptor& folder) {
  std::vector<std::string> names;
  // The stream closes what it is given, so it gets a descriptor of its own.
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(
      ::fdopendir(::openat(folder.get(), ".", folder_flags)), &::closedir);
  if (!stream)
    return names;
  while (const dirent* entry = ::readdir(stream.get())) { // NOLINT(concurrency-mt-unsafe)
    const std::string_view name = &entry->d_name[0];
    if (name != "." && name != "..")
      names.emplace_back(name);
  }
  return names;
}

} // namespace millrace::services

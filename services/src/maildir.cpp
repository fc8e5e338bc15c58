// SPDX-License-Identifier: Apache-2.0
#include "maildir.hpp"

#include "object_files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace millrace::services {
namespace {

error trouble(errc code, const std::string& what) {
  return {code, what + ": " + std::generic_category().message(errno)};
}

// The message's own name, without what readers add to it.
std::string unique_name(const std::string& name) {
  return name.substr(0, name.find(":2,"));
}

bool is_taken(const descriptor& folder, const std::string& name) {
  struct stat status {};
  return ::fstatat(folder.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
}

} // namespace

result<maildir> maildir::open(const std::string& path) {
  std::error_code failure;
  std::filesystem::create_directories(path, failure);
  const descriptor root(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root.is_open())
    return trouble(errc::not_found, "The mail folder " + path + " cannot be opened");
  maildir made;
  for (const char* part : {"tmp", "new", "cur"})
    for (const char* each : {"", ".unmatched", ".failed"}) {
      const std::string sub = each;
      descriptor opened = open_folders(
          root, sub.empty() ? std::vector<std::string>{part} : std::vector<std::string>{sub, part},
          true);
      if (!opened.is_open())
        return trouble(errc::not_found, "The mail folder " + path + " lacks " + part);
      const std::string name = part;
      if (name == "new" && sub.empty())
        made.new_ = std::move(opened);
      else if (name == "cur" && sub.empty())
        made.seen_ = std::move(opened);
      else if (name == "new")
        (sub == ".failed" ? made.failed_ : made.unmatched_) = std::move(opened);
    }
  return made;
}

std::vector<std::string> maildir::arrived() const {
  std::vector<std::string> names = names_in(new_);
  std::erase_if(names, [](const std::string& name) { return name.front() == '.'; });
  std::sort(names.begin(), names.end());
  return names;
}

result<waiting_message> maildir::read(const std::string& name, std::size_t bytes_max) const {
  // Without waiting for whoever would write into a pipe.
  const descriptor file(
      ::openat(new_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.is_open() && errno != ELOOP)
    return trouble(errc::not_found, "it cannot be read");
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return error{errc::invalid_input, "it is no plain file"};
  waiting_message made;
  std::array<char, 64 * 1024> part{};
  for (;;) {
    const ssize_t got = ::read(file.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return trouble(errc::not_found, "it cannot be read");
    if (got == 0)
      break;
    made.bytes.append(part.data(), static_cast<std::size_t>(got));
    if (made.bytes.size() > bytes_max)
      return error{errc::invalid_input,
                   "it is larger than " + std::to_string(bytes_max) + " bytes"};
  }
  const std::int64_t seconds = status.st_mtim.tv_sec;
  made.delivered_at =
      std::max<std::int64_t>(seconds, 0) * 1000 + status.st_mtim.tv_nsec / 1'000'000;
  made.identity = unique_name(name) + '/' + std::to_string(seconds) + '.' +
                  std::to_string(status.st_mtim.tv_nsec);
  return made;
}

bool maildir::move(const std::string& name, folder to) const {
  constexpr int names_max = 1000;
  const descriptor& target = to == folder::seen        ? seen_
                             : to == folder::unmatched ? unmatched_
                                                       : failed_;
  // Seen by us and by nobody else: no flag.
  const std::string ending = to == folder::seen ? ":2," : "";
  const std::string base = unique_name(name);
  std::string wanted = base + ending;
  for (int i = 1; is_taken(target, wanted); ++i) {
    if (i == names_max) {
      errno = EEXIST;
      return false;
    }
    wanted = base;
    wanted.append(1, '.').append(std::to_string(i)).append(ending);
  }
  return ::renameat(new_.get(), name.c_str(), target.get(), wanted.c_str()) == 0 &&
         ::fsync(target.get()) == 0 && ::fsync(new_.get()) == 0;
}

} // namespace millrace::services

// SPDX-License-Identifier: Apache-2.0
#include "engine_lock.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace millrace::storage {

namespace {

/// How often a lock file may vanish under us (its holder is just closing) before we give up.
constexpr int attempts_max = 100;
constexpr std::size_t holder_bytes_max = 256;

std::filesystem::path lock_file_of(const std::filesystem::path& database) {
  return database.string() + "-engine";
}

const char* program_name() noexcept {
#if defined(__GLIBC__)
  return program_invocation_short_name;
#else
  return getprogname();
#endif
}

/// "4711 (millrace)": process and program of the holder, as the message shows it.
std::string describe_this_process() {
  return std::to_string(getpid()) + " (" + program_name() + ")";
}

/// Best effort: the lock is the kernel's, the text is only for people.
void write_holder(int descriptor) {
  const std::string text = describe_this_process().substr(0, holder_bytes_max);
  if (ftruncate(descriptor, 0) == 0) {
    [[maybe_unused]] const ssize_t written = pwrite(descriptor, text.data(), text.size(), 0);
  }
}

std::string read_holder(int descriptor) {
  std::array<char, holder_bytes_max> text{};
  const ssize_t size = pread(descriptor, text.data(), text.size(), 0);
  return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : std::string();
}

error in_use(const std::string& shown, const std::string& holder) {
  std::string message = "The database " + shown + " is in use by ";
  message += holder.empty() ? "another process" : "process " + holder;
  if (holder == describe_this_process()) {
    message += ", which is this one";
  }
  return {errc::database_unusable, message + ". Only one engine at a time can use a database."};
}

error cannot_lock(const std::filesystem::path& file, const std::string& shown, int reason) {
  return {errc::database_unusable, "The database " + shown + " cannot be locked: " + file.string() +
                                       ": " + std::generic_category().message(reason) + "."};
}

/// Whether `file` still names what `descriptor` has open: its last holder removes it at the end.
bool is_same_file(int descriptor, const std::filesystem::path& file) {
  struct stat opened {};
  struct stat named {};
  return fstat(descriptor, &opened) == 0 && stat(file.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/// `kind`: LOCK_EX or LOCK_SH.
int lock_without_waiting(int descriptor, int kind) noexcept {
  int outcome = 0;
  do {
    // flock, not fcntl: it holds against a second engine in the same process, too.
    outcome = flock(descriptor, kind | LOCK_NB);
  } while (outcome != 0 && errno == EINTR);
  return outcome;
}

} // namespace

result<engine_lock> engine_lock::acquire(const std::filesystem::path& database,
                                         const std::string& shown) {
  const std::filesystem::path file = lock_file_of(database);
  constexpr mode_t readable_by_all = 0644; // a second opener wants to read who holds it
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    const int descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, readable_by_all);
    if (descriptor < 0) {
      return cannot_lock(file, shown, errno);
    }
    if (lock_without_waiting(descriptor, LOCK_EX) != 0) {
      const int reason = errno;
      const std::string holder = read_holder(descriptor);
      close(descriptor);
      return reason == EWOULDBLOCK ? in_use(shown, holder) : cannot_lock(file, shown, reason);
    }
    if (is_same_file(descriptor, file)) {
      write_holder(descriptor);
      return engine_lock(file, descriptor);
    }
    close(descriptor);
  }
  return in_use(shown, {});
}

result<void> engine_lock::look(const std::filesystem::path& database, const std::string& shown) {
  const std::filesystem::path file = lock_file_of(database);
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return {}; // none was made, so nobody has it
  }
  const bool is_held = lock_without_waiting(descriptor, LOCK_SH) != 0 && errno == EWOULDBLOCK;
  const std::string holder = is_held ? read_holder(descriptor) : std::string();
  close(descriptor);
  if (is_held) {
    return in_use(shown, holder);
  }
  return {};
}

engine_lock::engine_lock(std::filesystem::path file, int descriptor) noexcept
    : file_(std::move(file)), descriptor_(descriptor) {}

engine_lock::engine_lock(engine_lock&& other) noexcept
    : file_(std::move(other.file_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

engine_lock& engine_lock::operator=(engine_lock&& other) noexcept {
  if (this != &other) {
    release();
    file_ = std::move(other.file_);
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

engine_lock::~engine_lock() {
  release();
}

void engine_lock::release() noexcept {
  if (descriptor_ >= 0) {
    // Removed while it is still locked, so that no one else's new lock file is removed.
    unlink(file_.c_str());
    close(descriptor_);
    descriptor_ = -1;
  }
}

} // namespace millrace::storage

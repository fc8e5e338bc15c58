// SPDX-License-Identifier: Apache-2.0
//
// This program run again as another process, what a process takes of memory, and folders that go
// away.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace millrace::bench {

/// This program, started again. Its standard output is read, its standard error is this one's.
class child_process {
public:
  /// Starts it with these arguments. Throws `failure` when that is impossible.
  explicit child_process(const std::vector<std::string>& arguments);
  /// Kills it if it runs.
  ~child_process();
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  /// What it writes up to the next line's end, which is not included, or up to the end.
  [[nodiscard]] std::string read_line();
  /// Waits for its end; the exit status, or 128 and the signal's number.
  int wait();
  /// Ends it by SIGKILL, as a real death does, and waits.
  void kill();

private:
  pid_t id_ = -1; // -1: has been waited for
  int output_ = -1;
};

/// The largest resident memory that this process has had since its program was started.
[[nodiscard]] double peak_rss_mib();
/// Resident memory now.
[[nodiscard]] double rss_mib();

/// A new folder, removed at the end with all that is in it.
class scratch_folder {
public:
  /// In `base`, which is made if need be. Throws `failure`.
  explicit scratch_folder(const std::filesystem::path& base);
  ~scratch_folder();
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
  std::filesystem::path path_;
};

} // namespace millrace::bench

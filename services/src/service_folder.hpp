// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <optional>
#include <string>

namespace millrace::services {

/// A folder with a name, or a temporary one that is made when it is asked for and removed at the
/// end. Thread-safe.
class service_folder {
public:
  /// Empty: a temporary one.
  explicit service_folder(std::string path) : path_(std::move(path)) {}
  service_folder(const service_folder&) = delete;
  service_folder& operator=(const service_folder&) = delete;
  ~service_folder();

  /// Absent, with errno set: no temporary folder can be made.
  [[nodiscard]] std::optional<std::string> path();

private:
  std::mutex mutex_;
  std::string path_; // guarded by mutex_
  bool is_temporary_ = false;
};

} // namespace millrace::services

// SPDX-License-Identifier: Apache-2.0
//
// A folder of its own for one test.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>

#include <unistd.h>

namespace millrace::testing {

/// Removed by the destructor.
class scratch {
public:
  scratch() {
    static std::atomic<int> count = 0;
    folder_ = std::filesystem::temp_directory_path() /
              ("millrace-services-" + std::to_string(getpid()) + '-' + std::to_string(count++));
    std::filesystem::create_directories(folder_);
  }
  ~scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }

private:
  std::filesystem::path folder_;
};

} // namespace millrace::testing

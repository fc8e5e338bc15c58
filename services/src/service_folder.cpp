// SPDX-License-Identifier: Apache-2.0
#include "service_folder.hpp"

#include <cstdlib>
#include <filesystem>

namespace millrace::services {

namespace fs = std::filesystem;

service_folder::~service_folder() {
  std::error_code ignored;
  if (is_temporary_)
    fs::remove_all(path_, ignored);
}

std::optional<std::string> service_folder::path() {
  const std::lock_guard lock(mutex_);
  if (path_.empty()) {
    std::string pattern = (fs::temp_directory_path() / "millrace-services-XXXXXX").string();
    if (!::mkdtemp(pattern.data()))
      return std::nullopt;
    path_ = pattern;
    is_temporary_ = true;
  }
  return path_;
}

} // namespace millrace::services

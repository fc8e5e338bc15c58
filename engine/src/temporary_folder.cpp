// SPDX-License-Identifier: Apache-2.0
#include "temporary_folder.hpp"

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace millrace {

// In memory where the system has such a place: what is in it need not outlive the process.
result<std::unique_ptr<temporary_folder>> temporary_folder::make() {
  std::error_code failure;
  const auto base = std::filesystem::temp_directory_path(failure);
  std::string pattern;
  for (const std::filesystem::path& place :
       {std::filesystem::path("/dev/shm"), failure ? std::filesystem::path("/tmp") : base}) {
    pattern = place / "millrace-XXXXXX";
    if (::mkdtemp(pattern.data()) != nullptr)
      return std::unique_ptr<temporary_folder>(new temporary_folder(std::move(pattern)));
  }
  return error{errc::database_unusable, "No temporary folder could be made like " + pattern +
                                            "; let TMPDIR name a folder that can be written to."};
}

temporary_folder::~temporary_folder() {
  std::error_code ignored; // what cannot be removed is left to the system
  std::filesystem::remove_all(folder_, ignored);
}

std::string temporary_folder::path(const std::string& name) const {
  return folder_ + '/' + name;
}

} // namespace millrace

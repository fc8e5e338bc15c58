// SPDX-License-Identifier: Apache-2.0
#include "temporary_folder.hpp"

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace millrace {

result<std::unique_ptr<temporary_folder>> temporary_folder::make() {
  std::error_code failure;
  const auto base = std::filesystem::temp_directory_path(failure);
  std::string pattern = (failure ? std::filesystem::path("/tmp") : base) / "millrace-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr)
    return error{errc::database_unusable, "No temporary folder could be made like " + pattern +
                                              "; let TMPDIR name a folder that can be written to."};
  return std::unique_ptr<temporary_folder>(new temporary_folder(std::move(pattern)));
}

temporary_folder::~temporary_folder() {
  std::error_code ignored; // what cannot be removed is left to the system
  std::filesystem::remove_all(folder_, ignored);
}

std::string temporary_folder::path(const std::string& name) const {
  return folder_ + '/' + name;
}

} // namespace millrace

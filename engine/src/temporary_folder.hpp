// SPDX-License-Identifier: Apache-2.0
//
// A folder of one's own for temporary files.
#pragma once

#include <millrace/error.hpp>

#include <memory>
#include <string>

namespace millrace {

/// Removed with everything in it at the end.
class temporary_folder {
public:
  /// Errors: `database_unusable` when none can be made.
  [[nodiscard]] static result<std::unique_ptr<temporary_folder>> make();
  ~temporary_folder();
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  /// Of a file in it.
  [[nodiscard]] std::string path(const std::string& name) const;

private:
  explicit temporary_folder(std::string folder) : folder_(std::move(folder)) {}

  std::string folder_;
};

} // namespace millrace

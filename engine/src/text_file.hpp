// SPDX-License-Identifier: Apache-2.0
//
// Whole files as text.
#pragma once

#include <millrace/error.hpp>

#include <filesystem>
#include <string>

namespace millrace {

/// What stands in `path`. Errors: `not_found` for a file that cannot be read.
[[nodiscard]] result<std::string> read_text_file(const std::filesystem::path& path);

} // namespace millrace

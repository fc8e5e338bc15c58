// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace millrace::services {

/// JSON as models and people write it, in UTF-8, made JSON: comments, commas that are missing or
/// too many, quotes of other kinds, none, or not escaped, line breaks in texts, names of other
/// languages (True, None), `...`, brackets and texts that are not closed. Absent: it is no object
/// and no list, or cannot be understood. Source: what the library jsonrepair makes of such texts,
/// which the reference uses.
[[nodiscard]] std::optional<std::string> mended_json(std::string_view text);

} // namespace millrace::services

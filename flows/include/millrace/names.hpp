// SPDX-License-Identifier: Apache-2.0
//
// Names in messages: lists of them, and the one that was probably meant.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::flows {

/// The one of `names` that a person who wrote `wrong` probably meant: few edits away for its
/// length, another case included, but not equal. The first of several equally near ones.
[[nodiscard]] std::optional<std::string> nearest_name(std::string_view wrong,
                                                      const std::vector<std::string_view>& names);

/// `"a", "b" or "c"`; long lists are cut with a count of the rest.
[[nodiscard]] std::string list_names(const std::vector<std::string_view>& names);

} // namespace millrace::flows

// SPDX-License-Identifier: Apache-2.0
//
// What a condition's text consists of, for those who check it without evaluating it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace millrace::flows {

struct condition_parts {
  std::vector<std::string> paths; ///< every path in it, from left to right
  bool has_joint_inside = false;  ///< && or || stands in a quoted literal or a bracket
  bool compares_bracket = false;  ///< the left path of a comparison starts with "$["
};

/// Takes `text` apart as condition::compile() does; nothing where a limit is passed.
[[nodiscard]] condition_parts parts_of_condition(std::string_view text);

} // namespace millrace::flows

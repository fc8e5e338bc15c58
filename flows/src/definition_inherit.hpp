// SPDX-License-Identifier: Apache-2.0
//
// Reusable step definitions: the text under a step instance.
#pragma once

#include <millrace/definition.hpp>

#include <optional>
#include <string_view>

namespace millrace::flows::definitions {

/// The reusable step definition `id`: one of the system's own ("system-noop") or one that `rules`
/// find. nullopt when there is none. Source: reference SYSTEM_STEP_DEFINITIONS.
[[nodiscard]] std::optional<json::object> find_reusable_step(std::string_view id,
                                                             const definition_rules& rules);

/// A member of a definition's text that says that its steps hold their reusable definitions
/// already, so that compiling it again looks up and merges nothing.
inline constexpr std::string_view merged_marker = "stepDefinitionsMerged";

} // namespace millrace::flows::definitions

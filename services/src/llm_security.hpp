// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "llm_invocation.hpp"

#include <optional>
#include <string>

namespace millrace::services {

/// Why what a model said must not go on: a text that is forbidden stands in it
/// (SecurityViolationError), or it is too similar to what its prompt marks as protected. Absent: it
/// may. Errors of another name: the check cannot be made. Source: reference security-validator.
[[nodiscard]] std::optional<step_error> find_violation(const step_request& request,
                                                       const std::string& prompt,
                                                       const json::object& output,
                                                       llm_services& with);

/// The text of an element in a prompt that is XML, by the names that lead to it; empty: there is
/// none.
[[nodiscard]] std::string element_text(std::string_view xml,
                                       std::initializer_list<std::string_view> names);
/// The cosine of the angle between two vectors; 0 where they cannot be compared.
[[nodiscard]] double similarity(const std::vector<double>& left, const std::vector<double>& right);

} // namespace millrace::services

// SPDX-License-Identifier: Apache-2.0
//
// Paths, mappings and templates in a definition's text: their shape is checked here, and what can
// be known already to fail when it runs, or to give another result on Allma, is a warning.
#pragma once

#include "definition_checks.hpp"

#include <string>
#include <string_view>

namespace millrace::flows::definitions {

/// The path text at `key`: it must start with "$.". Null where there is none or it is wrong.
/// Source: reference JsonPathStringSchema.
[[nodiscard]] const json::string* check_path(object_reader& reader, std::string_view key);

/// Warns at `pointer` when `text` can never be evaluated as the path of a mapping, a condition or
/// an items path.
void warn_unusable_path(problem_list& problems, const std::string& pointer, std::string_view text);
/// The same for the plain paths of outputValidation and aggregation.
void warn_unusable_plain_path(problem_list& problems, const std::string& pointer,
                              std::string_view text);
/// Warns at `pointer` when the template `text` can never be rendered.
void warn_unusable_template(problem_list& problems, const std::string& pointer,
                            std::string_view text);
/// The same for every text inside `value`.
void warn_unusable_templates(problem_list& problems, const std::string& pointer,
                             const json::value& value);

/// inputMappings at `key`: target names to paths. Null where there is none or it is no object.
const json::object* check_input_mappings(object_reader& reader, std::string_view key);
/// outputMappings at `key`: target paths to source paths. A bare "$" as a source is accepted, as
/// documented, with a warning that Allma refuses it.
const json::object* check_output_mappings(object_reader& reader, std::string_view key);

} // namespace millrace::flows::definitions

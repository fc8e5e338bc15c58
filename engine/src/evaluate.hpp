// SPDX-License-Identifier: Apache-2.0
//
// What the kinds of evaluation share: reading `given`, and the forms of results.
#pragma once

#include <millrace/evaluate.hpp>
#include <millrace/execution.hpp>
#include <millrace/scope.hpp>

namespace millrace::evaluation {

/// The identity that expressions see when no execution runs. Source: tests/conformance/README.md,
/// "mapping.json".
inline constexpr std::string_view flow_id = "conformance";
inline constexpr std::string_view execution_id = "00000000-0000-4000-8000-000000000000";
inline constexpr std::string_view step_id = "s";
inline constexpr std::int64_t start_time = 1'704'067'200'000; // 2024-01-01T00:00:00Z

/// A member of `given`; an error that names it where it is missing or of another type.
[[nodiscard]] result<std::string> text_member(const json::object& given, std::string_view name);
[[nodiscard]] result<json::object> object_member(const json::object& given, std::string_view name);
/// The same for a member that may be missing or null: then it is empty.
[[nodiscard]] result<json::object> optional_object(const json::object& given,
                                                   std::string_view name);
[[nodiscard]] result<json::array> optional_array(const json::object& given, std::string_view name);

/// {"error": {"name", "message"}}.
[[nodiscard]] json::object failure(std::string_view name, std::string_view message);
/// {"errorName", "errorMessage"}.
[[nodiscard]] json::object brief(const error_info& info);

/// The kinds that need more than expressions.
[[nodiscard]] result<json::object> evaluate_step(const json::object& given);
[[nodiscard]] result<json::object> evaluate_transform(const json::object& given);
[[nodiscard]] result<json::object> evaluate_flow(const json::object& given,
                                                 const evaluate_options& how);

} // namespace millrace::evaluation

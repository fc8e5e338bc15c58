// SPDX-License-Identifier: Apache-2.0
//
// Values of a context held against expected ones, and what to say where they differ. Private to the
// checking of expectations.
#pragma once

#include <millrace/error.hpp>
#include <millrace/expectation.hpp>
#include <millrace/json.hpp>
#include <millrace/member_reader.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace millrace::simulation {

/// Why `json_path` is no path that an expectation may have; empty: it is one.
[[nodiscard]] std::string wrong_path(std::string_view json_path);

/// Where two values differ first, as segments to be put behind a path (".a[0]"); absent: they are
/// equal. Numbers are equal by value, members in any order.
[[nodiscard]] std::optional<std::string> first_difference(const json::value& expected,
                                                          const json::value& seen);

/// A sentence part when `context` has not what was expected at a path; empty: it has. The paths
/// must be right (wrong_path), but a lookup may still fail; then the part says why.
[[nodiscard]] std::string miss_of_value(const json::object& context, const std::string& json_path,
                                        const json::value& expected);
[[nodiscard]] std::string miss_of_type(const json::object& context, const std::string& json_path,
                                       value_type expected);
[[nodiscard]] std::string miss_of_nothing(const json::object& context,
                                          const std::string& json_path);

} // namespace millrace::simulation

// SPDX-License-Identifier: Apache-2.0
//
// JSON given on the command line: as text, as @FILE, or as - for standard input.
#pragma once

#include <millrace/json.hpp>

#include <string>
#include <string_view>

namespace millrace::cli {

/// The JSON value that `argument` of `option` ("--input") stands for. Errors: not_found for a file
/// that cannot be read, invalid_syntax with line and column, limit_exceeded.
[[nodiscard]] result<json::value> read_json_argument(const std::string& argument,
                                                     std::string_view option);
/// The same where only an object will do. Errors: invalid_input besides.
[[nodiscard]] result<json::object> read_object_argument(const std::string& argument,
                                                        std::string_view option);

} // namespace millrace::cli

// SPDX-License-Identifier: Apache-2.0
//
// JSON given on the command line: as text, as a file, or as - for standard input.
#pragma once

#include <millrace/json.hpp>

#include <string>
#include <string_view>

namespace millrace::cli {

/// The JSON value in `file`, or on standard input for "-". Errors: not_found for a file that cannot
/// be read, invalid_syntax with line and column, limit_exceeded.
[[nodiscard]] result<json::value> read_json_file(const std::string& file);
/// The JSON value that `argument` of `option` ("--input") stands for. Errors: as read_json_file.
[[nodiscard]] result<json::value> read_json_argument(const std::string& argument,
                                                     std::string_view option);
/// The same where only an object will do. Errors: invalid_input besides.
[[nodiscard]] result<json::object> read_object_argument(const std::string& argument,
                                                        std::string_view option);

/// What `value` is, for a sentence: "an array".
[[nodiscard]] const char* kind_of(const json::value& value) noexcept;

} // namespace millrace::cli

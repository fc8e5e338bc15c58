// SPDX-License-Identifier: Apache-2.0
//
// The sections of millrace.json, each read by one function. A section's reader adds what is wrong
// to the problems and goes on.
#pragma once

#include <millrace/member_reader.hpp>
#include <millrace/service_options.hpp>

namespace millrace::services {

/// "functions" or "modules": targets by name.
[[nodiscard]] std::map<std::string, function_target, std::less<>>
read_functions(const json::object& section, const std::string& pointer, pointed_problems& problems);

/// "http".
[[nodiscard]] http_options read_http(const json::object& section, const std::string& pointer,
                                     pointed_problems& problems);

/// "messages".
[[nodiscard]] message_options read_messages(const json::object& section, const std::string& pointer,
                                            pointed_problems& problems);

/// "objects".
[[nodiscard]] object_options read_objects(const json::object& section, const std::string& pointer,
                                          pointed_problems& problems);

} // namespace millrace::services

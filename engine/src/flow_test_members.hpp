// SPDX-License-Identifier: Apache-2.0
//
// The members of test files, level by level: what the reader knows, and what the schema in
// docs/schemas has to say as well.
#pragma once

#include <array>
#include <string_view>

namespace millrace::simulation::members {

using name = std::string_view;

inline constexpr std::array<name, 3> file{"$schema", "flows", "tests"};
inline constexpr std::array<name, 7> test{"name",   "start",  "seed",  "mocks",
                                          "events", "runFor", "expect"};
/// The start input's (see start_request); lineage is the engine's to say.
inline constexpr std::array<name, 8> start{
    "flowDefinitionId", "flowVersion",         "initialContextData", "flowExecutionId",
    "triggerSource",    "enableExecutionLogs", "notificationConfig", "executionOverrides"};
inline constexpr std::array<name, 4> mock{"step", "module", "when", "answers"};
inline constexpr std::array<name, 5> answer{"return", "fail", "timeOut", "after", "times"};
inline constexpr std::array<name, 2> failure{"name", "message"};
inline constexpr std::array<name, 3> event{"correlationKey", "payload", "at"};
inline constexpr std::array<name, 16> expect{
    "status",   "path",          "entered",    "neverEntered", "retried", "context",
    "types",    "absent",        "error",      "waitingFor",   "delays",  "duration",
    "children", "otherChildren", "executions", "deliveries"};
/// Besides those of `expect`.
inline constexpr std::array<name, 1> expect_of_root{"events"};
/// Besides those of `expect`.
inline constexpr std::array<name, 2> child{"flow", "count"};
inline constexpr std::array<name, 2> error{"name", "message"};
inline constexpr std::array<name, 2> time_bounds{"atLeast", "atMost"};

} // namespace millrace::simulation::members

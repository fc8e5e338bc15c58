// SPDX-License-Identifier: Apache-2.0
//
// What people are told of completion actions and notifications.
#pragma once

#include "query.hpp"

#include <cstdint>
#include <string>

namespace millrace::cli {

/// Warns on standard error where deliveries have failed that were accepted after the execution at
/// `position`, and says how to look at them. `database`: empty for one in memory.
void warn_of_failed_deliveries(const list_function& list, std::int64_t position,
                               const std::string& database);

/// Says on standard error what a completion action LOG_ONLY has to say; see delivery_options::log.
void log_completion(std::string_view flow_execution_id, std::string_view flow_definition_id,
                    const json::object& payload);

} // namespace millrace::cli

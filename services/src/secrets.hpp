// SPDX-License-Identifier: Apache-2.0
//
// Secrets of the configuration, where Secrets Manager stood. Values are in no message.
#pragma once

#include <millrace/service_options.hpp>
#include <millrace/step_result.hpp>

#include <string>
#include <string_view>

namespace millrace::services {

/// The whole text of a secret; null: there is none of that name or ARN.
[[nodiscard]] const std::string* look_up_secret(const secret_options& secrets,
                                                std::string_view name);

/// What a secret, by its name or ARN, holds under `key`; one that is no JSON is the value itself.
/// An ARN is looked up whole, then by the name in it, with and without the six characters that AWS
/// puts behind a name. Errors: PermanentStepError. Source: reference mcp-client.
[[nodiscard]] boost::system::result<std::string, step_error>
find_secret(const secret_options& secrets, std::string_view name, std::string_view key);

} // namespace millrace::services

// SPDX-License-Identifier: Apache-2.0
//
// Which messages of a topic a subscription gets, by their attributes. Source: SNS developer guide,
// "Subscription filter policies": exact values, prefix, anything-but and exists.
#pragma once

#include <millrace/json.hpp>

#include <optional>
#include <string>

namespace millrace::services {

/// Why `policy` is none; absent: it is.
[[nodiscard]] std::optional<std::string> why_no_filter(const json::object& policy);
/// Whether a message with these attributes (as SNS_PUBLISH takes them) passes: every member of the
/// policy has to allow the attribute of its name.
[[nodiscard]] bool passes(const json::object& policy, const json::object* attributes);

} // namespace millrace::services

// SPDX-License-Identifier: Apache-2.0
//
// What can be said of a start point from its text alone, before variables are rendered into it.
#pragma once

#include "definition_checks.hpp"

namespace millrace::flows::definitions {

/// scheduleExpression of a SCHEDULE_START_POINT, and the templates in its payloadTemplate.
void check_schedule_start(object_reader& reader);
/// emailAddress and triggerMessagePattern of an EMAIL_START_POINT.
void check_mail_start(object_reader& reader);
/// The sentence for a text that is no address.
[[nodiscard]] std::string no_mail_address(std::string_view text);

} // namespace millrace::flows::definitions

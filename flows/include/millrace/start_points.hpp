// SPDX-License-Identifier: Apache-2.0
//
// What starts a flow by itself: the SCHEDULE_START_POINT and EMAIL_START_POINT steps of a
// definition, rendered with the variables of the flow. Source: Allma step type reference, triggers.
#pragma once

#include <millrace/definition.hpp>
#include <millrace/schedule.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::flows {

/// A SCHEDULE_START_POINT that is enabled.
struct schedule_start {
  std::string step_instance_id;
  schedule when;
  std::string time_zone;        ///< IANA name; "UTC" where the step names none
  json::object initial_context; ///< the rendered payloadTemplate
};

/// An EMAIL_START_POINT.
struct mail_start {
  std::string step_instance_id;
  std::string address;
  std::string keyword;         ///< empty: any mail to the address that has no other's keyword
  std::string trigger_pattern; ///< empty: none
};

/// What a definition has of both, and what is wrong with the others.
struct start_points {
  std::vector<schedule_start> schedules;
  std::vector<mail_start> mails;
  std::vector<problem> problems; ///< errors; their pointers begin at the definition
};

/// Whether steps of that type start flows by themselves.
[[nodiscard]] bool is_start_point(std::string_view step_type) noexcept;

/// The start points of `definition`; templates see {flow_variables: `variables`}. Thread-safe.
[[nodiscard]] start_points start_points_of(const flow_definition& definition,
                                           const json::object& variables);

/// What the first group of `pattern` (a regular expression of JavaScript's) matches in `text`:
/// triggeringEmail.triggerPattern. Absent: nothing, also where the pattern cannot be used or takes
/// too much work. Thread-safe.
[[nodiscard]] std::optional<std::string> match_trigger_pattern(std::string_view pattern,
                                                               std::string_view text);

} // namespace millrace::flows

// SPDX-License-Identifier: Apache-2.0
//
// What belongs to a flow as a whole: its own members and what its steps say about each other.
#pragma once

#include "definition_checks.hpp"

namespace millrace::flows::definitions {

/// Checks the flow's own members (all but the steps themselves) and reads them into `target`.
void read_flow_members(flow_definition& target, object_reader& reader);

/// Checks onCompletionActions and compiles them into `target`. Source: reference
/// OnCompletionActionSchema.
void read_completion_actions(flow_definition& target, object_reader& reader);

/// Every step that is named must exist, and every step should be reachable. `reader` reads the
/// flow; `target` holds all its steps.
void check_references(const flow_definition& target, object_reader& reader);

} // namespace millrace::flows::definitions

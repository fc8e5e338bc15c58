// SPDX-License-Identifier: Apache-2.0
//
// Walking over the paths of an execution.
#pragma once

#include <millrace/execution_state.hpp>

namespace millrace::flows {

/// Calls `visit` with a cursor, then with those of its open fork and of theirs. `Cursor` is cursor
/// or const cursor.
template <class Cursor, class Visit>
void for_each_cursor(Cursor& from, const Visit& visit) {
  visit(from);
  if (!from.fork)
    return;
  for (const auto& branch : from.fork->active)
    for_each_cursor<Cursor>(*branch, visit);
}

} // namespace millrace::flows

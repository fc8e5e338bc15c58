// SPDX-License-Identifier: Apache-2.0
//
// Ctrl-C and SIGTERM as a wish that is looked at between two waits, so that the engine can be
// stopped in order.
#pragma once

namespace millrace::cli {

/// From now on the first SIGINT or SIGTERM is a wish; the second one ends the process at once.
void watch_for_interrupt() noexcept;
[[nodiscard]] bool is_interrupted() noexcept;

} // namespace millrace::cli

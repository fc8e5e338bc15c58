// SPDX-License-Identifier: Apache-2.0
//
// The durability levels, named for what they survive.
#pragma once

#include <cstdint>

namespace millrace {

/// What a commit survives.
enum class durability : std::uint8_t {
  power_loss,    ///< WAL, synchronous=FULL: power failure and operating-system crash
  process_crash, ///< WAL, synchronous=NORMAL: the end of the process at any moment
  none,          ///< nothing: in memory, or a file that is only complete after close
};

} // namespace millrace

// SPDX-License-Identifier: Apache-2.0
//
// What a thread without work does before it sleeps.
#pragma once

#include <thread>

namespace millrace::actors {

/// Looks for work up to `looks` times and lets other threads run in between. Work mostly comes soon
/// (an execution passes from thread to thread at every commit), and to wake a sleeping core takes
/// longer than to look. `is_there`: whether there is work, or no more need to look.
template <class IsThere>
void look_before_sleep(int looks, const IsThere& is_there) {
  for (; looks > 0 && !is_there(); --looks)
    std::this_thread::yield();
}

} // namespace millrace::actors

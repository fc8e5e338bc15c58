// SPDX-License-Identifier: Apache-2.0
//
// What the library's own tests put into a simulated world.
#pragma once

#include <millrace/store.hpp>

#include <functional>
#include <memory>

namespace millrace::simulation {

struct world_hooks {
  /// Stands between the engine and the store whose writes have fates.
  std::function<std::unique_ptr<storage::store>(std::unique_ptr<storage::store>)> around_store;
};

} // namespace millrace::simulation

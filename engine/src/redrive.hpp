// SPDX-License-Identifier: Apache-2.0
//
// What a redrive starts. It starts nothing itself: a redrive is a start like any other.
#pragma once

#include "catalog.hpp"

#include <millrace/redrive.hpp>

namespace millrace {

/// The start input of a redrive. `objects`: what the execution's mappings read objects with that
/// are pointed to, or null. Errors: as engine::redrive. Thread-safe.
[[nodiscard]] result<start_request> make_redrive(const redrive_request& wanted,
                                                 storage::store& store, catalog& definitions,
                                                 std::shared_ptr<flows::object_source> objects);

} // namespace millrace

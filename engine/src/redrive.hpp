// SPDX-License-Identifier: Apache-2.0
//
// What a redrive starts. It starts nothing itself: a redrive is a start like any other.
#pragma once

#include "catalog.hpp"

#include <millrace/redrive.hpp>

namespace millrace {

/// The start input of a redrive. Errors: as engine::redrive. Thread-safe.
[[nodiscard]] result<start_request> make_redrive(const redrive_request& wanted,
                                                 storage::store& store, catalog& definitions);

} // namespace millrace

// SPDX-License-Identifier: Apache-2.0
//
// The one function that accepts a start: from the API, the command line or a step.
#pragma once

#include "shared_state.hpp"

namespace millrace::actors {

/// Where a start comes from.
struct start_lineage {
  execution_kind kind = execution_kind::root;
  std::int64_t depth = 0;
  execution_key root = 0;   ///< 0: the new execution is its own root
  execution_key parent = 0; ///< 0: none
  std::string parent_step;
  std::int64_t parent_visit = 0;
};

/// Makes the row of a start: mints its key, its ids where the request gives none, and its message
/// id. Nothing has happened until the row is committed.
[[nodiscard]] std::shared_ptr<storage::execution_start>
accept_start(shared_state& shared, start_request request, const start_lineage& lineage);

} // namespace millrace::actors

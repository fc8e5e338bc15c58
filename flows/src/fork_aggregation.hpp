// SPDX-License-Identifier: Apache-2.0
//
// How the results of a fork's branches become the fork's one output.
#pragma once

#include <millrace/execution_state.hpp>

namespace millrace::flows {

/// A fork's output, or why it failed.
struct fork_outcome {
  json::object output;
  std::optional<error_info> error;
};

/// Aggregates the results of a fork whose runs have all ended; moves them out of `fork`. Source:
/// reference aggregateBranchOutputs; conformance/flow.json ("aggregate").
[[nodiscard]] fork_outcome aggregate(fork_state& fork, const fork_config& config);

} // namespace millrace::flows

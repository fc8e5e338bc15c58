// SPDX-License-Identifier: Apache-2.0
//
// From rows back to what the flow language works on: the one place where an execution is restored,
// whether to run it, to show it or to audit it.
#pragma once

#include <millrace/execution_state.hpp>
#include <millrace/runtime.hpp>
#include <millrace/store.hpp>

namespace millrace::actors {

/// Who the execution of a row is; its logging flag is the start input's and the definition's
/// matter.
[[nodiscard]] flows::execution_identity identity_of(const storage::execution_row& row);

/// The start input of a row that was read with its large columns. Errors: `invalid_input` and
/// `internal` for text that no start has written.
[[nodiscard]] result<start_request> start_input_of(const storage::execution_row& row);

/// What an execution of `flow` with this start input runs: the definition, or the same with its
/// step overrides. Errors: `invalid_definition`.
[[nodiscard]] result<std::shared_ptr<const flows::flow_definition>>
definition_for(definition_source& definitions, const resolved_flow& flow,
               const start_request& request);

/// Brings a state from its beginning to where the journal ends: the snapshot, then the deltas.
/// Errors: `internal` for a journal that is not this state's.
[[nodiscard]] result<void> replay(const storage::stored_state& stored,
                                  flows::execution_state& state);

} // namespace millrace::actors

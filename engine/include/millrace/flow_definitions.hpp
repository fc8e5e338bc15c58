// SPDX-License-Identifier: Apache-2.0
//
// Flow sources compiled without an engine: for drawing flows and for saying what of them was run.
#pragma once

#include <millrace/coverage.hpp>
#include <millrace/definition.hpp>
#include <millrace/engine.hpp>
#include <millrace/flow_graph.hpp>

#include <memory>
#include <vector>

namespace millrace {

/// A flow version of a source.
struct compiled_flow {
  std::shared_ptr<const flows::flow_definition> definition;
  bool is_published = false;
};

/// Checks and compiles every flow of `documents`, in the order of reading; step definitions may
/// stand in any of them. Step types and modules that cannot run here are taken as they are: nothing
/// is going to run. Errors: invalid_definition with every problem. Thread-safe.
[[nodiscard]] result<std::vector<compiled_flow>>
compile_flows(const std::vector<flow_document>& documents);

} // namespace millrace

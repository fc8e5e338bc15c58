// SPDX-License-Identifier: Apache-2.0
//
// The flow sources of a command line: read, checked, and the flow to start chosen among them.
#pragma once

#include "exit_status.hpp"

#include <millrace/engine.hpp>

#include <string>
#include <vector>

namespace millrace::cli {

/// Reads every path, see millrace::read_flow_documents. Errors: those of the first that fails.
[[nodiscard]] result<std::vector<flow_document>>
read_sources(const std::vector<std::string>& paths);

/// One problem as one line: "orders.json, flow \"a\": warning at /steps: ...".
[[nodiscard]] std::string describe(const source_problem& problem);
/// Says the warnings of a report.
void say_warnings(const source_report& report);

/// Which flow version to start.
struct flow_choice {
  std::string flow_definition_id;
  std::string version; ///< a number or LATEST_PUBLISHED
};

/// Chooses among `known`. `flow` empty: the first flow of `sources`. `version` empty: the published
/// one, or, where none is published, the highest, with a warning. Errors: invalid_argument, a
/// sentence that lists what there is.
[[nodiscard]] result<flow_choice> choose_flow(const std::vector<flow_version>& known,
                                              const std::vector<flow_version>& sources,
                                              const std::string& flow, const std::string& version);

} // namespace millrace::cli

// SPDX-License-Identifier: Apache-2.0
//
// What tests of redrives share: a flow with every kind of step, and what its steps saw.
#pragma once

#include "flow_fixture.hpp"

#include <millrace/engine.hpp>

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace millrace::testing {

/// Keeps what every visit of a step of the module test/see saw. The module counts `n` of its input
/// up, and fails at the step that `fail_at` of the context names. Thread-safe; outlives its
/// engines.
class witness {
public:
  /// Options with a virtual clock that know the module.
  [[nodiscard]] engine_options options();
  /// The contexts, in the order of the visits.
  [[nodiscard]] std::vector<json::value> seen(const std::string& execution,
                                              const std::string& step);

private:
  step_result look(const step_request& request);

  std::mutex mutex_;
  std::map<std::string, std::vector<json::value>> seen_; ///< by execution and step
};

/// The flow `main`: a loop, a fork with steps before, in and after it, a wait and a last step, in
/// the notation of json_of.
extern const char* const all_kinds;

/// A start input of `main`; `more`: members beside the context.
[[nodiscard]] json::object start_of(json::object context, json::object more = {});
/// Runs it to its end, answering the event that it waits for.
[[nodiscard]] execution_record run(engine& running, const json::object& input);
/// How a redrive that has to be accepted ends.
[[nodiscard]] execution_record ended(engine& running, const redrive_request& request);
/// The redrive of `record` from a step.
[[nodiscard]] redrive_request from(const execution_record& record, std::string step,
                                   std::int64_t visit = 0);
/// Why a redrive is refused; checks that it starts nothing.
[[nodiscard]] error refusal(engine& running, const redrive_request& request);

} // namespace millrace::testing

// SPDX-License-Identifier: Apache-2.0
//
// Mocks: what stands in for a step where the world it touches is not there.
#pragma once

#include <millrace/step_handler.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace millrace::simulation {

/// What a mocked step does in one attempt, and how long that takes by the engine's clock. Where
/// nothing simulates the clock (an engine with threads, the system's clock) it takes no time.
struct mock_answer {
  /// Its output, how it fails, or a function that says so. The function is called once per attempt,
  /// on the thread that runs the attempt, and may throw as every handler may.
  std::variant<json::value, step_error, step_handler> what;
  std::chrono::milliseconds takes{0}; ///< 0 or more
  /// For how many attempts in a row it answers, at least 1; 0: for all that come.
  std::int64_t times = 0;
};

/// An answer that is the same for ever.
[[nodiscard]] mock_answer returns(json::value output);
/// A failure; its name decides whether the step is tried again (see step_error).
[[nodiscard]] mock_answer fails(std::string name, std::string message);
/// A call that got no answer within `after`: a TransientStepError when that time has passed.
[[nodiscard]] mock_answer times_out(std::chrono::milliseconds after);
/// Whatever `function` says.
[[nodiscard]] mock_answer calls(step_handler function);
/// The same answer for `attempts` attempts only.
[[nodiscard]] mock_answer only(std::int64_t attempts, mock_answer answer);
/// The same answer after `time`.
[[nodiscard]] mock_answer after(std::chrono::milliseconds time, mock_answer answer);

/// Replaces the handler of the steps it names. Steps that the interpreter runs itself (forks,
/// starts of flows, waits, ends) cannot be mocked. Where several mocks fit a step, those that name
/// the step come before those that name its module, and then the first whose `when` fits answers.
struct mock {
  std::string flow_definition_id; ///< empty: of every flow
  std::string step_instance_id;   ///< the step; or empty, and
  std::string module_identifier;  ///< every step with this module
  /// JSONPath in the step's input (inputMappings and literals combined), to the value that must be
  /// there; empty: fits always. A step none of whose mocks fits fails with the name "NoMockFits".
  json::object when;
  /// In the order in which the attempts of an execution use them up, each with its `times`; when
  /// all are used up the last one goes on answering. At least one. An attempt that is repeated
  /// after a crash gets the answer that it got before.
  std::vector<mock_answer> answers;
};

} // namespace millrace::simulation

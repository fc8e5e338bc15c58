// SPDX-License-Identifier: Apache-2.0
//
// Trying the flow language by hand: one expression, mapping, module or whole flow, evaluated by the
// code that runs executions. Inputs and results have the form of the conformance cases.
#pragma once

#include <millrace/error.hpp>
#include <millrace/json.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace {

/// What can be evaluated by itself.
enum class evaluation_kind : std::uint8_t {
  jsonpath,      ///< `path` on `data`
  condition,     ///< `condition` on `context`
  template_text, ///< `kind` "render": `template`, or "nested": `object`, with `context`
  mapping,       ///< `kind` "input", "output" or "step"
  transform,     ///< `module` on `input`, with `customConfig` and `context`
  flow,          ///< `flows`, `start`, `resume`: whole executions, in memory, on a virtual clock
};

/// The kind of that name: jsonpath, condition, template, mapping, transform, flow.
[[nodiscard]] std::optional<evaluation_kind> parse_evaluation_kind(std::string_view name) noexcept;

/// How to evaluate.
struct evaluate_options {
  /// Threads of the engine that runs whole flows, as engine_options::threads; without any it is
  /// pumped on the caller's.
  unsigned threads = 0;
};

/// Evaluates one `given` object; the result has the form of the `expect` of a conformance case,
/// with whole messages: {"error": {"name", "message"}} where evaluation fails. Errors:
/// invalid_input when `given` lacks what its kind needs. Thread-safe. Durability: nothing is
/// stored.
[[nodiscard]] result<json::object> evaluate(evaluation_kind kind, const json::object& given,
                                            const evaluate_options& options = {});

} // namespace millrace

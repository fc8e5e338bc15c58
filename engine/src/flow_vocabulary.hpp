// SPDX-License-Identifier: Apache-2.0
//
// The names that test files and mocks may use: flows, their steps, and what runs each step.
#pragma once

#include <millrace/engine.hpp>
#include <millrace/expectation.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::simulation {

/// What a step is, reusable step definition merged in.
struct step_words {
  std::string type;
  std::string module_identifier; ///< empty: none
};

/// The flows of some documents, all versions of a flow as one.
class flow_vocabulary {
public:
  explicit flow_vocabulary(const std::vector<flow_document>& documents);

  [[nodiscard]] bool has_flow(std::string_view flow) const {
    return flows_.find(flow) != flows_.end();
  }
  [[nodiscard]] bool has_module(std::string_view module) const;
  /// The step of a flow, or, where `flow` is empty, the first flow's that has it; or null.
  [[nodiscard]] const step_words* find_step(std::string_view flow, std::string_view step) const;
  [[nodiscard]] std::vector<std::string_view> flow_names() const;
  [[nodiscard]] std::vector<std::string_view> module_names() const;
  /// Of one flow, or, where `flow` is empty, of all.
  [[nodiscard]] std::vector<std::string_view> step_names(std::string_view flow) const;
  /// For checking expectations.
  [[nodiscard]] flow_steps steps() const;

private:
  using steps_of_flow = std::map<std::string, step_words, std::less<>>;
  std::map<std::string, steps_of_flow, std::less<>> flows_;
};

/// Whether the interpreter runs steps of this type itself, so that nothing can stand in for them.
[[nodiscard]] bool is_run_by_interpreter(const step_words& step);

} // namespace millrace::simulation

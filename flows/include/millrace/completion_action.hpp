// SPDX-License-Identifier: Apache-2.0
//
// onCompletionActions of a flow: what happens when an execution of it has ended. Which of them
// happen, and with what, is evaluated at the end; each becomes a delivery. Source: Allma flow
// definition reference, "The onCompletionActions Array"; reference finalize-flow; where Allma
// differs from its documentation, docs/parity.md.
#pragma once

#include <millrace/condition.hpp>
#include <millrace/delivery.hpp>
#include <millrace/step_fields.hpp>
#include <millrace/template.hpp>

#include <optional>
#include <string>

namespace millrace::flows {

/// One action, compiled. Immutable once made; evaluation is thread-safe.
class completion_action {
public:
  /// Compiles a record that the definition's checks have found in order. `place`: which action it
  /// is, from 0.
  [[nodiscard]] static completion_action compile(const json::object& record, std::size_t place);

  /// "onCompletionActions[0]": what stands for a step's id.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& module_identifier() const noexcept { return module_; }
  /// Whether an execution that ended as `status` sets it off. Source: executeOnStatus.
  [[nodiscard]] bool is_for(execution_status status) const noexcept;
  /// What is to be delivered; nothing where the condition does not hold. Never fails: what cannot
  /// be evaluated is the delivery's problem. `execution_id` marks messages to FIFO queues.
  [[nodiscard]] std::optional<delivery> evaluate(const scope& visible,
                                                 std::string_view execution_id) const;

private:
  [[nodiscard]] result<bool> applies(const scope& visible) const;
  [[nodiscard]] result<delivery> make(const scope& visible, std::string_view execution_id) const;

  std::string name_;
  std::string type_;
  std::optional<execution_status> only_on_; ///< nullopt: whatever the status
  std::optional<condition> condition_;
  text_template target_;
  template_variables payload_;
  template_variables attributes_; ///< SNS_SEND
  std::string method_;            ///< API_CALL
  std::string module_;            ///< DATA_SAVE
  value_template custom_config_;  ///< DATA_SAVE
  bool has_payload_ = false;
};

} // namespace millrace::flows

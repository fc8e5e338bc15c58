// SPDX-License-Identifier: Apache-2.0
//
// A flow definition, checked and compiled: every path, condition and template in it is parsed once.
// Source: Allma flow definition reference; packages/core-types/src/flow and src/steps.
#pragma once

#include <millrace/completion_action.hpp>
#include <millrace/condition.hpp>
#include <millrace/json.hpp>
#include <millrace/mapping.hpp>
#include <millrace/path.hpp>
#include <millrace/problem.hpp>
#include <millrace/step_fields.hpp>
#include <millrace/template.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::flows {

/// A transition out of a step.
struct transition {
  condition when;
  std::string next_step_instance_id;
  /// Times it may be taken by one path; 0: unlimited. Default 5.
  std::int64_t max_transitions = 5;
};

/// Retries of a step: `count` further attempts, the nth after interval * backoff_rate^(n-1).
struct retry_policy {
  int count = 0;
  std::chrono::seconds interval{5};
  double backoff_rate = 2.0;
  /// Error names that are retried; empty: every transient one.
  std::vector<std::string> error_equals;
};

/// onError of a step.
struct error_handling {
  std::optional<retry_policy> retries;
  std::optional<retry_policy> retry_on_content_error;
  std::string fallback_step_instance_id; ///< empty: none
  bool continue_on_failure = false;
};

/// delay of a step: `from` equals `to` for a fixed one.
struct delay_options {
  std::chrono::milliseconds from{0};
  std::chrono::milliseconds to{0};
  bool before = false; ///< before the step; else after it
};

/// How a fork's branch results become one output.
enum class aggregation_strategy : unsigned char {
  collect_array, ///< a list in branch order
  merge_objects, ///< objects merged shallowly, later ones win
  sum,           ///< numbers added
  none,          ///< results are dropped
  custom_module, ///< collected, as on Allma (its custom modules are not implemented there)
};

/// aggregationConfig of a fork.
struct aggregation_config {
  aggregation_strategy strategy = aggregation_strategy::collect_array;
  std::optional<json_path> data_path; ///< nullopt: the whole branch output
  bool fail_on_branch_error = true;
  std::int64_t max_concurrency = 0; ///< 0: the engine's own bound
};

/// One branch template of a fork.
struct branch_definition {
  std::string branch_id;
  std::string step_instance_id; ///< where the branch starts
  std::optional<path> condition;
};

/// What PARALLEL_FORK_MANAGER adds to a step.
struct fork_config {
  std::optional<path> items_path; ///< nullopt: missing, an error when the fork runs with branches
  std::vector<branch_definition> branches;
  aggregation_config aggregation;
};

/// What START_FLOW_EXECUTION and START_SUB_FLOW add to a step: the fields that stand on the step
/// itself.
struct start_config {
  std::optional<text_template> flow_definition_id;
  std::optional<text_template> flow_version;
  bool sync = false; ///< wait for the child: customConfig.sync, or a subFlowExecutionMode of SYNC
};

/// What WAIT_FOR_EXTERNAL_EVENT adds to a step.
struct wait_config {
  text_template correlation_key;
  std::optional<std::chrono::seconds> max_wait; ///< nullopt: the engine's default
};

/// What POLL_EXTERNAL_API adds to a step: its handler makes one call, and the interpreter decides
/// after each whether that was the last. Conditions see the body of the response.
struct poll_config {
  std::chrono::seconds interval{0}; ///< between calls, 5 to 3600
  std::int64_t attempts_max = 1;    ///< calls that are answered, 1 to 100
  condition success;
  condition failure;
};

/// checkpoint of a step, for progress.
struct checkpoint {
  std::string id;
  std::string label;
  std::optional<std::int64_t> order;
};

/// One step instance, reusable definition merged in, compiled.
struct step {
  /// The key in `steps`. (A different stepInstanceId inside is reported and ignored, as on Allma.)
  std::string id;
  std::string type;              ///< stepType
  std::string module_identifier; ///< empty: none
  std::string step_definition_id;
  std::string display_name;
  std::optional<flows::checkpoint> checkpoint;

  input_mappings inputs;
  /// nullopt: no literals. One template per target, in text order.
  std::optional<std::vector<std::pair<std::string, value_template>>> literals;
  /// Present also when the text has none: then the whole output goes to $.steps_output.<id>,
  /// except where `outputs_given` says otherwise.
  output_mappings outputs;
  bool outputs_given = false; ///< outputMappings stands in the text
  /// Whether its input mappings follow pointers to objects: false of CUSTOM_LAMBDA_INVOKE without
  /// customConfig.hydrateInputFromS3. Source: reference iterative-step-processor.
  bool follows_pointers = true;
  value_template custom_config;
  step_fields fields;                     ///< of the step's type, see docs/step-types.md
  std::vector<json_path> required_fields; ///< outputValidation.requiredFields

  std::vector<transition> transitions;
  std::string default_next; ///< empty: none
  std::int64_t default_next_max_transitions = 5;
  error_handling on_error;
  std::optional<delay_options> delay;

  std::optional<fork_config> fork;   ///< PARALLEL_FORK_MANAGER
  std::optional<start_config> start; ///< START_FLOW_EXECUTION, START_SUB_FLOW
  std::optional<wait_config> wait;   ///< WAIT_FOR_EXTERNAL_EVENT
  std::optional<poll_config> poll;   ///< POLL_EXTERNAL_API

  /// The merged text, unknown fields included.
  json::object raw;
};

/// A flow definition. Immutable once made; share it.
struct flow_definition {
  std::string id;
  std::int64_t version = 0;
  bool is_published = false; ///< isPublished of the text; see flow_record for texts without one
  std::string name;
  std::string start_step_instance_id;
  bool enable_execution_logs = false;
  std::vector<completion_action> completion_actions; ///< in text order
  std::map<std::string, step, std::less<>> steps;
  /// The definition as text, reusable step definitions merged in: enough to compile it again. Where
  /// something was merged in, its member `stepDefinitionsMerged` is true, and compiling it again
  /// looks up and merges nothing.
  json::object raw;
  /// Hexadecimal hash of stringify(raw).
  std::string content_hash;

  /// The step `id`, or null.
  [[nodiscard]] const step* find_step(std::string_view id) const;
};

/// The step types of the flow language, sorted. Source: reference core-types, StepType.
[[nodiscard]] const std::vector<std::string_view>& step_types();

/// A member of a step that its type reads, beside those that all steps have.
struct field_description {
  std::string_view step_type;
  std::string_view place; ///< the member whose members these are; empty: the step itself
  std::string_view name;
  std::string_view written_as; ///< "a template", "a path" ...
  bool is_needed = false;
  bool is_evaluated = false; ///< handlers get its value in step_request::fields
};

/// Every such member, by step type.
[[nodiscard]] const std::vector<field_description>& field_descriptions();

/// Whether the interpreter itself does what steps of that type do, so that no handler can stand in.
[[nodiscard]] bool is_run_by_interpreter(std::string_view step_type) noexcept;

/// What a definition is checked against.
struct definition_rules {
  /// Looks up a reusable step definition; null when there is none.
  std::function<const json::object*(std::string_view id)> find_step_definition;
  /// Whether a module identifier has a handler; null: not checked. A module without one is a
  /// warning (a handler may be registered later; running the step fails it, as on Allma).
  std::function<bool(std::string_view module_identifier)> knows_module;
};

/// The outcome of checking and compiling: `definition` is set when no problem is an error.
struct compiled_definition {
  std::shared_ptr<const flow_definition> definition;
  std::vector<problem> problems;
  /// Set beside the problem when a reusable step definition is missing: its id (the first one's).
  std::string missing_step_definition;

  [[nodiscard]] bool ok() const noexcept { return definition != nullptr; }
};

/// Checks `record` (a flow definition or the authoring format without server fields: version
/// defaults to 1) against every rule, collecting all problems, and compiles it when there is no
/// error. Source of the rules: as at the head of this file; where Allma's own validation differs,
/// docs/parity.md. `pointer_prefix` is put before every problem's pointer. Thread-safe.
[[nodiscard]] compiled_definition compile_definition(const json::object& record,
                                                     const definition_rules& rules,
                                                     std::string_view pointer_prefix = "");

/// The same flow with `step_overrides` (step instance id to an object) merged deeply over its
/// steps. Overrides of steps that the flow does not have do nothing, as on Allma; null takes a
/// member of a step away. Source: executionOverrides.stepOverrides of the start input. Errors:
/// invalid_definition with every problem. Thread-safe.
[[nodiscard]] result<std::shared_ptr<const flow_definition>>
with_step_overrides(const flow_definition& base, const json::object& step_overrides,
                    const definition_rules& rules);

} // namespace millrace::flows

// SPDX-License-Identifier: Apache-2.0
//
// The handler of a step: what an embedding program implements for its own modules, and what the
// built-in step types are.
#pragma once

#include <millrace/error.hpp>
#include <millrace/execution.hpp>
#include <millrace/json.hpp>
#include <millrace/step_result.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// When the result of a step has to be on disk. See docs/implementation.md, "What is committed
/// when".
enum class step_effect : std::uint8_t {
  /// A function of its input: may be run again after a crash and nobody can tell.
  pure,
  /// Touches the world: everything before it is committed before it runs, its result after it.
  /// At-least-once; the idempotency key is the same for every repetition of an attempt.
  external,
};

/// One attempt of a step. Borrowed for the length of the call.
struct step_request {
  std::string_view flow_definition_id;
  std::int64_t flow_definition_version = 0;
  std::string_view flow_execution_id;
  std::string_view step_instance_id;
  std::string_view step_type;
  std::string_view module_identifier;
  /// 1 for the first attempt.
  int attempt = 1;
  /// Stable for every attempt of this visit of this step (of POLL_EXTERNAL_API: of this call), also
  /// after a crash: use it to make external effects idempotent.
  std::string_view idempotency_key;
  /// inputMappings and literals combined.
  const json::object& input;
  /// customConfig, rendered; empty when the step has none.
  const json::object& custom_config;
  /// The members of the step that its type reads as templates, paths or mappings, under their own
  /// names, evaluated. See docs/step-types.md.
  const json::object& fields;
  /// The step as written, unknown fields included.
  const json::object& step;
  /// What the reference calls runtimeState, currentContextData included. Made only where the
  /// handler asks for it (registered_handler::wants_run_state); else empty.
  const json::object& run_state;
  /// The engine's clock when this attempt began.
  std::chrono::system_clock::time_point now;
  /// 128 random bits for this attempt. Take randomness from here and not from elsewhere: under a
  /// fixed seed a run then repeats.
  std::uint64_t random_high = 0;
  std::uint64_t random_low = 0;
  /// Flows to start because of this attempt: roots of their own, accepted in the transaction that
  /// stores its output, so that each starts exactly once however often the attempt is repeated;
  /// none where it fails. Null where nothing can be started (a step that is tried by itself).
  std::vector<start_request>* starts = nullptr;
};

/// A step handler. May throw: an exception becomes a failed attempt named "Error" with its what().
/// Called from several threads at once unless it is pure and its flow runs on one.
using step_handler = std::function<step_result(const step_request&)>;

/// A handler and when its result must be durable.
struct registered_handler {
  step_handler run;
  step_effect effect = step_effect::external;
  /// Whether step_request::run_state is to be filled: a copy of the whole context for each attempt.
  bool wants_run_state = false;
};

namespace steps {

/// Names steps whose handler is replaced. Either a step or a module.
struct step_selector {
  std::string flow_definition_id; ///< empty: of every flow
  std::string step_instance_id;
  std::string module_identifier;
};

/// A step type or system module of the flow language. Source: reference core-types, StepType,
/// SystemModuleIdentifiers.
struct identifier {
  std::string_view name;
  /// The step type that a system module belongs to; empty for a step type.
  std::string_view step_type;
};

/// Every step type and system module of the flow language: the types first, each by name.
[[nodiscard]] const std::vector<identifier>& identifiers();

/// Finds the handler of a step by its step type or module identifier. Fill it first, then share it:
/// lookups are thread-safe once no one registers any more.
class registry {
public:
  /// A registry with every step type and system module that needs nothing from outside.
  [[nodiscard]] static registry with_system_modules();

  /// Gives a step type or system module its handler, unless it has one. `stands_in` is a sentence
  /// for people: what runs where Allma has a service. Precondition: `name` is in identifiers().
  void provide(std::string_view name, registered_handler handler, std::string stands_in);
  /// Takes every handler of `other` that is missing here; its replacements are left out.
  void provide_missing(const registry& other);
  /// What stands in for `name`, as provide() was told; empty: nothing runs it here.
  [[nodiscard]] std::string_view stands_in(std::string_view name) const;

  /// Registers a module. Errors: invalid_argument for an empty identifier or handler or one that
  /// starts with "system/"; conflict when it is registered already.
  [[nodiscard]] result<void> add_module(std::string module_identifier, registered_handler handler);

  /// Replaces the handler of the steps that `which` names, whatever their type is: for tests, and
  /// for what cannot be reached. Replacements of a step come before those of its module, those of
  /// one flow before those of all. Errors: invalid_argument for no step, no module or both, or no
  /// handler; conflict for what is replaced already.
  [[nodiscard]] result<void> replace(step_selector which, registered_handler handler);
  /// Puts `around` before every external handler that is registered or replaced by now: it is
  /// called instead, with the handler, which it may call or not.
  void
  wrap_external(const std::function<step_result(const step_request&, const step_handler&)>& around);

  /// The handler of a module, or null.
  [[nodiscard]] const registered_handler* find_module(std::string_view module_identifier) const;
  /// Whether steps may name this module: those of the flow language, and those with a handler.
  [[nodiscard]] bool knows_module(std::string_view module_identifier) const;
  /// The handler of a step type that is not dispatched by its module, or null.
  [[nodiscard]] const registered_handler* find_step_type(std::string_view step_type) const;
  /// The handler of a step, or null. DATA_LOAD, DATA_SAVE and DATA_TRANSFORMATION go by their
  /// module, which must be one of that type; a module that is not the flow language's own runs
  /// under every type; all others go by their type. Source: reference step-executor,
  /// data-load-handler, data-save-handler.
  [[nodiscard]] const registered_handler* find(std::string_view step_type,
                                               std::string_view module_identifier) const;
  /// The same where the step may be replaced.
  [[nodiscard]] const registered_handler* find(std::string_view flow_definition_id,
                                               std::string_view step_instance_id,
                                               std::string_view step_type,
                                               std::string_view module_identifier) const;
  /// How a step fails for which neither find_module nor find_step_type has a handler and which the
  /// interpreter does not execute itself. Source: conformance, "failure: unknown module", "step:
  /// custom logic without registered module", "step: transformation with a foreign system module".
  [[nodiscard]] step_error why_not(std::string_view step_type,
                                   std::string_view module_identifier) const;

private:
  struct entry {
    std::string name;
    registered_handler handler;
    std::string stands_in;
  };
  struct replacement {
    step_selector which;
    registered_handler handler;
  };
  std::vector<replacement> replacements_; // in the order in which they are asked
  std::vector<entry> modules_;            // sorted by name
  std::vector<entry> by_type_;            // sorted by name
};

/// How a DATA_TRANSFORMATION step fails when its module is no transformation; `module_identifier`
/// may be empty. Source: conformance/transform.json, "unknown module", "empty module name".
[[nodiscard]] step_error no_such_transformation(std::string_view module_identifier);

/// Runs one attempt: calls the handler, catches whatever it throws, checks that a reported failure
/// has a name. The only place where exceptions of handlers end.
[[nodiscard]] step_result run_attempt(const registered_handler& handler,
                                      const step_request& request) noexcept;

} // namespace steps
} // namespace millrace

// SPDX-License-Identifier: Apache-2.0
//
// What an engine is made of, and the way in for simulation, which needs more than the public
// functions: the pump, one piece of work at a time, and a store of its own making.
#pragma once

#include "catalog.hpp"
#include "queries.hpp"

#include <millrace/engine.hpp>
#include <millrace/runtime.hpp>
#include <millrace/services.hpp>

#include <functional>
#include <memory>

namespace millrace {

/// What a simulation puts into an engine.
struct engine_hooks {
  /// Stands between the engine and its database; empty: nothing does.
  std::function<std::unique_ptr<storage::store>(std::unique_ptr<storage::store>)> around_store;
  std::shared_ptr<actors::pump_choices> choices;
  /// How handing over a detached start fails; empty, or nothing: it does not.
  std::function<std::optional<step_error>()> start_failure;
};

struct engine::implementation {
  implementation(std::unique_ptr<storage::store> opened, engine_options given)
      : store(std::move(opened)), options(std::move(given)),
        definitions(std::make_shared<catalog>(
            options.steps,
            std::vector<json::object>{flows::delivery_flow(
                options.services ? options.services->deliveries : delivery_options())})),
        queries(*store, *definitions) {}

  /// Starts the runtime.
  void run(engine_hooks hooks);
  /// Pumps until nothing is left to do now, or `is_over`.
  [[nodiscard]] result<pump_state> pump(const std::function<bool()>& is_over);

  std::unique_ptr<storage::store> store;
  engine_options options;
  std::shared_ptr<catalog> definitions;
  query_service queries;
  std::shared_ptr<services::local_services> local; ///< null: none
  std::unique_ptr<actors::runtime> runtime;        // last: stops before the rest goes
};

/// A start request as it would be read from JSON. Errors: `invalid_input`, `limit_exceeded`.
[[nodiscard]] result<start_request> check_start(start_request request);
/// The same for one that is JSON.
[[nodiscard]] result<start_request> check_start(const json::object& input);

/// The way into an engine.
class engine_access {
public:
  [[nodiscard]] static result<engine> open(engine_options options, engine_hooks hooks);
  [[nodiscard]] static actors::runtime& runtime_of(engine& of) { return *of.impl_->runtime; }
  [[nodiscard]] static catalog& definitions_of(engine& of) { return *of.impl_->definitions; }
  [[nodiscard]] static storage::store& store_of(engine& of) { return *of.impl_->store; }
};

} // namespace millrace

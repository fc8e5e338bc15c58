// SPDX-License-Identifier: Apache-2.0
//
// What every workload does as a program that embeds the engine does it: open, define, start, and
// look whether everything came out right.
#pragma once

#include "workload.hpp"

#include <millrace/engine.hpp>

#include <string>
#include <string_view>

namespace millrace::bench {

/// Name of the module that returns its input; options_for() registers it as external.
inline constexpr std::string_view echo_module = "bench/echo";

/// The value; throws `failure` with the error's message.
template <class Value>
Value value_of(result<Value> outcome) {
  if (!outcome)
    throw failure(outcome.error().message());
  if constexpr (!std::is_void_v<Value>)
    return std::move(*outcome);
}

/// Where the run's database is.
[[nodiscard]] std::string database_of(const run_request& request);
/// The engine's default options, for the run's database and durability, with `echo_module`.
[[nodiscard]] engine_options options_for(const run_request& request);
/// Opens and defines. Throws `failure`.
[[nodiscard]] engine open_with(engine_options options, std::string_view flows);

/// Starts an execution of `flow`; its id. Throws `failure`.
std::string start(engine& running, std::string_view flow, json::object context = {});

/// `count` steps one after the other as the members of "steps": step0, step1, ... Each is `body`
/// (members of the step besides its name and what follows it). The last one leads to `last`, or
/// ends the flow when that is empty.
[[nodiscard]] std::string chain_of_steps(std::size_t count, std::string_view body,
                                         std::string_view last = {});
/// A published flow that begins at `first`.
[[nodiscard]] std::string flow_text(std::string_view id, std::string_view first,
                                    std::string_view steps);

/// The members "each" and "start" of a flow's steps: a fork over `$.items` whose only branch starts
/// a detached "child" with its item as `$.item`.
[[nodiscard]] std::string_view starting_fork();
/// A published flow "parent" that starts one detached "child" per item of `$.items`, each with its
/// item as `$.item`.
[[nodiscard]] std::string parent_flow();
/// The context of that flow: `count` items, numbers from `first` on.
[[nodiscard]] json::object items_from(std::size_t first, std::size_t count);

/// Throws `failure` unless there are `count` executions of `flow` and all have completed.
void check_completed(const engine& running, std::string_view flow, std::size_t count);
/// Throws `failure` when the audit of the run's database, which is closed, finds something.
void check_sound(const run_request& request);

} // namespace millrace::bench

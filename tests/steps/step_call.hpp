// SPDX-License-Identifier: Apache-2.0
//
// Calling step handlers in tests: one attempt through run_attempt(), as the engine makes it, with
// the same random bits every time.
#pragma once

#include <millrace/step_handler.hpp>

#include <string>
#include <string_view>

namespace millrace::testing {

/// The random bits of every call that does not name its own.
inline constexpr std::uint64_t random_high = 0x0123456789ABCDEF;
inline constexpr std::uint64_t random_low = 0xFEDCBA9876543210;

/// What a call passes; everything else of the request is its default.
struct step_call {
  std::string module_identifier;
  json::object input;
  json::object custom_config = {};
  json::object step = {};
  std::uint64_t high = random_high;
  std::uint64_t low = random_low;
};

/// Runs a handler. `step_instance_id` is "s".
[[nodiscard]] step_result run(const registered_handler& handler, const step_call& call);
/// Runs the system module that the call names.
[[nodiscard]] step_result run(const step_call& call);

/// The JSON value that a text means. Throws std::runtime_error where it is none.
[[nodiscard]] json::value parsed(std::string_view text);
/// `run` on a module with an input written as JSON; output or "<error name>: <message>" as text.
[[nodiscard]] std::string run_text(std::string_view module_identifier, std::string_view input);

} // namespace millrace::testing

// SPDX-License-Identifier: Apache-2.0
//
// Crash every commit: a simulated run is repeated, the engine dies at each of its writes in turn
// and is opened again on what is left, and what the whole family comes to must be what it comes to
// undisturbed.
#pragma once

#include <millrace/simulation.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace millrace::simulation {

/// What happens in a world that has just been opened: define, start, deliver, run. Called once per
/// run; it must do the same every time.
using scenario = std::function<result<void>(world&)>;

/// What a world came to, without what may differ between runs of the same scenario: a text per
/// execution (where it stands in its family, flow, version, status, path, context, error), ids and
/// times masked, in the order of the texts.
[[nodiscard]] std::vector<std::string> final_state(const world_outcome& outcome);

/// What is not as it was undisturbed.
struct crash_difference {
  crash_point at;
  bool is_observed = true;          ///< of the world, see world_options
  std::vector<std::string> lost;    ///< of final_state(): what should be there
  std::vector<std::string> surplus; ///< what should not
  std::string failure;              ///< why the run did not come to an end; empty: it did

  /// A sentence, and a line for each execution that was lost or is one too many.
  [[nodiscard]] std::string describe() const;
};

/// What a sweep found.
struct crash_report {
  std::uint64_t points = 0; ///< crash points that were tried
  std::vector<crash_difference> differences;
  /// External attempts that ran again, by step instance id: what touches the world is
  /// at-least-once.
  std::map<std::string, std::int64_t> repeated;

  /// A few sentences.
  [[nodiscard]] std::string describe() const;
};

/// How to sweep.
struct crash_sweep_options {
  /// Of every world; its crash point and whether it is observed are the sweep's to say: it sweeps
  /// worlds that are observed, and worlds that are not, where children run ahead of commits.
  world_options world;
  /// Every how-manieth write is a crash point, from 1 on.
  std::uint64_t stride = 1;
};

/// Runs the scenario undisturbed, then once for each crash point: before the write took effect, and
/// after. Faults of the world's rates happen in the disturbed runs only, drawn anew in each.
/// Errors: those of the undisturbed run.
[[nodiscard]] result<crash_report> sweep_crashes(const crash_sweep_options& options,
                                                 const scenario& play);

} // namespace millrace::simulation

// SPDX-License-Identifier: Apache-2.0
//
// Chance in a simulated world: one seed, and from it everything that is not decided otherwise. The
// same calls in the same order give the same values with every compiler.
#pragma once

#include <millrace/runtime.hpp>
#include <millrace/simulation.hpp>

#include <cstdint>
#include <random>

namespace millrace::simulation {

/// Not thread-safe.
class chance final : public actors::pump_choices {
public:
  chance(std::uint64_t seed, const fault_rates& rates) : bits_(seed), rates_(rates) {}

  /// Whether something happens that has this probability.
  [[nodiscard]] bool happens(double probability) {
    constexpr double steps = 9'007'199'254'740'992.0; // 2^53: what a double tells apart below 1
    return probability > 0 && static_cast<double>(bits_() >> 11U) / steps < probability;
  }
  /// One of 0 to `count` - 1.
  [[nodiscard]] std::uint64_t below(std::uint64_t count) { return bits_() % count; }

  /// How long the handler that has just returned says it took.
  void set_attempt_time(std::chrono::milliseconds time) { attempt_time_ = time.count(); }

  [[nodiscard]] std::size_t choose(std::size_t ready) override { return below(ready); }
  [[nodiscard]] std::int64_t commit_time() override {
    return happens(rates_.slow_commit) ? up_to(rates_.slow_commit_max) : 0;
  }
  [[nodiscard]] std::int64_t attempt_time() override { return std::exchange(attempt_time_, 0); }
  [[nodiscard]] std::int64_t timer_delay() override {
    return happens(rates_.late_timer) ? up_to(rates_.late_timer_max) : 0;
  }

private:
  std::int64_t up_to(std::chrono::milliseconds most) {
    const auto count = static_cast<std::uint64_t>(std::max<std::int64_t>(most.count(), 0));
    return static_cast<std::int64_t>(below(count + 1));
  }

  std::mt19937_64 bits_;
  fault_rates rates_;
  std::int64_t attempt_time_ = 0;
};

} // namespace millrace::simulation

// SPDX-License-Identifier: Apache-2.0
//
// How much the tests that crash do. The default suite does a small part of it; `./dev torture` does
// all of it, which it says in the environment.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

namespace millrace::testing {

/// Whether everything is asked for: MILLRACE_TORTURE=full in the environment.
[[nodiscard]] inline bool is_full_torture() {
  const char* const wish = std::getenv("MILLRACE_TORTURE"); // NOLINT(concurrency-mt-unsafe)
  return wish != nullptr && std::string_view(wish) == "full";
}

/// A sanitizer makes everything several times slower: sweeps of the default suite then take only
/// one in so many of their crash points.
#if defined(MILLRACE_SANITIZED)
inline constexpr std::size_t sanitizer_stride = 4;
#else
inline constexpr std::size_t sanitizer_stride = 1;
#endif

/// What a test that crashes has counted. `./dev torture` adds the lines up.
struct torture_count {
  std::size_t points = 0;  ///< crashes that were simulated, or processes that were killed
  std::size_t lost = 0;    ///< acknowledged writes, executions or steps that were gone
  std::size_t doubled = 0; ///< executions that were there more often than in an undisturbed run
};

/// Prints a line of counts. `what`: "crash points" or "kills".
inline void print_counts(std::string_view what, const torture_count& counted,
                         const std::string& where) {
  std::cout << what << ": " << counted.points << "; lost " << counted.lost << "; doubled "
            << counted.doubled << " (" << where << ")\n";
}

} // namespace millrace::testing

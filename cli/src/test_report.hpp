// SPDX-License-Identifier: Apache-2.0
//
// What became of tests of flows, as text for people, JSON for programs and JUnit XML for build
// servers.
#pragma once

#include "terminal.hpp"

#include <millrace/flow_test.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::cli {

/// One test under all its seeds.
struct test_verdict {
  std::string file;
  std::string name;
  std::uint64_t first_seed = 0;
  std::uint64_t runs = 0; ///< seeds from the first one on
  std::vector<std::uint64_t> failed_seeds;
  std::vector<std::string> failures;            ///< sentences, of the first seed that failed
  std::string trace;                            ///< of the first seed that failed
  std::size_t executions = 0;                   ///< of the first run
  bool is_swept = false;                        ///< it was killed at every commit as well
  std::uint64_t crash_points = 0;               ///< of all seeds
  std::map<std::string, std::int64_t> repeated; ///< external steps: attempts that ran again
  std::chrono::milliseconds elapsed{0};         ///< by the world's clock, of the first run
  std::chrono::duration<double> taken{0};       ///< by ours, of all runs

  [[nodiscard]] bool passed() const noexcept { return failed_seeds.empty(); }
  /// The command that runs the first seed that failed again.
  [[nodiscard]] std::string again() const;
};

/// One test as lines of text; of the trace the last lines, or all.
[[nodiscard]] std::string draw(const test_verdict& test, bool whole_trace, const look& how);
/// The last line.
[[nodiscard]] std::string sum_up(const std::vector<test_verdict>& tests, std::size_t files);
/// All as one JSON document.
[[nodiscard]] json::object to_json(const std::vector<test_verdict>& tests,
                                   const std::vector<simulation::file_problem>& problems);
/// All as JUnit XML: a suite per file.
[[nodiscard]] std::string to_junit(const std::vector<test_verdict>& tests);

} // namespace millrace::cli

// SPDX-License-Identifier: Apache-2.0
//
// Tests of flows without C++: files with starts, mocks, events and expectations, read, checked and
// run in simulation. docs/testing-flows.md teaches them, docs/schemas/flow-test.schema.json is
// their form.
#pragma once

#include <millrace/crash_sweep.hpp>
#include <millrace/engine.hpp>
#include <millrace/expectation.hpp>
#include <millrace/simulation.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::simulation {

/// What the name of a test file ends with. Such a file is no flow source.
inline constexpr std::string_view test_file_ending = ".test.json";

/// Something wrong in a file that a person wrote.
struct file_problem {
  std::string file;
  std::string pointer;    ///< JSON pointer (RFC 6901); empty: the file as a whole
  std::size_t line = 0;   ///< from 1 on; 0: not known
  std::size_t column = 0; ///< in bytes, from 1 on
  std::string message;    ///< one sentence: what is wrong and what was probably meant

  /// "orders.test.json:12:7: /tests/0/expect/status: ..."
  [[nodiscard]] std::string describe() const;
};

/// One test of a file.
struct flow_test {
  std::string name; ///< a claim, unique within the file
  start_request start;
  std::optional<std::uint64_t> seed;
  std::vector<mock> mocks;
  std::vector<event> events;
  /// Time that passes once all is quiet, so that waits time out.
  std::optional<std::chrono::milliseconds> run_for;
  expectation expect;
};

/// A test file with the flows under test.
struct flow_test_file {
  std::string file;
  std::vector<flow_document> flows;
  std::vector<flow_test> tests;
};

/// What reading a test file gave: with problems, it must not be run.
struct flow_test_reading {
  flow_test_file tests;
  std::vector<file_problem> problems; ///< in the order of the file
};

/// Reads a test file and the flows that it names, and checks all of it: every problem is listed,
/// unknown members, steps, flows and modules among them. `steps` says which modules there are. The
/// file's mocks may stand for modules that are not in it.
[[nodiscard]] flow_test_reading read_flow_tests(const std::string& file,
                                                const steps::registry& steps);

/// Test files: each of `paths` is one, or a folder that is searched for them, its folders included.
/// Errors: `not_found` for what is not there, `invalid_argument` for a folder without any.
[[nodiscard]] result<std::vector<std::string>>
find_flow_tests(const std::vector<std::string>& paths);

/// Mocks as the member "mocks" of a test has them.
struct mock_reading {
  std::vector<mock> mocks;
  std::vector<file_problem> problems;
};

/// Reads a file of mocks: an array of them, or an object whose only member is "mocks". `flows` are
/// those that will run.
[[nodiscard]] mock_reading read_mocks(const std::string& file,
                                      const std::vector<flow_document>& flows);

/// Puts mocks before the handlers in `steps`, for an engine outside of simulation: their answers
/// take no time there. Errors: `invalid_argument`, naming the mock.
[[nodiscard]] result<void> put_mocks(std::vector<mock> mocks, steps::registry& steps);

/// How a test is to run.
struct flow_test_options {
  std::uint64_t seed = 1;
  /// Handlers of an embedding program; mocks come before them.
  steps::registry steps = steps::registry::with_system_modules();
  /// Told of every event; may be empty.
  lifecycle_observer observer = {};
  /// See world_options::work_max.
  std::uint64_t work_max = 1'000'000;
  /// Of the runs that sweep_flow_test() disturbs.
  fault_rates faults = {};
};

/// How a run of a test went.
struct flow_test_run {
  std::uint64_t seed = 0;
  std::vector<std::string> failures; ///< sentences; empty: passed
  std::string trace;
  world_outcome outcome;
};

/// Runs one test in a world of its own. That a flow does not come to rest is a failure. Errors: the
/// engine's, and `invalid_argument` for a test that read_flow_tests would have refused.
/// Thread-safe.
[[nodiscard]] result<flow_test_run> run_flow_test(const flow_test& test,
                                                  const std::vector<flow_document>& flows,
                                                  const flow_test_options& options);

/// Runs one test again and again, killed at each of its writes in turn: its family must come to
/// what it comes to undisturbed, whatever the test expects. Errors: as run_flow_test, and
/// `limit_exceeded` for a flow that does not come to rest. Thread-safe.
[[nodiscard]] result<crash_report> sweep_flow_test(const flow_test& test,
                                                   const std::vector<flow_document>& flows,
                                                   const flow_test_options& options);

} // namespace millrace::simulation

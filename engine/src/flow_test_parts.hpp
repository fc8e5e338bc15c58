// SPDX-License-Identifier: Apache-2.0
//
// The parts of a test file, each read by itself. Private to reading test files and mocks.
#pragma once

#include "flow_vocabulary.hpp"
#include <millrace/member_reader.hpp>

#include <millrace/flow_test.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace millrace::simulation {

/// Reads "mocks": every entry that names a step or module that is not in `known`, or that nothing
/// can stand in for, is a problem.
[[nodiscard]] std::vector<mock> read_mock_list(const json::array& entries,
                                               const std::string& pointer,
                                               const flow_vocabulary& known,
                                               pointed_problems& problems);

/// Reads "expect" of an execution of `flow`, and checks it against `known`.
[[nodiscard]] expectation read_expectation(const json::object& object, const std::string& pointer,
                                           const flow_vocabulary& known, std::string_view flow,
                                           pointed_problems& problems);

/// Gives problems their file and place.
[[nodiscard]] std::vector<file_problem> placed(const pointed_problems& problems,
                                               const std::string& file, std::string_view text);

} // namespace millrace::simulation

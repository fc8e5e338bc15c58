// SPDX-License-Identifier: Apache-2.0
//
// Every conformance case a test of its own: named "jsonpath case 017: step $.a" or "flow quirk 120:
// ...", the number being the case's place in its file. A case that requires what is not built yet
// says so and ends as skipped (tests/CMakeLists.txt tells CTest how to see that).
#pragma once

#include "conformance.hpp"

#include <string_view>

namespace millrace::testing {

/// Registers, when it is made before main(), one test per case of a file. A file that cannot be
/// read becomes a test that fails.
class conformance_tests {
public:
  /// Runs one case; checks with Catch's macros.
  using check_function = void (*)(const conformance_case&);
  /// Which cases are meant; null: all.
  using belongs_function = bool (*)(const conformance_case&);

  /// The cases of tests/conformance/<area>.json that belong, and the quirks of `area` that do, with
  /// the result that parity.json decided.
  conformance_tests(std::string_view area, check_function check,
                    belongs_function belongs = nullptr);
};

} // namespace millrace::testing

// SPDX-License-Identifier: Apache-2.0
//
// What a figure depends on besides the code: processor, system, compiler, libraries.
#pragma once

#include <millrace/json.hpp>

#include <string>

namespace millrace::bench {

/// What is known of the machine and the build; unknown texts are empty.
struct machine_facts {
  std::string processor;
  unsigned cores = 0;
  std::string system;
  std::string compiler;
  std::string build_type;
  std::string boost;
};

/// Looks at this machine and this build.
[[nodiscard]] machine_facts this_machine();

/// One line for people.
[[nodiscard]] std::string to_text(const machine_facts& facts);
[[nodiscard]] json::object to_json(const machine_facts& facts);

} // namespace millrace::bench

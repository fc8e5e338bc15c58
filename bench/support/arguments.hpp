// SPDX-License-Identifier: Apache-2.0
//
// The command line that every benchmark program has: `--quick`, `--json [FILE]`, `--help`. What
// else is given belongs to the program.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::bench {

/// What was asked of a benchmark program.
struct arguments {
  /// Fewer and shorter repetitions: whether it works, not how fast it is.
  bool quick = false;
  /// Whether the results are wanted as JSON, and where: a file, or standard output when empty.
  std::optional<std::string> json;
  /// Whether only the usage is wanted.
  bool help = false;
  /// Everything else, in order.
  std::vector<std::string> rest;

  /// Whether standard output belongs to the JSON document, so that text for people goes to standard
  /// error.
  [[nodiscard]] bool json_on_standard_output() const { return json && json->empty(); }
};

/// Reads the command line without the program's name. A word that follows `--json` is its FILE
/// unless it starts with a dash.
[[nodiscard]] arguments parse_arguments(const std::vector<std::string>& words);

/// The usage of the program for `topic`; `rest` says what the program does with other arguments.
[[nodiscard]] std::string usage(std::string_view topic, std::string_view rest);

} // namespace millrace::bench

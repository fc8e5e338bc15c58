// SPDX-License-Identifier: Apache-2.0
//
// Runs the built millrace command as a child process, in a folder of the test's own.
#pragma once

#include <millrace/json.hpp>

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace millrace::cli::testing {

/// What a run of the command left.
struct outcome {
  int status = -1; ///< exit status; 128 + the signal that ended it
  std::string out;
  std::string err;

  /// Standard output as JSON; fails the test when it is none.
  [[nodiscard]] json::value document() const;
  /// The executions of the document.
  [[nodiscard]] json::array executions() const;
};

/// How to run it.
struct circumstances {
  std::string input;                         ///< standard input
  std::vector<std::string> environment;      ///< NAME=value, over a bare environment
  std::optional<std::size_t> file_bytes_max; ///< a disk that is full at this size
  bool as_ordinary_user = false;             ///< gives up the rights of the superuser
  std::string output_to;                     ///< a file for standard output, such as /dev/full
  bool terminal_output = false;              ///< standard output and error are a terminal
  bool reader_leaves = false;                ///< nobody reads standard output
};

/// A temporary folder in which commands run. Removed by the destructor.
class workplace {
public:
  workplace();
  ~workplace();
  workplace(const workplace&) = delete;
  workplace& operator=(const workplace&) = delete;

  /// Writes a file into the folder; gives its name.
  std::string write(const std::string& name, const std::string& text) const;
  [[nodiscard]] bool has(const std::string& name) const;
  /// The path of a file in the folder.
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + '/' + name; }

  [[nodiscard]] outcome run(const std::vector<std::string>& arguments,
                            const circumstances& how = {}) const;

private:
  std::string folder_;
};

/// A command that runs in the background. Killed by the destructor.
class background_command {
public:
  background_command(const workplace& place, const std::vector<std::string>& arguments);
  ~background_command();
  background_command(const background_command&) = delete;
  background_command& operator=(const background_command&) = delete;

  void signal(int number) const;
  /// Waits for its end.
  [[nodiscard]] outcome finish();

private:
  const workplace& place_;
  pid_t id_ = -1;
};

/// Whether the system gives pseudo-terminals: a folder that was made a root often has no /dev/pts.
[[nodiscard]] bool has_terminals();

/// One NO_OP step.
[[nodiscard]] std::string simple_flow(const std::string& id, const std::string& more = "");
/// Starts `children` detached executions of the flow "child", one for each of $.items.
[[nodiscard]] std::string parent_flow();
/// Waits for the event "answer:<id of $.id>".
[[nodiscard]] std::string waiting_flow();
/// Takes an hour, all of it a delay.
[[nodiscard]] std::string slow_flow();
/// Fails with an unknown module.
[[nodiscard]] std::string failing_flow();

} // namespace millrace::cli::testing

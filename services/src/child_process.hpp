// SPDX-License-Identifier: Apache-2.0
//
// Programs of the configuration: started without a shell, in a process group of their own, with
// pipes for their standard input, output and error. The group is killed when its owner goes.
#pragma once

#include <millrace/error.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <csignal>
#include <sys/types.h>

namespace millrace::services {

/// What to start: a program (looked up in PATH), its arguments, and its environment.
struct command_line {
  std::vector<std::string> words; ///< never empty
  /// Beside PATH, HOME, LANG and TZ of this process, which are the only ones handed on.
  std::map<std::string, std::string> environment;
};

/// A file descriptor with an owner.
class descriptor {
public:
  descriptor() = default;
  explicit descriptor(int number) noexcept : number_(number) {}
  descriptor(descriptor&& other) noexcept;
  descriptor& operator=(descriptor&& other) noexcept;
  ~descriptor() { close(); }

  [[nodiscard]] int get() const noexcept { return number_; }
  [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }
  void close() noexcept;

private:
  int number_ = -1;
};

/// Ends what waits for programs, once and for all. Thread-safe.
class interruption {
public:
  interruption();
  void raise() noexcept;
  /// Readable from then on.
  [[nodiscard]] const descriptor& sign() const noexcept { return sign_; }

private:
  descriptor sign_;
};

/// One running program. One thread at a time. The descriptors do not block.
class child_process {
public:
  /// Errors: `invalid_argument` for a program that cannot be started, with the system's reason.
  [[nodiscard]] static result<child_process> start(const command_line& what);
  child_process(child_process&& other) noexcept;
  child_process& operator=(child_process&& other) noexcept;
  /// Kills the program and what it started, unless it has ended.
  ~child_process();

  descriptor& input() noexcept { return input_; }
  descriptor& output() noexcept { return output_; }
  descriptor& errors() noexcept { return errors_; }

  /// Kills the process group. Idempotent.
  void kill() noexcept;
  /// Waits until the program has ended; its exit status, 128 + the signal that ended it.
  int wait() noexcept;

private:
  child_process() = default;

  pid_t id_ = -1; ///< -1: none, or ended
  descriptor input_;
  descriptor output_;
  descriptor errors_;
};

/// A program that ends early breaks the pipe; that must not end this process. Blocks the signal for
/// this thread and takes it back if it has come.
class without_broken_pipe {
public:
  without_broken_pipe();
  ~without_broken_pipe();
  without_broken_pipe(const without_broken_pipe&) = delete;
  without_broken_pipe& operator=(const without_broken_pipe&) = delete;

private:
  sigset_t signal_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

/// Reads what stands at the end of a pipe, which is closed when there is no more, and keeps it up
/// to a limit; what is beyond is read too, so that the program is not held up.
void read_some(descriptor& end, std::string& into, std::size_t bytes_max);

/// How a program ran.
struct command_result {
  bool is_interrupted = false; ///< somebody raised the interruption, and it was killed
  bool is_timed_out = false;   ///< it was killed
  bool is_too_much = false;    ///< it wrote more than the limit, and was killed
  int status = 0;              ///< of its exit
  std::string output;
  std::string errors; ///< the beginning of what it wrote to its standard error
};

/// Starts the program, writes `input`, and reads until it ends. Errors: as start().
[[nodiscard]] result<command_result> run_command(const command_line& what, std::string_view input,
                                                 std::chrono::milliseconds timeout,
                                                 std::size_t output_bytes_max,
                                                 const interruption& ends);

} // namespace millrace::services

// SPDX-License-Identifier: Apache-2.0
//
// Work in a forked process, for tests of locks, permissions and sudden death.
#pragma once

#include <functional>
#include <string>

#include <sys/types.h>

namespace millrace::storage::testing {

/// A forked process that runs `work` and then ends without running destructors of the parent's. It
/// talks to the parent through two pipes. Killed and awaited by the destructor.
class child_process {
public:
  /// What `work` gets: report() sends bytes to the parent, wait() blocks until it is told to go on.
  class parent_link {
  public:
    parent_link(int out, int in) : out_(out), in_(in) {}
    void report(const std::string& bytes) const;
    void wait() const;

  private:
    int out_;
    int in_;
  };

  explicit child_process(const std::function<void(const parent_link&)>& work);
  ~child_process();
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  [[nodiscard]] pid_t id() const noexcept { return id_; }
  /// Up to `size` bytes of what the child reports; fewer when it has ended.
  [[nodiscard]] std::string read(std::size_t size) const;
  /// Everything it reports until it ends.
  [[nodiscard]] std::string read_all() const;
  /// Ends the child's wait().
  void let_go() const;
  /// Ends the child with SIGKILL and awaits it. Does nothing the second time.
  void kill();

private:
  pid_t id_ = -1;
  int from_child_ = -1;
  int to_child_ = -1;
};

/// Runs `work` in a process that has no rights of the superuser, and returns its text.
[[nodiscard]] std::string as_ordinary_user(const std::function<std::string()>& work);

} // namespace millrace::storage::testing

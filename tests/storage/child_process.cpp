// SPDX-License-Identifier: Apache-2.0
#include "child_process.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <exception>
#include <limits>
#include <stdexcept>

#include <sys/wait.h>
#include <unistd.h>

namespace millrace::storage::testing {

namespace {

/// The user "nobody".
constexpr uid_t ordinary_user = 65534;

struct pipe_ends {
  int read = -1;
  int write = -1;
};

pipe_ends make_pipe() {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) {
    throw std::runtime_error("no pipe");
  }
  return {ends[0], ends[1]};
}

} // namespace

void child_process::parent_link::report(const std::string& bytes) const {
  if (::write(out_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    _exit(1);
  }
}

void child_process::parent_link::wait() const {
  char byte = 0;
  if (::read(in_, &byte, 1) != 1) {
    _exit(1);
  }
}

child_process::child_process(const std::function<void(const parent_link&)>& work) {
  const pipe_ends up = make_pipe();
  const pipe_ends down = make_pipe();
  id_ = fork();
  if (id_ < 0) {
    throw std::runtime_error("no child process");
  }
  if (id_ == 0) {
    close(up.read);
    close(down.write);
    const parent_link link(up.write, down.read);
    try {
      work(link);
    } catch (const std::exception& failure) {
      link.report(failure.what());
    }
    _exit(0);
  }
  close(up.write);
  close(down.read);
  from_child_ = up.read;
  to_child_ = down.write;
}

child_process::~child_process() {
  kill();
  close(from_child_);
  close(to_child_);
}

std::string child_process::read(std::size_t size) const {
  std::string bytes;
  std::array<char, 4096> buffer{};
  while (bytes.size() < size) {
    const ssize_t count =
        ::read(from_child_, buffer.data(), std::min(buffer.size(), size - bytes.size()));
    if (count <= 0) {
      break;
    }
    bytes.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return bytes;
}

std::string child_process::read_all() const {
  return read(std::numeric_limits<std::size_t>::max());
}

void child_process::let_go() const {
  if (::write(to_child_, "x", 1) != 1) {
    throw std::runtime_error("the child process has gone");
  }
}

void child_process::kill() {
  if (id_ > 0) {
    ::kill(id_, SIGKILL);
    waitpid(id_, nullptr, 0);
    id_ = -1;
  }
}

std::string as_ordinary_user(const std::function<std::string()>& work) {
  const child_process child([&](const child_process::parent_link& link) {
    if (geteuid() == 0 && (setgid(ordinary_user) != 0 || setuid(ordinary_user) != 0)) {
      link.report("the rights of the superuser cannot be given up");
      return;
    }
    link.report(work());
  });
  return child.read_all();
}

} // namespace millrace::storage::testing

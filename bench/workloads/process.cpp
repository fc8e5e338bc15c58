// SPDX-License-Identifier: Apache-2.0
#include "process.hpp"

#include "workload.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fstream>

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h> // NOLINT(modernize-deprecated-headers): mkdtemp is POSIX's
#include <sys/wait.h>
#include <unistd.h>

namespace millrace::bench {
namespace {

constexpr double kib_per_mib = 1024;
constexpr int signal_status_base = 128;

/// A field of /proc/self/status in KiB, as MiB. VmHWM belongs to the program that runs, whereas
/// getrusage() would count what the process was before exec.
double memory_field_mib(std::string_view name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name))
      return std::stod(line.substr(name.size())) / kib_per_mib;
  throw failure("This system does not say how much memory a process takes.");
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  all.reserve(words.size() + 1);
  for (std::string& each : words)
    all.push_back(each.data());
  all.push_back(nullptr);
  return all;
}

} // namespace

child_process::child_process(const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {std::filesystem::read_symlink("/proc/self/exe").string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    throw failure("No pipe could be made.");
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  const int problem =
      posix_spawn(&id_, words.front().c_str(), &actions, nullptr, pointers(words).data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  output_ = ends[0];
  if (problem != 0) {
    id_ = -1;
    close(output_);
    throw failure("This program could not be started again.");
  }
}

child_process::~child_process() {
  kill();
  close(output_);
}

std::string child_process::read_line() {
  std::string line;
  for (char next = 0;;) {
    const ssize_t count = read(output_, &next, 1);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0 || next == '\n')
      return line;
    line.push_back(next);
  }
}

int child_process::wait() {
  int status = 0;
  while (waitpid(id_, &status, 0) < 0 && errno == EINTR) {
  }
  id_ = -1;
  return WIFSIGNALED(status) ? signal_status_base + WTERMSIG(status) : WEXITSTATUS(status);
}

void child_process::kill() {
  if (id_ < 0)
    return;
  ::kill(id_, SIGKILL);
  wait();
}

double peak_rss_mib() {
  return memory_field_mib("VmHWM:");
}

double rss_mib() {
  return memory_field_mib("VmRSS:");
}

scratch_folder::scratch_folder(const std::filesystem::path& base) {
  std::error_code problem;
  std::filesystem::create_directories(base, problem);
  std::string name = (base / "millrace-bench-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr)
    throw failure("No folder could be made in '" + base.string() + "'.");
  path_ = name;
}

scratch_folder::~scratch_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

} // namespace millrace::bench

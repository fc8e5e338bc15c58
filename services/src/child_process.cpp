// SPDX-License-Identifier: Apache-2.0
#include "child_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace millrace::services {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t errors_bytes_max = 16 * 1024;
constexpr int status_of_signal = 128; // as shells count

struct pipe_ends {
  descriptor read;
  descriptor write;
};

result<pipe_ends> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return error{errc::internal,
                 "No pipe could be made: " + std::generic_category().message(errno)};
  return pipe_ends{descriptor(ends[0]), descriptor(ends[1])};
}

void stop_blocking(const descriptor& end) {
  ::fcntl(end.get(), F_SETFL, ::fcntl(end.get(), F_GETFL) | O_NONBLOCK);
}

/// posix_spawn's preparations, released at the end.
class spawn_plan {
public:
  spawn_plan() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    ::sigemptyset(&none);
    sigset_t restored;
    ::sigemptyset(&restored);
    ::sigaddset(&restored, SIGPIPE);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &restored);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                 POSIX_SPAWN_SETSIGDEF);
  }
  ~spawn_plan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  spawn_plan(const spawn_plan&) = delete;
  spawn_plan& operator=(const spawn_plan&) = delete;

  void connect(const descriptor& end, int as) {
    ::posix_spawn_file_actions_adddup2(&actions_, end.get(), as);
  }
  // Also what this process left open for its own children by mistake.
  void close_the_rest() {
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
  }
  int spawn(pid_t& id, std::vector<std::string> words, std::vector<std::string> environment) {
    const auto pointers = [](std::vector<std::string>& texts) {
      std::vector<char*> all;
      all.reserve(texts.size() + 1);
      for (std::string& each : texts)
        all.push_back(each.data());
      all.push_back(nullptr);
      return all;
    };
    const auto arguments = pointers(words);
    const auto variables = pointers(environment);
    return ::posix_spawnp(&id, words.front().c_str(), &actions_, &attributes_, arguments.data(),
                          variables.data());
  }

private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

std::vector<std::string> environment_of(const command_line& what) {
  std::map<std::string, std::string> all = what.environment;
  for (const char* name : {"PATH", "HOME", "LANG", "TZ"})
    // Nobody here changes the environment.
    if (const char* value = std::getenv(name)) // NOLINT(concurrency-mt-unsafe)
      all.emplace(name, value);
  std::vector<std::string> lines;
  lines.reserve(all.size());
  for (const auto& [name, value] : all)
    lines.push_back(std::string(name).append("=").append(value));
  return lines;
}

} // namespace

descriptor::descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

descriptor& descriptor::operator=(descriptor&& other) noexcept {
  if (this != &other) {
    close();
    number_ = std::exchange(other.number_, -1);
  }
  return *this;
}

void descriptor::close() noexcept {
  if (number_ >= 0)
    ::close(std::exchange(number_, -1));
}

interruption::interruption() : sign_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void interruption::raise() noexcept {
  constexpr std::uint64_t once = 1;
  static_cast<void>(!::write(sign_.get(), &once, sizeof once));
}

result<child_process> child_process::start(const command_line& what) {
  auto in = make_pipe();
  auto out = make_pipe();
  auto err = make_pipe();
  for (const auto* each : {&in, &out, &err})
    if (!*each)
      return each->error();
  spawn_plan plan;
  plan.connect(in->read, STDIN_FILENO);
  plan.connect(out->write, STDOUT_FILENO);
  plan.connect(err->write, STDERR_FILENO);
  plan.close_the_rest();
  child_process made;
  if (const int failure = plan.spawn(made.id_, what.words, environment_of(what)); failure != 0) {
    made.id_ = -1;
    return error{errc::invalid_argument,
                 "The program '" + what.words.front() +
                     "' cannot be started: " + std::generic_category().message(failure) + "."};
  }
  made.input_ = std::move(in->write);
  made.output_ = std::move(out->read);
  made.errors_ = std::move(err->read);
  for (const descriptor* each : {&made.input_, &made.output_, &made.errors_})
    stop_blocking(*each);
  return made;
}

child_process::child_process(child_process&& other) noexcept
    : id_(std::exchange(other.id_, -1)), input_(std::move(other.input_)),
      output_(std::move(other.output_)), errors_(std::move(other.errors_)) {}

child_process& child_process::operator=(child_process&& other) noexcept {
  if (this != &other) {
    kill();
    wait();
    id_ = std::exchange(other.id_, -1);
    input_ = std::move(other.input_);
    output_ = std::move(other.output_);
    errors_ = std::move(other.errors_);
  }
  return *this;
}

child_process::~child_process() {
  kill();
  wait();
}

void child_process::kill() noexcept {
  if (id_ > 0)
    ::kill(-id_, SIGKILL);
}

int child_process::wait() noexcept {
  if (id_ <= 0)
    return 0;
  int status = 0;
  while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
  }
  ::kill(-id_, SIGKILL); // what it left behind
  id_ = -1;
  return WIFSIGNALED(status) ? status_of_signal + WTERMSIG(status) : WEXITSTATUS(status);
}

namespace {

/// Feeds one program and gathers what it says, until its output is at its end.
class conversation {
public:
  conversation(child_process& child, std::string_view input, std::size_t output_bytes_max,
               const interruption& ends)
      : child_(child), rest_(input), output_bytes_max_(output_bytes_max), ends_(ends) {}

  command_result run(steady_clock::time_point latest) {
    if (rest_.empty())
      child_.input().close();
    while (child_.output().is_open() || child_.errors().is_open()) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(latest - steady_clock::now()).count();
      if (left <= 0 || !wait_for_news(static_cast<int>(std::min<long long>(left, 60'000)))) {
        if (steady_clock::now() < latest)
          continue;
        told_.is_timed_out = true;
        break;
      }
      told_.is_too_much = told_.output.size() > output_bytes_max_;
      if (told_.is_too_much || told_.is_interrupted)
        break;
    }
    if (told_.is_timed_out || told_.is_too_much || told_.is_interrupted)
      child_.kill();
    told_.status = child_.wait();
    return std::move(told_);
  }

private:
  bool wait_for_news(int milliseconds) {
    std::array<pollfd, 4> watched{{{child_.input().get(), POLLOUT, 0},
                                   {child_.output().get(), POLLIN, 0},
                                   {child_.errors().get(), POLLIN, 0},
                                   {ends_.sign().get(), POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), milliseconds) <= 0)
      return false;
    told_.is_interrupted = watched[3].revents != 0;
    if (watched[0].revents != 0)
      write_some();
    if (watched[1].revents != 0)
      read_some(child_.output(), told_.output, output_bytes_max_ + 1);
    if (watched[2].revents != 0)
      read_some(child_.errors(), told_.errors, errors_bytes_max);
    return true;
  }

  // A program that does not read its input to the end is none of our business.
  void write_some() {
    const ssize_t written = ::write(child_.input().get(), rest_.data(), rest_.size());
    if (written > 0)
      rest_.remove_prefix(static_cast<std::size_t>(written));
    if (rest_.empty() || (written < 0 && errno != EAGAIN && errno != EINTR))
      child_.input().close();
  }

  child_process& child_;
  std::string_view rest_;
  std::size_t output_bytes_max_;
  const interruption& ends_;
  command_result told_;
};

} // namespace

void read_some(descriptor& end, std::string& into, std::size_t bytes_max) {
  std::array<char, 16 * 1024> part{};
  const ssize_t got = ::read(end.get(), part.data(), part.size());
  if (got > 0)
    into.append(part.data(), std::min(static_cast<std::size_t>(got),
                                      bytes_max - std::min(bytes_max, into.size())));
  else if (got == 0 || (errno != EAGAIN && errno != EINTR))
    end.close();
}

without_broken_pipe::without_broken_pipe() {
  ::sigemptyset(&signal_);
  ::sigaddset(&signal_, SIGPIPE);
  sigset_t pending;
  ::sigpending(&pending);
  was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
  ::pthread_sigmask(SIG_BLOCK, &signal_, &before_);
}

without_broken_pipe::~without_broken_pipe() {
  const timespec at_once{0, 0};
  if (!was_pending_)
    while (::sigtimedwait(&signal_, nullptr, &at_once) == SIGPIPE) {
    }
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

result<command_result> run_command(const command_line& what, std::string_view input,
                                   std::chrono::milliseconds timeout, std::size_t output_bytes_max,
                                   const interruption& ends) {
  const auto latest = steady_clock::now() + timeout;
  auto child = child_process::start(what);
  if (!child)
    return child.error();
  const without_broken_pipe safe;
  return conversation(*child, input, output_bytes_max, ends).run(latest);
}

} // namespace millrace::services

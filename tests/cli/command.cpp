// SPDX-License-Identifier: Apache-2.0
#include "command.hpp"

#include "catch.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace millrace::cli::testing {
namespace {

// The user "nobody".
constexpr uid_t ordinary_user = 65534;
constexpr int could_not_begin = 127;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

void redirect(const std::string& path, int flags, int descriptor) {
  const int file = open(path.c_str(), flags, 0644);
  if (file < 0 || dup2(file, descriptor) < 0)
    _exit(could_not_begin);
  close(file);
}

void take_terminal(const std::string& name) {
  redirect(name, O_RDWR, STDOUT_FILENO);
  redirect(name, O_RDWR, STDERR_FILENO);
}

void apply(const circumstances& how) {
  if (how.file_bytes_max) {
    const rlimit limit{*how.file_bytes_max, *how.file_bytes_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  if (how.reader_leaves) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0 || dup2(ends[1], STDOUT_FILENO) < 0)
      _exit(could_not_begin);
    close(ends[0]);
    close(ends[1]);
  }
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& each : texts)
    all.push_back(each.data());
  all.push_back(nullptr);
  return all;
}

// In the child. The program is opened before rights are given up: an ordinary user may not reach
// it.
[[noreturn]] void become(const workplace& place, std::vector<std::string> arguments,
                         const circumstances& how, const std::string& terminal) {
  const int program = open(MILLRACE_COMMAND, O_RDONLY | O_CLOEXEC);
  if (program < 0 || chdir(place.path("").c_str()) != 0)
    _exit(could_not_begin);
  redirect(place.path(".stdin"), O_RDONLY, STDIN_FILENO);
  redirect(how.output_to.empty() ? place.path(".stdout") : how.output_to,
           O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
  redirect(place.path(".stderr"), O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
  if (!terminal.empty())
    take_terminal(terminal);
  apply(how);
  if (how.as_ordinary_user && geteuid() == 0 &&
      (setgid(ordinary_user) != 0 || setuid(ordinary_user) != 0))
    _exit(could_not_begin);
  arguments.insert(arguments.begin(), "millrace");
  std::vector<std::string> environment = how.environment;
  environment.emplace_back("PATH=/usr/bin:/bin");
  if (const char* options = std::getenv("ASAN_OPTIONS"))
    environment.push_back(std::string("ASAN_OPTIONS=") + options);
  if (const char* options = std::getenv("TSAN_OPTIONS"))
    environment.push_back(std::string("TSAN_OPTIONS=") + options);
  fexecve(program, pointers(arguments).data(), pointers(environment).data());
  _exit(could_not_begin);
}

int exit_status_of(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

// A pseudo-terminal; what is written to its other end is read here.
class terminal {
public:
  terminal() : master_(posix_openpt(O_RDWR | O_NOCTTY)) {
    if (master_ < 0 || grantpt(master_) != 0 || unlockpt(master_) != 0)
      return;
    name_ = ptsname(master_);
    slave_ = open(name_.c_str(), O_RDWR | O_NOCTTY); // so that reading waits until the end
  }
  [[nodiscard]] bool is_there() const noexcept { return slave_ >= 0; }
  ~terminal() {
    close(master_);
    close(slave_);
  }
  terminal(const terminal&) = delete;
  terminal& operator=(const terminal&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  // What has come until now; waits `patience_ms` for more.
  std::string read(int patience_ms) const {
    std::string text;
    std::array<char, 4096> buffer{};
    pollfd ready{master_, POLLIN, 0};
    while (poll(&ready, 1, patience_ms) == 1) {
      const ssize_t count = ::read(master_, buffer.data(), buffer.size());
      if (count <= 0)
        break;
      text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return text;
  }

private:
  int master_;
  int slave_ = -1;
  std::string name_;
};

pid_t spawn(const workplace& place, const std::vector<std::string>& arguments,
            const circumstances& how, const std::string& terminal_name) {
  static_cast<void>(place.write(".stdin", how.input));
  const pid_t child = fork();
  if (child < 0)
    throw std::runtime_error("no child process");
  if (child == 0)
    become(place, arguments, how, terminal_name);
  return child;
}

outcome outcome_of(const workplace& place, int wait_status) {
  return {exit_status_of(wait_status), read_file(place.path(".stdout")),
          read_file(place.path(".stderr"))};
}

} // namespace

json::value outcome::document() const {
  auto parsed = parse_json(out, "standard output");
  if (!parsed)
    throw std::runtime_error(parsed.error().message() + "\n" + out + "\n" + err);
  return *parsed;
}

json::array outcome::executions() const {
  return document().as_object().at("executions").as_array();
}

bool has_terminals() {
  return terminal().is_there();
}

workplace::workplace() {
  std::string name = (std::filesystem::temp_directory_path() / "millrace-cli-test-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr)
    throw std::runtime_error("no temporary folder");
  folder_ = name;
  std::filesystem::permissions(folder_, std::filesystem::perms(0755));
}

workplace::~workplace() {
  std::error_code ignored;
  std::filesystem::permissions(folder_, std::filesystem::perms(0755), ignored);
  std::filesystem::remove_all(folder_, ignored);
}

std::string workplace::write(const std::string& name, const std::string& text) const {
  std::ofstream file(path(name), std::ios::binary);
  file << text;
  return name;
}

bool workplace::has(const std::string& name) const {
  return std::filesystem::exists(path(name));
}

outcome workplace::run(const std::vector<std::string>& arguments, const circumstances& how) const {
  std::optional<terminal> screen;
  if (how.terminal_output)
    screen.emplace();
  if (screen && !screen->is_there())
    throw std::runtime_error("no terminal");
  const pid_t child = spawn(*this, arguments, how, screen ? screen->name() : "");
  int wait_status = 0;
  std::string seen;
  while (waitpid(child, &wait_status, screen ? WNOHANG : 0) == 0)
    seen += screen->read(20);
  outcome result = outcome_of(*this, wait_status);
  if (screen)
    result.out = seen + screen->read(0);
  return result;
}

background_command::background_command(const workplace& place,
                                       const std::vector<std::string>& arguments)
    : place_(place), id_(spawn(place, arguments, {}, "")) {}

background_command::~background_command() {
  if (id_ > 0) {
    kill(id_, SIGKILL);
    waitpid(id_, nullptr, 0);
  }
}

void background_command::signal(int number) const {
  kill(id_, number);
}

outcome background_command::finish() {
  int wait_status = 0;
  waitpid(id_, &wait_status, 0);
  id_ = -1;
  return outcome_of(place_, wait_status);
}

std::string simple_flow(const std::string& id, const std::string& more) {
  return R"({"id": ")" + id + R"(", )" + more + R"("startStepInstanceId": "only", "steps": {
    "only": {"stepInstanceId": "only", "name": "Only", "displayName": "Only",
      "stepType": "NO_OP"}}})";
}

std::string parent_flow() {
  return R"({"id": "parent", "startStepInstanceId": "each", "steps": {
    "each": {"stepInstanceId": "each", "displayName": "Each", "stepType": "PARALLEL_FORK_MANAGER",
      "itemsPath": "$.items",
      "parallelBranches": [{"branchId": "one", "stepInstanceId": "start"}],
      "aggregationConfig": {"strategy": "NONE"}},
    "start": {"stepInstanceId": "start", "displayName": "Start",
      "stepType": "START_FLOW_EXECUTION", "moduleIdentifier": "system/start-flow-execution",
      "flowDefinitionId": "child", "flowVersion": "LATEST_PUBLISHED",
      "inputMappings": {"initialContextData.item": "$.currentItem"}}}})";
}

std::string waiting_flow() {
  return R"({"id": "waiting", "startStepInstanceId": "wait", "steps": {
    "wait": {"stepInstanceId": "wait", "displayName": "Wait",
      "stepType": "WAIT_FOR_EXTERNAL_EVENT", "correlationKeyTemplate": "answer:{{id}}",
      "outputMappings": {"$.answer": "$."}, "defaultNextStepInstanceId": "after"},
    "after": {"stepInstanceId": "after", "displayName": "After", "stepType": "NO_OP",
      "outputMappings": {}}}})";
}

std::string slow_flow() {
  return R"({"id": "slow", "startStepInstanceId": "pause", "steps": {
    "pause": {"stepInstanceId": "pause", "name": "Pause", "displayName": "Pause", "stepType": "NO_OP",
      "delay": {"milliseconds": 3600000}}}})";
}

std::string failing_flow() {
  return R"({"id": "failing", "startStepInstanceId": "bad", "steps": {
    "bad": {"stepInstanceId": "bad", "displayName": "Bad", "stepType": "START_FLOW_EXECUTION",
      "moduleIdentifier": "system/start-flow-execution", "flowDefinitionId": "child",
      "literals": {"initialContextData": [1]}}}})";
}

} // namespace millrace::cli::testing

// SPDX-License-Identifier: Apache-2.0
//
// A process that runs 1,000 detached children, each with an external step, is killed at random
// moments and while a handler certainly runs, and started again. Every family must end as an
// undisturbed one does, and what the outside world was asked for must agree with it.
#include <millrace/verify.hpp>

#include "catch.hpp"
#include "flow_fixture.hpp"
#include "torture.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <map>
#include <random>
#include <regex>
#include <set>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

using namespace millrace;
using namespace millrace::testing;

namespace {

constexpr int children = 1000;

int kills_wanted() {
#if defined(MILLRACE_SANITIZED)
  return 20; // a sanitizer makes every life ten times longer
#else
  return is_full_torture() ? 550 : 60;
#endif
}

constexpr const char* root_id = "0190f000-0000-7000-8000-0000000000bb";

constexpr const char* intake_flows = R"([
  {'id': 'intake', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'f', 'steps': {
    'f': {'stepInstanceId': 'f', 'stepType': 'PARALLEL_FORK_MANAGER', 'itemsPath': '$.orders',
          'parallelBranches': [{'branchId': 'one', 'stepInstanceId': 'check'}], 'defaultNextStepInstanceId': 'last'},
    'check': {'stepInstanceId': 'check', 'stepType': 'DATA_TRANSFORMATION', 'moduleIdentifier': 'system/compose-object-from-input',
              'inputMappings': {'order': '$.currentItem'}, 'defaultNextStepInstanceId': 'go'},
    'go': {'stepInstanceId': 'go', 'stepType': 'START_FLOW_EXECUTION', 'moduleIdentifier': 'system/start-flow-execution',
           'literals': {'flowDefinitionId': 'order'}, 'inputMappings': {'initialContextData.order': '$.currentItem'},
           'outputMappings': {'$.output': '$.startedFlowExecutionId'}},
    'last': {'stepInstanceId': 'last', 'stepType': 'START_FLOW_EXECUTION', 'moduleIdentifier': 'system/start-flow-execution',
             'literals': {'flowDefinitionId': 'order', 'initialContextData': {'order': -1}}}}},
  {'id': 'order', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'a', 'steps': {
    'a': {'stepInstanceId': 'a', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'test/echo',
          'inputMappings': {'seen': '$.order'}, 'defaultNextStepInstanceId': 'b'},
    'b': {'stepInstanceId': 'b', 'stepType': 'NO_OP'}}}])";

std::string orders() {
  std::string list;
  for (int i = 0; i < children - 1; ++i)
    list += (i == 0 ? "" : ",") + std::to_string(i);
  return "{\"orders\":[" + list + "]}";
}

// When a process is killed: after a time, or as soon as one of its handlers hangs.
struct death {
  std::chrono::microseconds life{0};
  int held_attempt = 0; ///< from 1; 0: it is the time that counts
};

// One family: its files, and the processes that run it one after the other.
class torture_round {
public:
  explicit torture_round(const scratch_folder& folder, int number)
      : database_(folder.file("round" + std::to_string(number) + ".db")), log_(database_ + ".log"),
        flows_(folder.file("flows.json")) {
    std::ofstream(flows_) << stringify(json_of(intake_flows));
  }
  ~torture_round() {
    std::remove(database_.c_str());
    std::remove(log_.c_str());
  }
  torture_round(const torture_round&) = delete;
  torture_round& operator=(const torture_round&) = delete;

  [[nodiscard]] const std::string& database() const { return database_; }
  [[nodiscard]] const std::string& log() const { return log_; }

  // Runs the program to its end, in how long.
  std::chrono::microseconds run_undisturbed() {
    const auto began = std::chrono::steady_clock::now();
    spawn(0);
    const int status = await();
    REQUIRE(WIFEXITED(status));
    REQUIRE(WEXITSTATUS(status) == 0);
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                                 began);
  }

  // Runs the program and kills it; whether it was killed before it had finished.
  bool run_and_kill(const death& when) {
    spawn(when.held_attempt);
    if (when.held_attempt == 0) {
      std::this_thread::sleep_for(when.life); // the moment of death is what is tested
    } else {
      char said = 0;
      [[maybe_unused]] const ssize_t count = read(output_, &said, 1); // or it ends before that
    }
    kill(child_, SIGKILL);
    const int status = await();
    if (WIFSIGNALED(status))
      return true;
    REQUIRE(WEXITSTATUS(status) == 0);
    return false;
  }

private:
  void spawn(int held_attempt) {
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    const std::string input = orders();
    const std::string held = std::to_string(held_attempt);
    child_ = fork();
    if (child_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      close(ends[0]);
      close(ends[1]);
      execl(MILLRACE_CRASH_RUNNER, MILLRACE_CRASH_RUNNER, database_.c_str(), flows_.c_str(),
            root_id, input.c_str(), log_.c_str(), held.c_str(), nullptr);
      _exit(127);
    }
    close(ends[1]);
    output_ = ends[0];
  }

  int await() {
    int status = 0;
    waitpid(child_, &status, 0);
    close(output_);
    return status;
  }

  std::string database_;
  std::string log_;
  std::string flows_;
  pid_t child_ = -1;
  int output_ = -1;
};

std::string masked(const json::object& value) {
  static const std::regex uuid("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
  return std::regex_replace(stringify(value), uuid, "<id>");
}

struct family_outcome {
  std::vector<std::string> parent_path;
  std::string parent_context;
  std::map<std::string, int> orders_seen; ///< child context to the number of children with it
  int completed = 0;
};

family_outcome outcome_of(const std::string& database) {
  auto reader = database_reader::open(database);
  REQUIRE(reader.has_value());
  auto family = reader->family(root_id, true);
  REQUIRE(family.has_value());
  family_outcome outcome;
  for (const execution_record& each : *family) {
    if (each.status == execution_status::completed)
      ++outcome.completed;
    if (each.kind == execution_kind::root) {
      outcome.parent_path = each.path;
      outcome.parent_context = masked(each.context);
    } else {
      ++outcome.orders_seen[masked(each.context)];
    }
  }
  return outcome;
}

void check_same(const family_outcome& got, const family_outcome& undisturbed) {
  CHECK(got.completed == children + 1);
  CHECK(got.parent_path == undisturbed.parent_path);
  CHECK(got.parent_context == undisturbed.parent_context);
  CHECK(got.orders_seen == undisturbed.orders_seen);
}

// What the outside world was asked for: at least once for every child, for nobody else, and every
// time under the key that only this step of this child has.
void check_effects(const std::string& log, const std::string& database) {
  std::map<std::string, std::set<std::string>> keys_of; // by execution and step
  std::set<std::string> executions;
  std::set<std::string> keys;
  std::ifstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string execution;
    std::string step;
    std::string key;
    words >> execution >> step >> key;
    if (!key.starts_with(execution + ':' + step + ':'))
      continue; // a kill cut it short: its attempt is made again
    keys_of[execution + ' ' + step].insert(key);
    executions.insert(execution);
    keys.insert(key);
  }
  for (const auto& [who, under] : keys_of) {
    INFO(who);
    CHECK(under.size() == 1);
  }
  CHECK(keys.size() == keys_of.size());
  std::set<std::string> there;
  const auto family = database_reader::open(database)->family(root_id, false);
  REQUIRE(family.has_value());
  for (const execution_record& each : *family)
    if (each.kind != execution_kind::root)
      there.insert(each.flow_execution_id);
  CHECK(executions == there);
}

// Now and then a handler is held: no random moment is sure to meet one that runs.
death random_death(std::mt19937& random, std::chrono::microseconds undisturbed, double growth) {
  constexpr unsigned one_in = 3;
  constexpr unsigned held_max = 200;
  if (random() % one_in == 0)
    return {{}, static_cast<int>(1 + random() % held_max)};
  // Long enough to get somewhere on this machine in this build, short enough to get in the way.
  const auto longest = static_cast<double>(undisturbed.count());
  std::uniform_real_distribution<double> life(longest / 20, longest / 2);
  return {std::chrono::microseconds(static_cast<long>(life(random) * growth)), 0};
}

torture_count difference(const family_outcome& got, const family_outcome& undisturbed) {
  torture_count counted;
  for (const auto& [context, count] : undisturbed.orders_seen)
    if (!got.orders_seen.contains(context))
      counted.lost += static_cast<std::size_t>(count);
  for (const auto& [context, count] : got.orders_seen)
    if (count > 1)
      counted.doubled += static_cast<std::size_t>(count - 1);
  return counted;
}

} // namespace

TEST_CASE("kills at any moment, with handlers that run, lose no child, double none and change "
          "nothing",
          "[torture][kills]") {
  const scratch_folder folder;
  int rounds = 0;
  torture_round first(folder, rounds++);
  const std::chrono::microseconds undisturbed_time = first.run_undisturbed();
  const family_outcome undisturbed = outcome_of(first.database());
  REQUIRE(undisturbed.orders_seen.size() == children);
  check_effects(first.log(), first.database());

  std::mt19937 random(20261123); // NOLINT: the same moments every time, as far as a machine allows
  torture_count counted;
  while (counted.points < static_cast<std::size_t>(kills_wanted())) {
    torture_round round(folder, rounds++);
    INFO("round " << rounds << ", kills so far " << counted.points);
    // Lives grow within a round: on a machine that has become slower the round must end, too.
    double growth = 1;
    while (round.run_and_kill(random_death(random, undisturbed_time, growth))) {
      ++counted.points;
      growth *= 1.1;
      // Killed early, it may be no database yet; else nothing in it contradicts itself.
      if (const auto report = verify_database(round.database()))
        CHECK(stringify(to_json(*report).at("findings")) == "[]");
    }
    CHECK(verify_database(round.database()).value().is_sound());
    const family_outcome ended = outcome_of(round.database());
    check_same(ended, undisturbed);
    check_effects(round.log(), round.database());
    const torture_count differs = difference(ended, undisturbed);
    counted.lost += differs.lost;
    counted.doubled += differs.doubled;
  }
  print_counts("kills", counted,
               std::to_string(rounds - 1) + " runs of " + std::to_string(children) + " children");
}

// SPDX-License-Identifier: Apache-2.0
//
// A process that runs 1,000 detached children is killed at random moments and started again, until
// it has been killed 200 times in all. Every family must end as an undisturbed one does.
#include <millrace/verify.hpp>

#include "catch.hpp"
#include "flow_fixture.hpp"

#include <chrono>
#include <csignal>
#include <fstream>
#include <map>
#include <random>
#include <regex>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

using namespace millrace;
using namespace millrace::testing;

namespace {

constexpr int children = 1000;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kills_wanted = 20; // a sanitizer makes every life ten times longer
#else
constexpr int kills_wanted = 200;
#endif
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

pid_t spawn(const std::string& database, const std::string& flow_file, const std::string& input) {
  const pid_t child = fork();
  if (child == 0) {
    execl(MILLRACE_CRASH_RUNNER, MILLRACE_CRASH_RUNNER, database.c_str(), flow_file.c_str(),
          root_id, input.c_str(), nullptr);
    _exit(127);
  }
  return child;
}

// Runs the program, killing it after `life`; whether it was killed before it had finished.
bool run_and_kill(const std::string& database, const std::string& flow_file,
                  const std::string& input, std::chrono::microseconds life) {
  const pid_t child = spawn(database, flow_file, input);
  std::this_thread::sleep_for(life); // the moment of death is what is tested
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status))
    return true;
  REQUIRE(WEXITSTATUS(status) == 0);
  return false;
}

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

} // namespace

TEST_CASE("200 kills lose no child, double none and change nothing") {
  const scratch_folder folder;
  const std::string flow_file = folder.file("flows.json");
  std::ofstream(flow_file) << stringify(json_of(intake_flows));
  const std::string input = orders();
  const std::string undisturbed_file = folder.file("undisturbed.db");
  int status = 0;
  const auto began = std::chrono::steady_clock::now();
  waitpid(spawn(undisturbed_file, flow_file, input), &status, 0);
  const std::chrono::duration<double, std::micro> undisturbed_time =
      std::chrono::steady_clock::now() - began;
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == 0);
  const family_outcome undisturbed = outcome_of(undisturbed_file);
  REQUIRE(undisturbed.orders_seen.size() == children);

  std::mt19937 random(20261123); // NOLINT: the same moments every time, as far as a machine allows
  // Long enough to get somewhere on this machine in this build, short enough to get in the way.
  std::uniform_real_distribution<double> life(undisturbed_time.count() / 20,
                                              undisturbed_time.count() / 2);
  int kills = 0;
  int rounds = 0;
  while (kills < kills_wanted) {
    const std::string database = folder.file("round" + std::to_string(rounds++) + ".db");
    INFO("round " << rounds << ", kills so far " << kills);
    // Lives grow within a round: on a machine that has become slower the round must end, too.
    double growth = 1;
    while (run_and_kill(database, flow_file, input,
                        std::chrono::microseconds(static_cast<long>(life(random) * growth)))) {
      ++kills;
      growth *= 1.1;
      // Killed early, it may be no database yet; else nothing in it contradicts itself.
      if (const auto report = verify_database(database))
        CHECK(stringify(to_json(*report).at("findings")) == "[]");
    }
    CHECK(verify_database(database).value().is_sound());
    check_same(outcome_of(database), undisturbed);
    std::remove(database.c_str());
  }
  WARN(kills << " kills in " << rounds << " runs of " << children << " children");
}

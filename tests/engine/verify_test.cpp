// SPDX-License-Identifier: Apache-2.0
//
// The audit finds nothing in what the engine wrote, and everything that was damaged afterwards.
#include <millrace/verify.hpp>

#include "catch.hpp"
#include "flow_fixture.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <sqlite3.h>

using namespace millrace;
using namespace millrace::testing;
using namespace std::chrono_literals;

namespace {

// One family with finished, named and parked members; a caller; a sleeper; a cancelled one.
constexpr const char* known_flows = R"([
  {'id': 'leaf', 'version': 1, 'isPublished': true, 'startStepInstanceId': 's',
   'enableExecutionLogs': true, 'steps': {'s': {'stepInstanceId': 's', 'stepType': 'NO_OP'}}},
  {'id': 'parked', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'w', 'steps': {
    'w': {'stepInstanceId': 'w', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT', 'correlationKeyTemplate': 'deep'}}},
  {'id': 'sleeper', 'version': 1, 'isPublished': true, 'startStepInstanceId': 's', 'steps': {
    's': {'stepInstanceId': 's', 'stepType': 'NO_OP', 'delay': {'milliseconds': 3600000}}}},
  {'id': 'caller', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'c', 'steps': {
    'c': {'stepInstanceId': 'c', 'stepType': 'START_FLOW_EXECUTION', 'moduleIdentifier': 'system/start-flow-execution',
          'literals': {'flowDefinitionId': 'parked'}, 'customConfig': {'sync': true}}}},
  {'id': 'family', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'each', 'steps': {
    'each': {'stepInstanceId': 'each', 'stepType': 'PARALLEL_FORK_MANAGER', 'itemsPath': '$.items',
             'parallelBranches': [{'branchId': 'one', 'stepInstanceId': 'go'}],
             'defaultNextStepInstanceId': 'named'},
    'go': {'stepInstanceId': 'go', 'stepType': 'START_FLOW_EXECUTION', 'moduleIdentifier': 'system/start-flow-execution',
           'literals': {'flowDefinitionId': 'leaf'}},
    'named': {'stepInstanceId': 'named', 'stepType': 'START_FLOW_EXECUTION', 'moduleIdentifier': 'system/start-flow-execution',
           'literals': {'flowDefinitionId': 'leaf', 'flowExecutionId': '0190f000-0000-7000-8000-0000000000cc'},
           'defaultNextStepInstanceId': 'a'},
    'a': {'stepInstanceId': 'a', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT', 'correlationKeyTemplate': 'a',
          'defaultNextStepInstanceId': 'b'},
    'b': {'stepInstanceId': 'b', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT', 'correlationKeyTemplate': 'b',
          'defaultNextStepInstanceId': 'f'},
    'f': {'stepInstanceId': 'f', 'stepType': 'PARALLEL_FORK_MANAGER', 'itemsPath': '$.items',
          'parallelBranches': [{'branchId': 'one', 'stepInstanceId': 'x'}]},
    'x': {'stepInstanceId': 'x', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT', 'correlationKeyTemplate': 'x{{currentItem}}'}}}
])";

class standing_clock : public millrace::clock {
public:
  std::chrono::system_clock::time_point now() override {
    return std::chrono::system_clock::time_point(std::chrono::hours(500'000));
  }
  bool skip_to(std::chrono::system_clock::time_point /*due*/) override { return false; }
};

engine_options on_disk(const std::string& path) {
  engine_options options;
  options.database = path;
  options.durability = durability::process_crash;
  options.clock = std::make_shared<standing_clock>();
  options.seed = 7;
  return options;
}

// A sleeper never lets this engine be quiet: what is unfinished has to be parked.
void settle(engine& running) {
  REQUIRE(eventually([&running] {
    execution_filter filter;
    for (const auto status : {execution_status::initializing, execution_status::running}) {
      filter.status = status;
      if (!running.list(filter).value().empty())
        return false;
    }
    return true;
  }));
}

void fill(const std::string& path) {
  engine running = engine_with(known_flows, on_disk(path));
  const auto start = [&running](std::string_view flow) {
    start_request request;
    request.flow_definition_id = flow;
    request.initial_context_data = {{"items", {1, 2, 3}}};
    return running.start(request).value();
  };
  start("family");
  start("caller");
  start("sleeper");
  const std::string unlucky = start("sleeper");
  settle(running);
  REQUIRE(running.resume("a", json::object()).has_value());
  settle(running);
  REQUIRE(running.cancel(unlucky).has_value());
  settle(running);
}

void execute(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  char* problem = nullptr;
  sqlite3_open(path.c_str(), &database);
  const int done = sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &problem);
  const std::string what = problem ? problem : "";
  sqlite3_free(problem);
  sqlite3_close(database);
  INFO(sql << ": " << what);
  REQUIRE(done == SQLITE_OK);
}

audit_report verified(const std::string& path) {
  auto report = verify_database(path);
  if (!report)
    throw std::runtime_error(report.error().message());
  return std::move(*report);
}

std::string listed(const audit_report& report) {
  std::string all;
  for (const audit_finding& each : report.findings)
    all += each.check + " | " + each.flow_execution_id + " | " + each.message + '\n';
  return all;
}

bool names(const audit_report& report, std::string_view check, std::string_view says) {
  return std::any_of(report.findings.begin(), report.findings.end(), [&](const auto& each) {
    return each.check == check && each.message.find(says) != std::string::npos;
  });
}

struct damage {
  const char* sql; ///< $family, $leaf, $sleeper, $caller stand for keys
  const char* check;
  const char* says;
};

std::string with_keys(std::string sql) {
  for (const char* flow : {"family", "leaf", "sleeper", "caller", "parked"})
    for (const std::string name = std::string("$") + flow;;) {
      const auto at = sql.find(name);
      if (at == std::string::npos)
        break;
      sql.replace(at, name.size(),
                  std::string("(SELECT min(key) FROM execution WHERE flow_definition_id = '") +
                      flow + "')");
    }
  return sql;
}

constexpr const char* copy_of_leaf =
    "CREATE TEMP TABLE c AS SELECT * FROM execution WHERE key = $leaf;"
    "UPDATE c SET key = 900, id = id || '-copy', message_id = message_id || '-copy';";

const std::string copied(const char* before, const char* change) {
  return std::string(before) + ';' + copy_of_leaf + change +
         ";INSERT INTO execution SELECT * FROM c";
}

const std::vector<damage>& damages() {
  static const std::string second_child = copied("DROP INDEX execution_child", "");
  static const std::string second_id =
      copied("DROP INDEX execution_id", "UPDATE c SET parent_visit = 77, id = substr(id, 1, 36)");
  static const std::vector<damage> all{
      {"DELETE FROM execution WHERE key = $leaf", "starts",
       "has made 3 starts, but 2 children are there and 0 were removed after their end"},
      {"DELETE FROM execution WHERE key = $leaf", "orphans",
       "The table execution_input has 1 rows"},
      {"UPDATE execution SET removed_children = 1 WHERE key = $family", "starts", "3 children"},
      {"UPDATE execution SET parent_visit = 99 WHERE key = $leaf", "starts",
       "has started a child in visit 99, but its journal ends with visit"},
      {second_child.c_str(), "starts", "of the step go started 2 executions"},
      {second_child.c_str(), "schema", "The index execution_child is missing"},
      {second_id.c_str(), "ids", "2 executions have the id"},
      {"UPDATE execution SET message_id = 'm' WHERE flow_definition_id = 'sleeper'", "message_ids",
       "2 executions have the start message m"},
      {"INSERT INTO spent_id VALUES ('0190f000-0000-7000-8000-0000000000cc', 1)", "spent_ids",
       "is spent although it is there"},
      {"UPDATE execution SET depth = 5 WHERE key = $leaf", "lineage",
       "has the depth 5, but its parent has 0; set it to 1"},
      {"UPDATE execution SET root = $sleeper WHERE key = $leaf", "lineage", "has the root number"},
      {"UPDATE execution SET root = 999 WHERE key = $leaf", "lineage", "number 999, is not there"},
      {"UPDATE execution SET parent = 999 WHERE key = $leaf", "lineage",
       "number 999, is not there"},
      {"UPDATE execution SET root = 2, depth = 3 WHERE key = $family", "lineage",
       "has no parent, yet its root is number 2, its depth 3"},
      {"UPDATE execution SET parent = key WHERE key = $leaf", "lineage",
       "accepted before its parent"},
      {"UPDATE execution SET kind = 0 WHERE key = $leaf", "lineage",
       "has a parent, but the kind 0"},
      {"UPDATE execution SET parent_step = NULL WHERE key = $leaf", "lineage", "the step NULL"},
      {"UPDATE execution SET status = 9 WHERE key = $leaf", "status", "the unknown status 9"},
      {"DELETE FROM execution_input WHERE execution = $leaf", "input", "has no start input"},
      {"UPDATE execution_input SET input = '[' WHERE execution = $sleeper", "input",
       "cannot be read"},
      {"DELETE FROM execution_result WHERE execution = $leaf", "ends", "has no result"},
      {"UPDATE execution SET ended_at = NULL WHERE key = $leaf", "ends", "no time of its end"},
      {"UPDATE execution SET due_at = 5 WHERE key = $leaf", "ends", "is due at 5"},
      {"UPDATE execution SET ended_at = 5 WHERE key = $family", "ends",
       "is open, but has a result"},
      {"INSERT INTO execution_result VALUES ($family, '{}', '[]', NULL)", "ends",
       "is open, but has a result"},
      {"UPDATE execution SET definition = NULL WHERE key = $family", "begins", "no definition"},
      {"UPDATE execution SET status = 0 WHERE key = $sleeper", "begins", "has not begun"},
      {"DELETE FROM pinned_definition", "definitions", "is not there"},
      {"UPDATE pinned_definition SET definition = '{}'", "definitions", "cannot be read"},
      {"DELETE FROM journal WHERE execution = $family", "journal",
       "neither a snapshot nor a journal"},
      {"DELETE FROM journal WHERE execution = $family AND sequence = 1", "journal",
       "entries from 2 to 2 after 0"},
      {"DELETE FROM journal WHERE execution = $family AND sequence > 1", "waits",
       "waits for \"a\" by its journal, but not by the table wait"},
      {"UPDATE journal SET delta = '{' WHERE execution = $family", "replay", "cannot be replayed"},
      {"UPDATE wait SET correlation_key = 'z' WHERE execution = $family", "waits",
       "waits for \"z\" by the table wait, but not by its journal"},
      {"DELETE FROM wait WHERE execution = $caller", "waits", "waits for the end of a called flow"},
      {"UPDATE execution SET due_at = 5 WHERE key = $sleeper", "replay", "but at 5 by its row"},
      {"INSERT INTO journal VALUES ($leaf, 1, '{}')", "open_only", "rows in the table journal"},
      {"INSERT INTO snapshot VALUES ($leaf, 1, '{}')", "open_only", "rows in the table snapshot"},
      {"INSERT INTO wait VALUES ('k', $leaf, '')", "open_only", "rows in the table wait"},
      {"INSERT INTO inbox VALUES (1, $leaf, '', '{}')", "open_only", "rows in the table inbox"},
      {"INSERT INTO journal VALUES (999, 1, '{}')", "orphans",
       "The table journal has 1 rows of the"},
      {"INSERT INTO snapshot VALUES (999, 1, '{}')", "orphans", "execution number 999"},
      {"INSERT INTO wait VALUES ('k', 999, '')", "orphans", "The table wait"},
      {"INSERT INTO inbox VALUES (1, 999, '', '{}')", "orphans", "The table inbox"},
      {"INSERT INTO execution_result VALUES (999, '{}', '[]', NULL)", "orphans",
       "execution_result"},
      {"INSERT INTO step_record VALUES (999, 1, 's', '{}')", "orphans", "The table step_record"},
      {"DROP INDEX execution_root", "schema", "The index execution_root is missing"},
      {"DROP VIEW executions; CREATE VIEW executions AS SELECT 1", "schema",
       "The view executions is not as this version makes it"},
  };
  return all;
}

} // namespace

TEST_CASE("a database of an engine that was stopped is sound, and counts what it holds") {
  const scratch_folder folder;
  const std::string path = folder.file("sound.db");
  fill(path);
  const audit_report report = verified(path);
  INFO(listed(report));
  CHECK(report.is_sound());
  CHECK(report.executions == 9); // family and 4, caller and 1, two sleepers
  CHECK(report.open_executions == 4);
  CHECK(report.replayed_executions == 4);
  CHECK(report.waits == 3);
  CHECK(report.step_records == 4);
  CHECK(report.pinned_definitions == 6); // that of deliveries among them
  CHECK(report.journal_entries >= 5);
}

TEST_CASE("every kind of damage is found, with the execution and what to do") {
  const scratch_folder folder;
  const std::string sound = folder.file("sound.db");
  fill(sound);
  std::size_t number = 0;
  for (const damage& each : damages()) {
    const std::string path = folder.file(std::to_string(++number) + ".db");
    std::filesystem::copy_file(sound, path);
    execute(path, with_keys(each.sql));
    const audit_report report = verified(path);
    INFO(each.sql << "\nis to be found by " << each.check << ": " << each.says << "\nfound:\n"
                  << listed(report));
    CHECK(names(report, each.check, each.says));
    std::filesystem::remove(path);
  }
}

TEST_CASE("a damaged page is found by SQLite's own check") {
  const scratch_folder folder;
  const std::string path = folder.file("page.db");
  fill(path);
  constexpr std::streamoff page_bytes = 4096;
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(2 * page_bytes); // the index on ids, the second thing that the schema makes
  file << std::string(page_bytes, '\x55');
  file.close();
  const audit_report report = verified(path);
  INFO(listed(report));
  CHECK(names(report, "integrity", "SQLite finds the file damaged"));
}

TEST_CASE("an audit leaves the file as it was and needs no right to write it") {
  const scratch_folder folder;
  const std::string path = folder.file("still.db");
  fill(path);
  const auto bytes = [&path] {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const std::string before = bytes();
  std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  CHECK(verified(path).is_sound());
  CHECK(bytes() == before);
  CHECK_FALSE(std::filesystem::exists(path + "-engine"));
}

TEST_CASE("an audit refuses a database that an engine has, and names it") {
  const scratch_folder folder;
  const std::string path = folder.file("busy.db");
  const engine running = engine_with(known_flows, on_disk(path));
  const auto refused = verify_database(path);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code() == errc::database_unusable);
  CHECK(refused.error().message().find("is in use by process ") != std::string::npos);
}

TEST_CASE("an audit says what else a file is") {
  const scratch_folder folder;
  std::ofstream(folder.file("letter.db")) << "This is a letter.";
  CHECK(verify_database(folder.file("letter.db")).error().message().find("is not a database") !=
        std::string::npos);
  CHECK(verify_database(folder.file("nothing.db")).error().code() == errc::database_unusable);
  CHECK_FALSE(std::filesystem::exists(folder.file("nothing.db")));
}

TEST_CASE("a long list of findings is cut and says how much is missing") {
  const scratch_folder folder;
  const std::string path = folder.file("long.db");
  fill(path);
  execute(path, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500) "
                "INSERT INTO execution_input SELECT 1000 + i, '{}' FROM n");
  const audit_report report = verified(path);
  CHECK(report.findings.size() == audit_findings_max);
  CHECK(report.further_findings == 500);
  CHECK(to_json(report).at("furtherFindings") == 500);
}

TEST_CASE("a family of which retention has removed a part is sound") {
  const scratch_folder folder;
  engine_options options = on_disk(folder.file("kept.db"));
  options.retention.finished_max = 1;
  options.retention.rest = 1ms;
  {
    engine running = engine_with(known_flows, options);
    start_request request;
    request.flow_definition_id = "family";
    request.initial_context_data = {{"items", {1, 2, 3, 4, 5, 6}}};
    REQUIRE(running.start(request).has_value());
    REQUIRE(eventually([&running] { return running.list().value().size() == 2; }));
  }
  const audit_report report = verified(folder.file("kept.db"));
  INFO(listed(report));
  CHECK(report.is_sound());
  CHECK(report.executions == 2);
  CHECK(report.replayed_executions == 1);
}

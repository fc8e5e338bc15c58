// SPDX-License-Identifier: Apache-2.0
//
// Commands on a database: what one leaves another finds, and what an unusable one is answered.
#include "command.hpp"

#include "catch.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include <sys/stat.h>

using namespace millrace::cli::testing;
namespace json = millrace::json;

namespace {

std::string text_at(const json::value& object, const char* name) {
  return std::string(object.at(name).as_string());
}

// Polls until `done` holds; the command under test runs in another process.
template <class Condition>
bool eventually(const Condition& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

// The number of bytes before the user version in the header of a database file. Source: SQLite,
// "Database File Format", 1.3.
constexpr std::streamoff user_version_at = 60;

} // namespace

TEST_CASE("flows of the database count, and list pages through what ran") {
  const workplace place;
  place.write("a.json", simple_flow("a"));
  place.write("b.json", simple_flow("b"));
  REQUIRE(place.run({"run", "a.json", "--db", "x.db"}).status == 0);
  REQUIRE(place.run({"run", "b.json", "--db", "x.db"}).status == 0);
  REQUIRE(place.run({"run", "--flow", "a", "--db", "x.db"}).status == 0);
  CHECK(place.run({"run", "--db", "x.db"}).err.find("Say which flow") != std::string::npos);
  CHECK(place.run({"run", "--flow", "c", "--db", "x.db"}).err.find("known are: a, b.") !=
        std::string::npos);

  const auto list = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"list", "--db", "x.db", "--output", "json"});
    return place.run(more).executions();
  };
  const json::array all = list({});
  REQUIRE(all.size() == 3);
  CHECK_FALSE(all[0].as_object().contains("context"));
  CHECK_FALSE(all[0].as_object().contains("path"));
  CHECK(all[0].as_object().contains("errorInfo"));
  CHECK(list({"--flow", "a"}).size() == 2);
  CHECK(list({"--status", "FAILED"}).empty());
  CHECK(list({"--root", text_at(all[1], "flowExecutionId")}) == json::array{all[1]});
  CHECK(list({"--limit", "2"}) == json::array{all[0], all[1]});
  CHECK(list({"--limit", "2", "--after", text_at(all[1], "flowExecutionId")}) ==
        json::array{all[2]});

  const outcome text = place.run({"list", "--db", "x.db", "--limit", "1"});
  CHECK(text.out.find("STATUS     FLOW  STARTED") == 0);
  CHECK(std::count(text.out.begin(), text.out.end(), '\n') == 2);
  CHECK(text.err.find("--after " + text_at(all[0], "flowExecutionId")) != std::string::npos);
  CHECK(place.run({"list", "--db", "x.db", "--status", "DONE"}).status == 2);
  CHECK(place.run({"list", "--db", "x.db", "--after", "nobody"}).status == 2);
}

TEST_CASE("show gives one execution with its context and step records") {
  const workplace place;
  place.write("a.json", simple_flow("a", R"("enableExecutionLogs": true, )"));
  const outcome ran =
      place.run({"run", "a.json", "--db", "x.db", "--input", R"({"n": 7})", "--output", "json"});
  REQUIRE(ran.status == 0);
  const std::string id = text_at(ran.executions().at(0), "flowExecutionId");
  const outcome shown = place.run({"show", id, "--db", "x.db", "--output", "json"});
  REQUIRE(shown.status == 0);
  json::object document = shown.document().as_object();
  CHECK(document.at("context").at("n") == 7);
  CHECK(document.at("stepRecords").as_array().size() == 1);
  CHECK(document.at("deliveries").as_array().empty());
  document.erase("stepRecords");
  document.erase("deliveries");
  CHECK(json::value(document) == ran.executions().at(0));

  const outcome text = place.run({"show", id, "--db", "x.db"});
  CHECK(text.out.find("flow       a v1\nstatus     COMPLETED\n") != std::string::npos);
  CHECK(text.out.find("path       only\n") != std::string::npos);
  const outcome nobody = place.run({"show", "nobody", "--db", "x.db"});
  CHECK(nobody.status == 2);
  CHECK(nobody.out == "");
  CHECK(nobody.err == "millrace: No execution has the id nobody.\n");
}

TEST_CASE("an execution that waits is parked, resumed by its key and goes on") {
  const workplace place;
  place.write("waiting.json", waiting_flow());
  const outcome parked =
      place.run({"run", "waiting.json", "--db", "x.db", "--input", R"({"id": "q1"})"});
  CHECK(parked.status == 0);
  CHECK(parked.out.find("waits for the event answer:q1") != std::string::npos);
  const outcome nobody = place.run({"resume", "answer:q2", "--db", "x.db"});
  CHECK(nobody.status == 2);
  CHECK(nobody.err == "millrace: No execution waits under the correlation key 'answer:q2'.\n");
  CHECK(place.run({"resume", "answer:q1", "--db", "x.db", "--payload", "{"}).status == 2);
  const outcome resumed = place.run(
      {"resume", "answer:q1", "--db", "x.db", "--payload", R"({"yes": true})", "--output", "json"});
  INFO(resumed.err);
  CHECK(resumed.status == 0);
  const json::array executions = resumed.executions();
  REQUIRE(executions.size() == 1);
  CHECK(executions[0].at("status") == "COMPLETED");
  CHECK(executions[0].at("context").at("answer").at("yes") == true);
  CHECK(executions[0].at("path") == json::value{"wait", "after"});
}

TEST_CASE("cancel ends an execution once") {
  const workplace place;
  place.write("waiting.json", waiting_flow());
  const outcome parked = place.run(
      {"run", "waiting.json", "--db", "x.db", "--input", R"({"id": "q1"})", "--output", "json"});
  const std::string id = text_at(parked.executions().at(0), "flowExecutionId");
  const outcome cancelled =
      place.run({"cancel", id, "--db", "x.db", "--reason", "no longer needed", "--output", "json"});
  INFO(cancelled.err);
  CHECK(cancelled.status == 0);
  CHECK(cancelled.executions().at(0).at("status") == "CANCELLED");
  CHECK(cancelled.out.find("no longer needed") != std::string::npos);
  const outcome again = place.run({"cancel", id, "--db", "x.db"});
  CHECK(again.status == 2);
  CHECK(again.err.find("has ended already (CANCELLED)") != std::string::npos);
}

TEST_CASE("cancel --family ends a whole family, and --dry-run only lists whom it concerns") {
  const workplace place;
  place.write("waiting.json", waiting_flow());
  const outcome parked = place.run(
      {"run", "waiting.json", "--db", "x.db", "--input", R"({"id": "q1"})", "--output", "json"});
  REQUIRE(parked.status == 0);
  const std::string id = text_at(parked.executions().at(0), "flowExecutionId");
  const outcome listed = place.run({"cancel", id, "--db", "x.db", "--family", "--dry-run"});
  CHECK(listed.status == 0);
  CHECK(listed.out.find("WAITING  ") == 0);
  CHECK(listed.out.find(id) != std::string::npos);
  CHECK(listed.err ==
        "millrace: 1 open executions would be cancelled; nothing has been changed.\n");
  CHECK(place.run({"cancel", id, "--db", "x.db", "--dry-run"}).status == 2);
  const outcome document =
      place.run({"cancel", id, "--db", "x.db", "--family", "--dry-run", "--output", "json"});
  CHECK(document.executions().size() == 1);

  const outcome done = place.run({"cancel", id, "--db", "x.db", "--family"});
  CHECK(done.status == 0);
  CHECK(done.out.find("CANCELLED") != std::string::npos);
  const outcome after = place.run({"cancel", id, "--db", "x.db", "--family", "--dry-run"});
  CHECK(after.out.empty());
  CHECK(after.err == "millrace: 0 open executions would be cancelled; nothing has been changed.\n");
}

TEST_CASE("a start without waiting is finished by --recover-only") {
  const workplace place;
  place.write("1.json", parent_flow());
  place.write("2.json", simple_flow("child"));
  const outcome started =
      place.run({"run", ".", "--db", "x.db", "--no-wait", "--input", R"({"items": [1, 2]})"});
  REQUIRE(started.status == 0);
  CHECK(started.out.size() == 37); // the id and nothing else
  const outcome recovered =
      place.run({"run", "--recover-only", "--db", "x.db", "--output", "json"});
  INFO(recovered.err);
  CHECK(recovered.status == 0);
  const json::array all = place.run({"list", "--db", "x.db", "--output", "json"}).executions();
  REQUIRE(all.size() == 3);
  CHECK(text_at(all[0], "flowExecutionId") + '\n' == started.out);
  for (const json::value& each : all)
    CHECK(each.at("status") == "COMPLETED");
  // The start may have been so quick that nothing was left to recover.
  const std::size_t recovered_count = recovered.executions().size();
  CHECK((recovered_count == 3 || recovered_count == 0));
  const outcome nothing = place.run({"run", "--recover-only", "--db", "x.db"});
  CHECK(nothing.status == 0);
  CHECK(nothing.out == "");
  CHECK(nothing.err == "millrace: Nothing in x.db is unfinished.\n");
}

TEST_CASE("an interrupted run keeps its database and recovery prints the whole family") {
  const workplace place;
  place.write("slow.json", slow_flow());
  background_command first(place, {"run", "slow.json", "--db", "x.db"});
  REQUIRE(eventually([&] {
    return place.has("x.db") &&
           place.run({"list", "--db", "x.db", "--status", "WAITING"}).out.find("slow v1") !=
               std::string::npos;
  }));
  for (const std::vector<std::string>& second :
       {std::vector<std::string>{"run", "slow.json", "--db", "x.db"},
        {"run", "--recover-only", "--db", "x.db"},
        {"resume", "key", "--db", "x.db"},
        {"verify", "--db", "x.db"}}) {
    const outcome refused = place.run(second);
    CHECK(refused.status == 3);
    CHECK(refused.out == "");
    CHECK(refused.err.find("x.db is in use by process") != std::string::npos);
  }
  first.signal(SIGINT);
  CHECK(first.finish().status == 1);

  const outcome recovered =
      place.run({"run", "--recover-only", "--db", "x.db", "--timeout", "0.2", "--output", "json"});
  CHECK(recovered.status == 1);
  CHECK(recovered.err ==
        "millrace: The time limit of 0.2 s came before the end; what has not ended "
        "goes on with: millrace run --recover-only --db x.db\n");
  REQUIRE(recovered.executions().size() == 1);
  CHECK(recovered.executions().at(0).at("flowDefinitionId") == "slow");

  place.write("quick.json", simple_flow("quick"));
  const outcome beside =
      place.run({"run", "quick.json", "--db", "x.db", "--timeout", "60", "--output", "json"});
  CHECK(beside.status == 0);
  CHECK(beside.err == "millrace: Executions that were unfinished before are so still; they go on "
                      "with: millrace run --recover-only --db x.db\n");
  REQUIRE(beside.executions().size() == 1);
  CHECK(beside.executions().at(0).at("flowDefinitionId") == "quick");

  place.write("waiting.json", waiting_flow());
  const outcome parked =
      place.run({"run", "waiting.json", "--db", "x.db", "--input", R"({"id": "q1"})"});
  CHECK(parked.status == 0);
  const outcome resumed = place.run({"resume", "answer:q1", "--db", "x.db"});
  CHECK(resumed.status == 0);
  CHECK(resumed.out.find("waiting v1  COMPLETED") != std::string::npos);
}

TEST_CASE("a database that cannot be used is named with the reason and status 3") {
  const workplace place;
  place.write("a.json", simple_flow("a"));
  place.write("text.db", "This is a letter, not a database.\n");
  REQUIRE(place.run({"run", "a.json", "--db", "newer.db"}).status == 0);
  {
    std::fstream file(place.path("newer.db"), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(user_version_at);
    const char newer[4] = {0, 0, 99, 0};
    file.write(newer, sizeof newer);
  }
  struct unusable {
    std::string database;
    std::string says;
  };
  for (const unusable& each : {unusable{"text.db", "is not a database"},
                               {"newer.db", "newer"},
                               {"nowhere/x.db", "nowhere cannot be opened"}}) {
    INFO(each.database);
    const outcome result = place.run({"run", "a.json", "--db", each.database});
    INFO(result.err);
    CHECK(result.status == 3);
    CHECK(result.out == "");
    CHECK(result.err.find(each.says) != std::string::npos);
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  }
  CHECK(place.run({"list", "--db", "text.db"}).status == 3);
}

TEST_CASE("a database that may only be read can be listed and not run on") {
  const workplace place;
  place.write("a.json", simple_flow("a"));
  REQUIRE(place.run({"run", "a.json", "--db", "x.db"}).status == 0);
  REQUIRE(chmod(place.path("x.db").c_str(), 0444) == 0);
  REQUIRE(chmod(place.path("").c_str(), 0755) == 0);
  // The files that catch the command's output are there already; make them everybody's.
  for (const char* name : {".stdout", ".stderr", ".stdin"})
    REQUIRE(chmod(place.path(name).c_str(), 0666) == 0);
  circumstances how;
  how.as_ordinary_user = true;
  const outcome refused = place.run({"run", "a.json", "--db", "x.db"}, how);
  INFO(refused.err);
  CHECK(refused.status == 3);
  CHECK(refused.err.find("x.db") != std::string::npos);
  CHECK(std::count(refused.err.begin(), refused.err.end(), '\n') == 1);
  const outcome listed = place.run({"list", "--db", "x.db"}, how);
  INFO(listed.err);
  CHECK(listed.status == 0);
  CHECK(listed.out.find("a v1") != std::string::npos);
}

TEST_CASE("a full disk ends the command with the database's error and status 3") {
  const workplace place;
  place.write("1.json", parent_flow());
  place.write("2.json", simple_flow("child"));
  std::string items = "0";
  for (int i = 1; i < 500; ++i)
    items += "," + std::to_string(i);
  place.write(".input", "{\"items\": [" + items + "]}");
  circumstances how;
  how.file_bytes_max = 150'000;
  const outcome result = place.run(
      {"run", "1.json", "2.json", "--db", "x.db", "--input", "@.input", "--output", "json"}, how);
  INFO(result.err);
  CHECK(result.status == 3);
  CHECK(result.out == "");
  CHECK(result.err.find("database") != std::string::npos);
  const outcome healed = place.run({"run", "--recover-only", "--db", "x.db", "--output", "json"});
  CHECK(healed.status == 0);
}

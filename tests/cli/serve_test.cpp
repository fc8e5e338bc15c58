// SPDX-License-Identifier: Apache-2.0
//
// millrace serve: flows that start by schedule and by mail until a signal comes; other commands
// start nothing by themselves.
#include "command.hpp"

#include "catch.hpp"

#include <millrace/engine.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <thread>

using namespace millrace::cli::testing;
namespace json = millrace::json;
namespace fs = std::filesystem;

namespace {

// Runs as soon as it is watched, and then once an hour; and with each mail to the desk.
constexpr const char* served_flow = R"x({
  "id": "served", "isPublished": true, "startStepInstanceId": "tick", "steps": {
    "tick": {"stepInstanceId": "tick", "stepType": "SCHEDULE_START_POINT",
             "scheduleExpression": "rate(1 hour)", "defaultNextStepInstanceId": "end"},
    "mail": {"stepInstanceId": "mail", "stepType": "EMAIL_START_POINT",
             "emailAddress": "desk@example.com", "defaultNextStepInstanceId": "end"},
    "end": {"stepInstanceId": "end", "stepType": "END_FLOW"}}})x";

constexpr const char* configuration = R"({"triggers": {"mail": {"maildir": "post",
                                                         "pollInterval": "10ms"}}})";

// What happens in another process, in real time.
bool eventually(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

std::size_t executions_in(const workplace& place) {
  const auto reader = millrace::database_reader::open(place.path("x.db"));
  return reader ? reader->list({}).value().size() : 0;
}

std::vector<json::object> lines_of(const std::string& text) {
  std::vector<json::object> all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    all.push_back(json::parse(line).as_object());
  return all;
}

} // namespace

TEST_CASE("serve starts flows by schedule and mail, tells of them, and ends with a signal") {
  const workplace place;
  place.write("served.json", served_flow);
  place.write("millrace.json", configuration);
  background_command command(place, {"serve", "served.json", "--db", "x.db", "--output", "json"});
  REQUIRE(eventually([&] { return fs::exists(place.path("post/new")); }));
  std::ofstream(place.path("post/tmp/1")) << "From: a@example.com\nTo: desk@example.com\n\nhello\n";
  fs::rename(place.path("post/tmp/1"), place.path("post/new/1"));
  CHECK(eventually([&] { return fs::exists(place.path("post/cur/1:2,")); }));
  CHECK(eventually([&] { return executions_in(place) == 2; }));
  command.signal(SIGTERM);
  const outcome ended = command.finish();
  INFO(ended.out << ended.err);
  CHECK(ended.status == 0);
  CHECK(ended.err == "");
  std::vector<std::string> told;
  for (const json::object& line : lines_of(ended.out))
    told.push_back(std::string(line.at("event").as_string()) + ' ' +
                   std::string(line.at("stepInstanceId").as_string()));
  std::sort(told.begin(), told.end());
  CHECK(told ==
        std::vector<std::string>{"started mail", "started tick", "watching mail", "watching tick"});
}

TEST_CASE("other commands than serve start nothing by themselves") {
  const workplace place;
  place.write("served.json", served_flow);
  CHECK(place.run({"run", "served.json", "--db", "x.db"}).status == 0);
  CHECK(executions_in(place) == 1);
  CHECK_FALSE(place.has("x.db.local"));
}

TEST_CASE("serve as text says what it watches, and that there is nothing") {
  const workplace place;
  place.write("served.json", served_flow);
  place.write("simple.json", simple_flow("plain"));
  {
    background_command command(place, {"serve", "served.json", "--db", "x.db"});
    CHECK(eventually([&] { return executions_in(place) == 1; }));
    command.signal(SIGINT);
    const outcome ended = command.finish();
    CHECK(ended.status == 0);
    CHECK(ended.out.find("watching served/mail: desk@example.com\n") != std::string::npos);
    CHECK(ended.out.find("watching served/tick: rate(1 hour) in UTC, next ") != std::string::npos);
    CHECK(ended.out.find("started served/tick ") != std::string::npos);
  }
  background_command command(place, {"serve", "simple.json", "--db", "y.db"});
  REQUIRE(eventually([&] { return place.has("y.db"); }));
  std::this_thread::sleep_for(std::chrono::milliseconds(300)); // two of its looks
  command.signal(SIGTERM);
  const outcome ended = command.finish();
  CHECK(ended.status == 0);
  CHECK(ended.err.find("No published flow has a start point that is waited for.") !=
        std::string::npos);
}

TEST_CASE("serve refuses what it cannot serve") {
  const workplace place;
  place.write("served.json", served_flow);
  place.write("wrong.json", R"x({"id": "w", "isPublished": true, "startStepInstanceId": "t",
    "steps": {"t": {"stepInstanceId": "t", "stepType": "SCHEDULE_START_POINT",
                    "scheduleExpression": "cron(nonsense)"}}})x");
  place.write("off.json", R"({"triggers": {"enabled": false}})");
  CHECK(place.run({"serve", "served.json"}).status == 2);
  CHECK(place.run({"serve", "--db", "none.db"}).status == 2);
  const outcome off = place.run({"serve", "served.json", "--db", "x.db", "--config", "off.json"});
  CHECK(off.status == 2);
  CHECK(off.err.find("The configuration turns triggers off") != std::string::npos);
  const outcome wrong = place.run({"serve", "wrong.json", "--db", "x.db"});
  CHECK(wrong.status == 2);
  CHECK(wrong.err.find("the schedule \"cron(nonsense)\" cannot be read") != std::string::npos);
  CHECK_FALSE(place.has("x.db"));
}

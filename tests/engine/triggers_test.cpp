// SPDX-License-Identifier: Apache-2.0
//
// Flows that start by themselves while an engine is open: by schedule on virtual and on real time,
// by mail, over restarts.
#include <millrace/engine.hpp>

#include "catch.hpp"
#include "flow_fixture.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>

using namespace millrace;
using namespace millrace::testing;
using namespace std::chrono_literals;

namespace fs = std::filesystem;
using std::chrono::system_clock;

namespace {

const system_clock::time_point begin{1'767'225'600s}; // 2026-01-01T00:00:00Z

std::string flow(const std::string& id, const std::string& start_point,
                 const std::string& others = "'isPublished': true") {
  return "{'id': '" + id + "', " + others + ", 'startStepInstanceId': 'other', 'steps': {" +
         "'other': {'stepInstanceId': 'other', 'stepType': 'NO_OP'}, 'begin': {" + start_point +
         ", 'stepInstanceId': 'begin', 'defaultNextStepInstanceId': 'end'}, "
         "'end': {'stepInstanceId': 'end', 'stepType': 'END_FLOW'}}}";
}
std::string scheduled(const std::string& expression, const std::string& more = "") {
  return "'stepType': 'SCHEDULE_START_POINT', 'scheduleExpression': '" + expression + "'" + more;
}
std::string mailed(const std::string& address, const std::string& more = "") {
  return "'stepType': 'EMAIL_START_POINT', 'emailAddress': '" + address + "'" + more;
}

// A time that stands still until a test moves it.
class hand_clock : public clock {
public:
  system_clock::time_point now() override { return begin + milliseconds_.load(); }
  void pass(std::chrono::milliseconds time) { milliseconds_ = milliseconds_.load() + time; }

private:
  std::atomic<std::chrono::milliseconds> milliseconds_{0ms};
};

engine open(engine_options options) {
  auto opened = engine::open(std::move(options));
  INFO((opened ? std::string() : opened.error().message()));
  REQUIRE(opened.has_value());
  return std::move(*opened);
}

void define(engine& running, const std::string& text) {
  const auto defined = running.define(json_of(text));
  INFO((defined ? std::string() : defined.error().message()));
  REQUIRE(defined.has_value());
}

std::vector<execution_record> all_of(const engine& running) {
  execution_filter filter;
  filter.limit = 100'000;
  filter.with_context = true;
  return running.list(filter).value();
}

std::string problems_of(engine& running, const std::string& text) {
  const auto defined = running.define(json_of(text));
  return defined ? defined->describe() : defined.error().message();
}

} // namespace

TEST_CASE("a schedule of every minute is 1440 executions in a day of virtual time") {
  engine_options options;
  options.threads = 0;
  options.clock = make_virtual_clock(begin);
  const auto time = options.clock;
  engine running = open(std::move(options));
  define(running,
         flow("tick",
              scheduled("cron(* * * * ? *)", ", 'payloadTemplate': {'v': '{{flow_variables.v}}'}"),
              "'isPublished': true, 'flowVariables': {'v': 'x'}"));
  for (;;) {
    const auto state = running.run_until_idle();
    REQUIRE(state.has_value());
    REQUIRE(state->next_due.has_value());
    if (*state->next_due >= begin + 24h)
      break;
    REQUIRE(time->skip_to(*state->next_due));
  }
  const auto all = all_of(running);
  CHECK(all.size() == 1440);
  std::set<std::string> ids;
  for (const execution_record& each : all) {
    ids.insert(each.flow_execution_id);
    CHECK(each.status == execution_status::completed);
    CHECK(each.trigger_source == "ScheduleTrigger:begin");
  }
  CHECK(ids.size() == 1440);
  const auto last = running.find(all.back().flow_execution_id);
  REQUIRE(last.has_value());
  CHECK(last->path == std::vector<std::string>{"begin", "end"});
  CHECK(last->context.at("v") == "x");
  REQUIRE(running.triggers().size() == 1);
  CHECK(running.triggers().front().missed == 0);
}

TEST_CASE("a run that is still to come keeps nothing from being quiet and moves no clock") {
  engine_options options;
  options.threads = 0;
  options.clock = make_virtual_clock(begin);
  const auto time = options.clock;
  engine running = open(std::move(options));
  define(running, flow("tick", scheduled("cron(30 0 * * ? *)")));
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(time->now() == begin);
  const auto state = running.run_until_idle();
  REQUIRE(state.has_value());
  CHECK(state->is_idle);
  CHECK(state->next_due == begin + 30min);
  CHECK(all_of(running).empty());
}

TEST_CASE("runs that fall due while an execution waits start when the clock passes them") {
  engine_options options;
  options.threads = 0;
  options.clock = make_virtual_clock(begin);
  engine running = open(std::move(options));
  define(running, flow("tick", scheduled("at(2026-01-01T00:30:00)")));
  define(running,
         "{'id': 'slow', 'isPublished': true, 'startStepInstanceId': 'a', 'steps': {'a': "
         "{'stepInstanceId': 'a', 'stepType': 'NO_OP', 'delay': {'milliseconds': 3600000}}}}");
  REQUIRE(running.start(object_of("{'flowDefinitionId': 'slow'}")).has_value());
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(only(running, "tick").started_at ==
        std::chrono::duration_cast<std::chrono::milliseconds>((begin + 30min).time_since_epoch())
            .count());
}

TEST_CASE("runs that were missed while no engine was open are made up for once at the next open") {
  const scratch_folder folder;
  const auto time = std::make_shared<hand_clock>();
  const auto open_again = [&](missed_runs policy) {
    engine_options options;
    options.database = folder.file("flows.db");
    options.clock = time;
    options.services->triggers.missed = policy;
    return open(std::move(options));
  };
  {
    engine running = open_again(missed_runs::once);
    define(running, flow("tick", scheduled("cron(30 * * * ? *)")));
    REQUIRE(running.wait_until_quiet(patience).has_value());
    CHECK(running.triggers().front().waits_for == "cron(30 * * * ? *) in UTC");
  }
  time->pass(4h + 10min);
  {
    engine running = open_again(missed_runs::once);
    REQUIRE(running.wait_until_quiet(patience).has_value());
    CHECK(all_of(running).size() == 1);
    CHECK(running.triggers().front().missed == 4);
  }
  time->pass(2h);
  {
    engine running = open_again(missed_runs::skip);
    REQUIRE(running.wait_until_quiet(patience).has_value());
    CHECK(all_of(running).size() == 1);
    CHECK(running.triggers().front().missed == 6);
  }
  time->pass(3h);
  engine running = open_again(missed_runs::all);
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(all_of(running).size() == 4);
  CHECK(running.triggers().front().missed == 9);
}

TEST_CASE("a start whose note was lost in a crash is one execution") {
  const scratch_folder folder;
  const auto time = std::make_shared<hand_clock>();
  const auto open_again = [&] {
    engine_options options;
    options.database = folder.file("flows.db");
    options.clock = time;
    return open(std::move(options));
  };
  const std::string notes = folder.file("flows.db.local") + "/triggers.db";
  {
    engine running = open_again();
    define(running, flow("tick", scheduled("cron(30 * * * ? *)")));
    REQUIRE(running.wait_until_quiet(patience).has_value());
  }
  fs::copy_file(notes, folder.file("before"));
  time->pass(30min);
  {
    engine running = open_again();
    REQUIRE(running.wait_until_quiet(patience).has_value());
    CHECK(all_of(running).size() == 1);
  }
  fs::copy_file(folder.file("before"), notes, fs::copy_options::overwrite_existing);
  fs::remove(notes + "-wal");
  engine running = open_again();
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(all_of(running).size() == 1);
  CHECK(running.triggers().front().last_execution_id == all_of(running).front().flow_execution_id);
}

TEST_CASE("a mail that arrives starts its flow, also after a restart, and each once") {
  const scratch_folder folder;
  const auto open_again = [&] {
    engine_options options;
    options.database = folder.file("flows.db");
    options.services->triggers.poll = 10ms;
    return open(std::move(options));
  };
  const std::string inbox = folder.file("flows.db.local") + "/inbox";
  const auto deliver = [&](const std::string& name) {
    std::ofstream(inbox + "/tmp/" + name) << "From: Ann <ann@example.com>\nTo: desk@example.com\n"
                                             "Subject: " +
                                                 name + "\n\nHello\n";
    fs::rename(inbox + "/tmp/" + name, inbox + "/new/" + name);
  };
  {
    engine running = open_again();
    define(running, flow("support", mailed("{{flow_variables.desk}}"),
                         "'isPublished': true, 'flowVariables': {'desk': 'desk@example.com'}"));
    REQUIRE(running.wait_until_quiet(patience).has_value());
    deliver("first");
    CHECK(eventually([&] { return fs::exists(inbox + "/cur/first:2,"); }));
    REQUIRE(running.wait_until_quiet(patience).has_value());
    const execution_record started = only(running, "support");
    CHECK(started.trigger_source == "EmailTrigger:desk@example.com");
    CHECK(started.path == std::vector<std::string>{"begin", "end"});
    CHECK(started.context.at("triggeringEmail").at("subject") == "first");
  }
  deliver("second");
  {
    engine running = open_again();
    REQUIRE(running.wait_until_quiet(patience).has_value());
    CHECK(all_of(running).size() == 2);
  }
  engine running = open_again();
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(all_of(running).size() == 2);
}

TEST_CASE("only published flows whose agent is enabled are watched, in their latest version") {
  engine running = open({});
  define(running,
         "[" + flow("draft", scheduled("rate(1 hour)"), "'isPublished': false") + ", " +
             flow("off", scheduled("rate(1 hour)", ", 'enabled': false")) + ", " +
             flow("old", scheduled("rate(1 hour)"), "'version': 1, 'isPublished': true") + ", " +
             flow("old", scheduled("rate(2 hours)"), "'version': 2, 'isPublished': true") + ", " +
             flow("old", scheduled("rate(3 hours)"), "'version': 3, 'isPublished': false") + "]");
  REQUIRE(running.wait_until_quiet(patience).has_value());
  REQUIRE(running.triggers().size() == 1);
  CHECK(running.triggers().front().flow_definition_version == 2);
  CHECK(running.triggers().front().waits_for == "rate(2 hours) in UTC");
  CHECK(only(running, "old").flow_definition_version == 2);
}

TEST_CASE("triggers that are turned off start nothing") {
  engine_options options;
  options.services->triggers.is_on = false;
  engine running = open(std::move(options));
  define(running, flow("tick", scheduled("rate(1 minute)")));
  REQUIRE(running.wait_until_quiet(patience).has_value());
  CHECK(running.triggers().empty());
  CHECK(all_of(running).empty());
}

TEST_CASE("what a start point cannot be is a problem of its definition") {
  engine running = open({});
  define(running, flow("a", mailed("desk@example.com", ", 'keyword': 'K'")));
  CHECK(problems_of(running, flow("b", mailed("Desk@example.com", ", 'keyword': 'K'")))
            .find("the step begin of flow \"a\" gets mail to Desk@example.com with this keyword; "
                  "give one of them another address or keyword") != std::string::npos);
  CHECK(running.define(json_of(flow("b", mailed("desk@example.com")))).has_value());
  // The same flow again, and a version that is not the published one, take nothing away.
  CHECK(running.define(json_of(flow("a", mailed("desk@example.com", ", 'keyword': 'K'"))))
            .has_value());
  CHECK(running.define(json_of(flow("c", mailed("desk@example.com"), "'isPublished': false")))
            .has_value());
  CHECK(problems_of(running, flow("d", scheduled("rate(1 hour)", ", 'timezone': 'Mars/Olympus'")))
            .find("/steps/begin/timezone: there is no time zone \"Mars/Olympus\"; use an IANA name "
                  "such as Europe/Berlin") != std::string::npos);
  CHECK(problems_of(running, flow("d", scheduled("{{flow_variables.when}}"),
                                  "'isPublished': true, 'flowVariables': {'when': 'soon'}"))
            .find("the schedule \"soon\" cannot be read") != std::string::npos);
  CHECK(problems_of(running, flow("d", scheduled("at(2026-03-08T02:30:00)",
                                                 ", 'timezone': 'America/New_York'")))
            .find("no time of the schedule \"at(2026-03-08T02:30:00)\" ever comes") !=
        std::string::npos);
}

TEST_CASE("a start point that changed variables have spoilt is told of and not watched") {
  std::vector<std::string> told;
  engine_options options;
  options.threads = 0;
  options.trigger_observer = [&told](const trigger_event& event) {
    if (event.what == trigger_event::what_happened::failed)
      told.push_back(event.message);
  };
  engine running = open(std::move(options));
  const auto bundle = [](const std::string& agent, const std::string& flows) {
    return "{'formatVersion': '1.0', 'exportedAt': '2026-01-01T00:00:00.000Z', 'agents': [{'id': "
           "'a', 'name': 'A', 'flowIds': ['support'], " +
           agent + "}], 'flows': [" + flows + "]}";
  };
  define(running, bundle("'flowVariables': {'desk': 'desk@example.com'}",
                         flow("support", mailed("{{flow_variables.desk}}"))));
  REQUIRE(running.run_until_idle().has_value());
  CHECK(running.triggers().size() == 1);
  define(running, bundle("'flowVariables': {'desk': 'nobody'}", ""));
  REQUIRE(running.run_until_idle().has_value());
  CHECK(running.triggers().empty());
  REQUIRE(told.size() == 1);
  CHECK(told.front().find("Not watched at /steps/begin/emailAddress of flow \"support\": "
                          "\"nobody\" is no email address") == 0);
  // An agent that is disabled takes its flows along.
  define(running, bundle("'flowVariables': {'desk': 'desk@example.com'}", ""));
  REQUIRE(running.run_until_idle().has_value());
  CHECK(running.triggers().size() == 1);
  define(running, bundle("'enabled': false, 'flowVariables': {'desk': 'x@example.com'}", ""));
  REQUIRE(running.run_until_idle().has_value());
  CHECK(running.triggers().empty());
  CHECK(told.size() == 1);
}

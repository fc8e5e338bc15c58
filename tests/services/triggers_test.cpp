// SPDX-License-Identifier: Apache-2.0
//
// Start points that are watched: each run and each mail is one start, over restarts and crashes
// too.
#include <millrace/trigger_service.hpp>

#include "catch.hpp"
#include "maildir.hpp"
#include "object_store.hpp"
#include "scratch.hpp"

#include <millrace/time_zones.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

using namespace millrace;
using services::watched_flow;

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t minute = 60'000;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t day = 24 * hour;
constexpr std::int64_t begin = 1'767'225'600'000; // 2026-01-01T00:00:00Z

watched_flow scheduled(const std::string& expression, const std::string& zone = "UTC",
                       json::object context = {}) {
  watched_flow flow{"report", 3, {}};
  flow.points.schedules.push_back(
      {"tick", flows::schedule::parse(expression).value(), zone, std::move(context)});
  return flow;
}

watched_flow mailed(const std::string& flow, const std::string& step, const std::string& address,
                    const std::string& keyword = {}, const std::string& pattern = {}) {
  watched_flow made{flow, 1, {}};
  made.points.mails.push_back({step, address, keyword, pattern});
  return made;
}

/// A life of the service on a folder, and what the world was asked to start in all lives.
class place {
public:
  explicit place(trigger_options options = {}) : options_(std::move(options)) { open(); }

  void open() {
    service_.reset();
    service_ =
        std::make_unique<services::trigger_service>(options_, folder_.path("local"), objects_);
  }
  std::optional<std::int64_t> run(const std::vector<watched_flow>& flows, std::int64_t now) {
    return service_->run(
        flows, now,
        [this](start_request request) -> result<std::string> {
          asked.push_back(request);
          if (refuses)
            return *refuses;
          ids.insert(request.flow_execution_id);
          if (dies)
            return error{errc::stopped, "The process has died."};
          return request.flow_execution_id;
        },
        [this](const trigger_event& event) { events.push_back(event); });
  }
  [[nodiscard]] trigger_record only() const {
    const auto all = service_->list();
    REQUIRE(all.size() == 1);
    return all.front();
  }
  [[nodiscard]] std::string inbox(const std::string& name = {}) const {
    return folder_.path("local") + "/inbox" + (name.empty() ? "" : '/' + name);
  }
  void deliver(const std::string& name, const std::string& bytes) const {
    fs::create_directories(inbox("new"));
    std::ofstream(inbox("new/" + name), std::ios::binary) << bytes;
  }
  [[nodiscard]] std::vector<std::string> names(const std::string& of) const {
    std::vector<std::string> all;
    for (const auto& entry : fs::directory_iterator(inbox(of)))
      all.push_back(entry.path().filename().string());
    std::sort(all.begin(), all.end());
    return all;
  }
  [[nodiscard]] services::object_store& objects() { return *objects_; }

  std::vector<start_request> asked;
  std::set<std::string> ids;
  std::vector<trigger_event> events;
  std::optional<error> refuses;
  bool dies = false;

private:
  testing::scratch folder_;
  trigger_options options_;
  std::shared_ptr<services::object_store> objects_ =
      std::make_shared<services::object_store>(object_options(), folder_.path("objects"));
  std::unique_ptr<services::trigger_service> service_;
};

trigger_options with(missed_runs missed, std::size_t most = 100) {
  trigger_options options;
  options.missed = missed;
  options.missed_max = most;
  return options;
}

constexpr const char* order_mail =
    "Delivered-To: Support@example.com\r\nFrom: =?utf-8?Q?J=C3=B6?= Doe <jd@example.com>\r\n"
    "To: sales@example.com\r\nCc: a@example.com, B <b@example.com>\r\nSubject: Order\r\n"
    "Content-Type: multipart/mixed; boundary=B\r\n\r\n"
    "--B\r\nContent-Type: text/plain\r\n\r\nORDER-HELP for Order #123\r\n"
    "--B\r\nContent-Type: text/html\r\n\r\n<p>Order</p>\r\n"
    "--B\r\nContent-Type: text/x-note\r\nContent-ID: <7@x>\r\nContent-Disposition: attachment; "
    "filename=\"../../etc/pass wd\"\r\n\r\nsecret\r\n--B--\r\n";

std::string simple_mail(const std::string& to, const std::string& body = "hello") {
  return "From: ann@example.com\nTo: " + to + "\n\n" + body + "\n";
}

} // namespace

TEST_CASE("a run starts its flow at its step, with its payload, under an id of its own") {
  place all;
  const std::vector<watched_flow> flows{scheduled("cron(0 * * * ? *)", "UTC", {{"size", 100}})};
  CHECK(all.run(flows, begin + 10 * minute) == begin + hour);
  CHECK(all.asked.empty());
  CHECK(all.only().waits_for == "cron(0 * * * ? *) in UTC");
  CHECK(all.only().next_run_at == begin + hour);
  CHECK(all.run(flows, begin + hour) == begin + 2 * hour);
  REQUIRE(all.asked.size() == 1);
  const start_request& request = all.asked.front();
  CHECK(request.flow_definition_id == "report");
  CHECK(request.flow_version == "3");
  CHECK(request.trigger_source == "ScheduleTrigger:tick");
  CHECK(stringify(request.initial_context_data) == R"({"size":100})");
  CHECK(stringify(*request.execution_overrides) == R"({"startStepInstanceId":"tick"})");
  CHECK(is_uuid(request.flow_execution_id));
  CHECK(all.only().last_run_at == begin + hour);
  CHECK(all.only().last_execution_id == request.flow_execution_id);
  CHECK(all.run(flows, begin + hour + 1) == begin + 2 * hour);
  CHECK(all.asked.size() == 1);
}

TEST_CASE("every minute of a day is 1440 starts, over restarts in between") {
  place all;
  const std::vector<watched_flow> flows{scheduled("cron(* * * * ? *)")};
  for (std::int64_t now = begin; now < begin + day;) {
    const auto next = all.run(flows, now);
    REQUIRE(next.has_value());
    CHECK(*next == now + minute);
    now = *next;
    if (now % (hour / 2) == 0)
      all.open();
  }
  static_cast<void>(all.run(flows, begin + day - 1));
  CHECK(all.asked.size() == 1440);
  CHECK(all.ids.size() == 1440);
  CHECK(all.only().missed == 0);
}

TEST_CASE("what was due while nobody looked is missed, and made up for as was chosen") {
  struct row {
    missed_runs policy;
    std::size_t most;
    std::vector<std::int64_t> runs; ///< in hours from the beginning
  };
  const std::vector<watched_flow> flows{scheduled("cron(0 * * * ? *)")};
  for (const row& each :
       {row{missed_runs::skip, 100, {}}, row{missed_runs::once, 100, {5}},
        row{missed_runs::all, 100, {1, 2, 3, 4, 5}}, row{missed_runs::all, 2, {4, 5}}}) {
    place all(with(each.policy, each.most));
    static_cast<void>(all.run(flows, begin + minute));
    all.open();
    CHECK(all.run(flows, begin + 5 * hour + 10 * minute) == begin + 6 * hour);
    std::vector<std::string> told;
    for (const trigger_event& event : all.events)
      if (event.what == trigger_event::what_happened::started)
        told.push_back(event.message);
    std::vector<std::string> expected;
    for (const std::int64_t run : each.runs)
      expected.push_back("Started by schedule, late, for " + format_timestamp(begin + run * hour) +
                         '.');
    CHECK(told == expected);
    CHECK(all.asked.size() == each.runs.size());
    CHECK(all.only().missed == 5);
    CHECK(all.only().last_run_at == (each.runs.empty() ? 0 : begin + each.runs.back() * hour));
    // All of it is dealt with.
    all.open();
    CHECK(all.run(flows, begin + 5 * hour + 11 * minute) == begin + 6 * hour);
    CHECK(all.asked.size() == each.runs.size());
    CHECK(all.only().missed == 5);
  }
}

TEST_CASE("a run that is a few seconds late is not missed") {
  place all(with(missed_runs::skip));
  const std::vector<watched_flow> flows{scheduled("cron(0 * * * ? *)")};
  static_cast<void>(all.run(flows, begin + minute));
  static_cast<void>(all.run(flows, begin + hour + 30'000));
  CHECK(all.asked.size() == 1);
  CHECK(all.only().missed == 0);
}

TEST_CASE("a crash between a start and the note of it repeats the start under the same id") {
  place all(with(missed_runs::all));
  const std::vector<watched_flow> flows{scheduled("rate(1 hour)")};
  all.dies = true;
  static_cast<void>(all.run(flows, begin));
  all.open();
  all.dies = false;
  static_cast<void>(all.run(flows, begin + minute));
  CHECK(all.asked.size() == 2);
  CHECK(all.ids.size() == 1);
  all.open();
  static_cast<void>(all.run(flows, begin + 2 * minute));
  CHECK(all.asked.size() == 2);
}

TEST_CASE("a database that fails is asked again, a start that is refused is not") {
  place all;
  const std::vector<watched_flow> flows{scheduled("cron(0 * * * ? *)")};
  static_cast<void>(all.run(flows, begin + minute));
  all.refuses = error{errc::database_failed, "The disk is full."};
  CHECK(all.run(flows, begin + hour) == begin + hour + minute);
  CHECK(all.events.back().message == "The disk is full.");
  all.refuses = error{errc::limit_exceeded, "It is too large."};
  CHECK(all.run(flows, begin + hour + minute) == begin + 2 * hour);
  CHECK(all.only().last_error == "The run cannot be started: It is too large.");
  all.refuses.reset();
  static_cast<void>(all.run(flows, begin + hour + 2 * minute));
  CHECK(all.asked.size() == 2);
}

TEST_CASE("a start point that goes and comes back, or changes, has missed nothing") {
  place all;
  static_cast<void>(all.run({scheduled("cron(0 * * * ? *)")}, begin + minute));
  static_cast<void>(all.run({}, begin + 2 * minute));
  static_cast<void>(all.run({scheduled("cron(0 * * * ? *)")}, begin + day));
  static_cast<void>(all.run({scheduled("cron(5 * * * ? *)")}, begin + 2 * day + 30 * minute));
  CHECK(all.only().missed == 0);
  CHECK(all.asked.size() == 1); // the one that was due at that very time
}

TEST_CASE("a schedule in a zone that this system does not know says so and keeps nobody waiting") {
  place all;
  auto flows = std::vector<watched_flow>{scheduled("rate(1 hour)", "Mars/Olympus")};
  flows.push_back(scheduled("rate(1 hour)"));
  flows.back().flow_definition_id = "other";
  static_cast<void>(all.run(flows, begin));
  CHECK(all.asked.size() == 1);
}

TEST_CASE("the zones of this system are known by name, and no name leads out of their folder") {
  services::time_zones zones;
  REQUIRE(zones.are_there());
  const auto daily = flows::schedule::parse("cron(0 12 1 7 ? *)").value();
  const std::vector<std::pair<const char*, std::int64_t>> table{{"America/New_York", 16},
                                                                {"Europe/Berlin", 10},
                                                                {"Asia/Kolkata", 6},
                                                                {"UTC", 12},
                                                                {"Etc/GMT+5", 17}};
  for (const auto& [name, utc_hour] : table) {
    const auto zone = zones.find(name);
    INFO(name);
    REQUIRE(zone.has_value());
    // In this year as well as in one that the database has no transitions for.
    for (const std::int64_t after : {begin, begin + 36'525 * day})
      CHECK(*daily.next_run(*zone, 0, after) % day / hour == utc_hour);
  }
  for (const char* name : {"", "Europe/Atlantis", "../../../etc/passwd", "/etc/passwd", "Europe",
                           "Europe/Berlin\n", "zone.tab"}) {
    INFO(name);
    CHECK_FALSE(zones.find(name).has_value());
  }
}

TEST_CASE("a mail starts its flow with what is in it, and is moved when it has") {
  place all;
  const std::vector<watched_flow> flows{
      mailed("support", "mail", "support@example.com", "", "Order #(\\d+)")};
  all.deliver("1700000000.M1.host", order_mail);
  CHECK(all.run(flows, begin) == begin + 5000);
  REQUIRE(all.asked.size() == 1);
  const start_request& request = all.asked.front();
  CHECK(request.flow_definition_id == "support");
  CHECK(request.flow_version == "LATEST_PUBLISHED");
  CHECK(request.trigger_source == "EmailTrigger:Support@example.com");
  CHECK(request.enable_execution_logs == true);
  CHECK(stringify(*request.execution_overrides) == R"({"startStepInstanceId":"mail"})");
  json::object mail = request.initial_context_data.at("triggeringEmail").as_object();
  CHECK(mail.at("headers").as_array().size() == 6);
  CHECK(stringify(mail.at("headers").as_array().at(0)) ==
        R"({"key":"delivered-to","value":"Support@example.com"})");
  mail.erase("headers");
  const json::object attachment = mail.at("attachments").as_array().at(0).as_object();
  mail.erase("attachments");
  CHECK(stringify(mail.at("triggerPattern")) == R"("123")");
  CHECK(mail == json::parse(R"({"from": "Jö Doe <jd@example.com>", "senderName": "Jö Doe",
    "senderFullEmail": "jd@example.com", "senderEmailPrefix": "jd", "to": "Support@example.com",
    "cc": ["a@example.com", "b@example.com"], "subject": "Order",
    "body": "ORDER-HELP for Order #123", "htmlBody": "<p>Order</p>", "triggerPattern": "123"})"));
  CHECK(attachment.at("filename") == "../../etc/pass wd");
  CHECK(attachment.at("contentType") == "text/x-note");
  CHECK(attachment.at("size") == 6);
  CHECK(attachment.at("contentId") == "<7@x>");
  CHECK(attachment.at("disposition") == "attachment");
  const json::object place_of = attachment.at("s3Location").as_object();
  CHECK(place_of.at("bucket") == "incoming-emails");
  const std::string key(place_of.at("key").as_string());
  CHECK(key.find("/0/.._.._etc_pass_wd") == key.size() - 20);
  CHECK(all.objects().get("incoming-emails", key)->bytes == "secret");
  CHECK(all.names("new").empty());
  CHECK(all.names("cur") == std::vector<std::string>{"1700000000.M1.host:2,"});
  CHECK(all.only().last_execution_id == request.flow_execution_id);
}

TEST_CASE("a keyword in the body chooses the start point, none the one without a keyword") {
  const std::vector<watched_flow> flows{
      mailed("any", "m", "desk@example.com"), mailed("b", "m", "desk@example.com", "BILL"),
      mailed("a", "m", "desk@example.com", "ASK"), mailed("other", "m", "other@example.com", "X")};
  const std::vector<std::pair<std::string, std::string>> table{
      {simple_mail("desk@example.com", "please BILL me"), "b"},
      {simple_mail("desk@example.com", "BILL, and ASK"), "a"},
      {simple_mail("desk@example.com", "bill"), "any"},
      {simple_mail("nobody@example.com, Desk@Example.com", "hello"), "any"},
      {simple_mail("other@example.com, desk@example.com", "hello"), "any"},
  };
  for (const auto& [bytes, flow] : table) {
    place all;
    all.deliver("1", bytes);
    static_cast<void>(all.run(flows, begin));
    INFO(bytes);
    REQUIRE(all.asked.size() == 1);
    CHECK(all.asked.front().flow_definition_id == flow);
  }
}

TEST_CASE("what is for nobody or cannot be read is put aside with a reason and never met again") {
  trigger_options options;
  options.message_bytes_max = 1000;
  place all(options);
  const std::vector<watched_flow> flows{mailed("x", "m", "x@example.com", "KEY")};
  all.deliver("a-nobody", simple_mail("y@example.com"));
  all.deliver("b-no-keyword", simple_mail("x@example.com"));
  all.deliver("c-large", simple_mail("x@example.com", std::string(2000, 'x')));
  all.deliver("d-empty", "");
  all.deliver("e-no-recipient", "Subject: x\n\nKEY\n");
  fs::create_symlink("/etc/passwd", all.inbox("new/f-link"));
  fs::create_directories(all.inbox("new/g-folder"));
  for (int i = 0; i < 3; ++i)
    static_cast<void>(all.run(flows, begin + i * minute));
  CHECK(all.asked.empty());
  CHECK(all.names("new").empty());
  CHECK(all.names(".unmatched/new") ==
        std::vector<std::string>{"a-nobody", "b-no-keyword", "e-no-recipient"});
  CHECK(all.names(".failed/new") ==
        std::vector<std::string>{"c-large", "d-empty", "f-link", "g-folder"});
  REQUIRE(all.events.size() == 7);
  const std::string folder = all.inbox();
  CHECK(all.events[0].message == "The mail a-nobody was put into .unmatched of " + folder +
                                     ": no start point waits for mail to y@example.com.");
  CHECK(all.events[1].message.find("its body has no keyword of a start point") !=
        std::string::npos);
  CHECK(all.events[2].message.find("it is larger than 1000 bytes") != std::string::npos);
  CHECK(all.events[5].message.find("it is no plain file") != std::string::npos);
}

TEST_CASE("a mail starts one execution, however often the process dies before it is moved") {
  place all;
  const std::vector<watched_flow> flows{mailed("x", "m", "x@example.com")};
  all.deliver("1", simple_mail("x@example.com"));
  all.dies = true;
  for (int life = 0; life < 3; ++life) {
    static_cast<void>(all.run(flows, begin));
    CHECK(all.names("new").size() == 1);
    all.open();
  }
  all.dies = false;
  static_cast<void>(all.run(flows, begin));
  CHECK(all.asked.size() == 4);
  CHECK(all.ids.size() == 1);
  CHECK(all.names("new").empty());
}

TEST_CASE("a file of a name that was there before is another mail, and none is written over") {
  place all;
  const std::vector<watched_flow> flows{mailed("x", "m", "x@example.com")};
  for (int i = 0; i < 3; ++i) {
    all.deliver("mail", simple_mail("x@example.com", std::to_string(i)));
    fs::last_write_time(all.inbox("new/mail"),
                        fs::file_time_type::clock::now() - std::chrono::hours(i));
    static_cast<void>(all.run(flows, begin));
  }
  CHECK(all.ids.size() == 3);
  CHECK(all.names("cur") == std::vector<std::string>{"mail.1:2,", "mail.2:2,", "mail:2,"});
}

TEST_CASE("mail whose attachments cannot be kept waits for the next open and blocks no other") {
  trigger_options options;
  options.bucket = "not/a/bucket";
  place all(options);
  const std::vector<watched_flow> flows{mailed("x", "m", "support@example.com")};
  all.deliver("1", order_mail);
  all.deliver("2", simple_mail("support@example.com"));
  for (int i = 0; i < 3; ++i)
    static_cast<void>(all.run(flows, begin + i * minute));
  CHECK(all.asked.size() == 1);
  CHECK(all.names("new") == std::vector<std::string>{"1"});
  CHECK(all.events.size() == 2);
}

TEST_CASE("a flood of mail is dealt with in looks of a hundred") {
  place all;
  const std::vector<watched_flow> flows{mailed("x", "m", "x@example.com")};
  for (int i = 0; i < 250; ++i)
    all.deliver(std::to_string(i), simple_mail("x@example.com"));
  CHECK(all.run(flows, begin) == begin);
  CHECK(all.asked.size() == 100);
  CHECK(all.run(flows, begin) == begin);
  CHECK(all.run(flows, begin) == begin + 5000);
  CHECK(all.ids.size() == 250);
}

TEST_CASE("without a folder mail is not looked for, and schedules are kept in memory") {
  services::trigger_service service({}, "", nullptr);
  const auto refuse = [](const start_request&) -> result<std::string> {
    return error{errc::internal, "Nothing is due."};
  };
  CHECK_FALSE(service.has_work({}));
  const std::vector<watched_flow> flows{mailed("x", "m", "x@example.com"),
                                        scheduled("cron(0 * * * ? *)")};
  CHECK(service.has_work(flows));
  CHECK(service.run(flows, begin + minute, refuse, {}) == begin + hour);
  REQUIRE(service.list().size() == 2);
  CHECK(service.list().back().last_error.find("No folder is watched") == 0);
}

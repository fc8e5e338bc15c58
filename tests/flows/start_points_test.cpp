// SPDX-License-Identifier: Apache-2.0
//
// Start points of a definition: what is checked, what is rendered, what is found in a mail's body.
#include <millrace/start_points.hpp>

#include "catch.hpp"

#include <millrace/mail_address.hpp>

using namespace millrace;

namespace {

flows::compiled_definition compile(const std::string& steps) {
  const json::value record =
      json::parse(R"({"id": "f", "version": 1, "isPublished": true, "startStepInstanceId": "end",
                      "steps": {)" +
                  steps + R"(, "end": {"stepInstanceId": "end", "stepType": "END_FLOW"}}})");
  return flows::compile_definition(record.as_object(), {});
}

std::string step(const std::string& id, const std::string& type, const std::string& members) {
  return '"' + id + R"(": {"stepInstanceId": ")" + id + R"(", "stepType": ")" + type +
         R"(", "defaultNextStepInstanceId": "end", )" + members + "}";
}

std::string schedule_step(const std::string& members) {
  return step("tick", "SCHEDULE_START_POINT", members);
}
std::string mail_step(const std::string& members) {
  return step("mail", "EMAIL_START_POINT", members);
}

flows::start_points points_of(const std::string& steps, const char* variables = "{}") {
  const auto compiled = compile(steps);
  INFO(flows::describe(compiled.problems));
  REQUIRE(compiled.ok());
  return flows::start_points_of(*compiled.definition, json::parse(variables).as_object());
}

} // namespace

TEST_CASE("a schedule is rendered with the flow's variables, its payload with types") {
  const auto found = points_of(schedule_step(R"x(
      "scheduleExpression": "rate({{flow_variables.every}} minutes)", "timezone": "Europe/Berlin",
      "payloadTemplate": {"kind": "{{flow_variables.kind}}-report", "size": 100,
                          "list": "$.flow_variables.list"})x"),
                               R"x({"every": 5, "kind": "daily", "list": [1, 2]})x");
  CHECK(found.problems.empty());
  REQUIRE(found.schedules.size() == 1);
  const flows::schedule_start& tick = found.schedules.front();
  CHECK(tick.step_instance_id == "tick");
  CHECK(tick.when.text() == "rate(5 minutes)");
  CHECK(tick.time_zone == "Europe/Berlin");
  CHECK(stringify(tick.initial_context) == R"x({"kind":"daily-report","size":100,"list":[1,2]})x");
}

TEST_CASE("a schedule without more is in UTC with an empty context, a disabled one is none") {
  const auto found = points_of(schedule_step(R"x("scheduleExpression": "rate(1 hour)")x"));
  REQUIRE(found.schedules.size() == 1);
  CHECK(found.schedules.front().time_zone == "UTC");
  CHECK(found.schedules.front().initial_context.empty());
  CHECK(points_of(schedule_step(R"x("scheduleExpression": "rate(1 hour)", "enabled": false)x"))
            .schedules.empty());
}

TEST_CASE("what a template renders to is checked when there are variables") {
  const auto bad =
      points_of(schedule_step(R"x("scheduleExpression": "{{flow_variables.when}}")x") + ", " +
                    mail_step(R"x("emailAddress": "{{flow_variables.address}}")x"),
                R"x({"when": "rate(never)", "address": "nobody"})x");
  CHECK(bad.schedules.empty());
  CHECK(bad.mails.empty());
  CHECK(flows::describe(bad.problems) ==
        "error at /steps/mail/emailAddress: \"nobody\" is no email address; write one such as "
        "support@example.com, or a template such as {{flow_variables.address}} that gives one\n"
        "error at /steps/tick/scheduleExpression: the schedule \"rate(never)\" cannot be read: it "
        "must be a whole number from 1 on and a unit: minutes, hours or days");
}

TEST_CASE("wrong start points are problems of the definition, with their place") {
  const std::vector<std::pair<std::string, std::string>> table{
      {schedule_step(R"x("scheduleExpression": "cron(0 25 * * ? *)")x"),
       "error at /steps/tick/scheduleExpression: the schedule \"cron(0 25 * * ? *)\" cannot be "
       "read: the field hours is \"25\": \"25\" must be 0 to 23"},
      {schedule_step(R"x("scheduleExpression": "rate(1 hour)", "enabled": "yes")x"),
       "error at /steps/tick/enabled: "},
      {schedule_step(R"x("scheduleExpression": "rate(1 hour)", "payloadTemplate": [])x"),
       "error at /steps/tick/payloadTemplate: "},
      {mail_step(R"x("emailAddress": "support")x"),
       "error at /steps/mail/emailAddress: \"support\" is no email address"},
      {mail_step(R"x("emailAddress": "a@b.co", "triggerMessagePattern": "(")x"),
       "warning at /steps/mail/triggerMessagePattern: this pattern cannot be used"},
  };
  for (const auto& [steps, problem] : table) {
    const std::string problems = flows::describe(compile(steps).problems);
    INFO(problems);
    CHECK(problems.find(problem) != std::string::npos);
  }
}

TEST_CASE("nothing has to lead to a start point") {
  const auto compiled = compile(mail_step(R"x("emailAddress": "a@b.co")x"));
  CHECK(flows::describe(compiled.problems).empty());
}

TEST_CASE("a schedule that is not the flow's start begins elsewhere on Allma, which is said") {
  const auto compiled = compile(schedule_step(R"x("scheduleExpression": "rate(1 hour)")x"));
  CHECK(flows::describe(compiled.problems) ==
        "warning at /steps/tick: Allma today begins at the flow's startStepInstanceId when this "
        "schedule is due; Millrace begins here; to have the same on both, make this step the "
        "flow's start");
}

TEST_CASE("a trigger pattern gives what its first group matches") {
  const auto match = [](const char* pattern, const char* text) {
    return flows::match_trigger_pattern(pattern, text).value_or("-");
  };
  CHECK(match("Order #(\\d+)", "about Order #123 and Order #4") == "123");
  CHECK(match("Order #\\d+", "about Order #123") == "-");
  CHECK(match("Order #(\\d*)", "about Order #") == "-");
  CHECK(match("Order #(\\d+)", "nothing") == "-");
  CHECK(match("(", "(") == "-");
  CHECK(match("", "text") == "-");
  // Backtracking without end is cut off.
  CHECK(match("((?:a+)+)b", std::string(60, 'a').c_str()) == "-");
}

TEST_CASE("addresses are what the reference takes for addresses") {
  for (const char* right : {"a@b.co", "a.b+c@sub.example.org", "A_1@EXAMPLE.com", "o'n@x-y.de"}) {
    INFO(right);
    CHECK(is_mail_address(right));
  }
  for (const char* wrong : {"", "a", "@b.co", "a@b", "a@b.c", "a..b@c.de", ".a@b.co", "a.@b.co",
                            "a b@c.de", "a@-b.co", "a@b..co", "a@b.c0", "a@b@c.de", "ä@b.co"}) {
    INFO(wrong);
    CHECK_FALSE(is_mail_address(wrong));
  }
}

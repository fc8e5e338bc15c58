// SPDX-License-Identifier: Apache-2.0
//
// Expectations against a run that is made up, so that every kind of miss is there.
#include <millrace/expectation.hpp>

#include "catch.hpp"

#include <functional>
#include <string>
#include <vector>

using namespace millrace;
using namespace millrace::simulation;
using namespace std::chrono_literals;

namespace {

execution_outcome executed(const std::string& id, const std::string& flow,
                           execution_status status) {
  execution_outcome one;
  one.record.flow_execution_id = id;
  one.record.flow_definition_id = flow;
  one.record.status = status;
  return one;
}

// An order that ended well and started two parcels, of which one failed, and a letter that waits.
world_outcome made_up() {
  world_outcome world;
  execution_outcome order = executed("o", "order", execution_status::completed);
  order.record.path = {"check", "ship", "end"};
  order.record.context = {
      {"total", 12}, {"lines", {{{"price", 5}}, {{"price", 7.5}}}}, {"note", nullptr}};
  order.entered = {{"check", 1}, {"ship", 3}, {"end", 1}};
  order.retried = {{"check", 2}};
  order.delays = {500ms, 1s};
  order.duration = 90s;
  order.children = {"p1", "p2", "l1"};
  execution_outcome first = executed("p1", "parcel", execution_status::completed);
  first.record.context = {{"weight", 1}};
  execution_outcome second = executed("p2", "parcel", execution_status::failed);
  second.record.error = error_info{"PermanentStepError", "the van is full", {}, false};
  second.record.context = {{"weight", 2}};
  execution_outcome letter = executed("l1", "letter", execution_status::waiting);
  letter.record.waiting_for = {"answer:1"};
  world.executions = {order, first, second, letter};
  world.events = {delivery::delivered, delivery::unclaimed};
  return world;
}

expectation all_children() {
  return expectation{}.starts("parcel", 2).starts("letter");
}

struct example {
  std::string what;
  expectation expected;
  std::vector<std::string> says; ///< the sentences; none: it holds
};

const std::vector<example>& examples() {
  static const std::vector<example> all{
      {"nothing is expected", expectation{}, {}},
      {"the status", expectation{}.ends(execution_status::completed), {}},
      {"another status",
       expectation{}.ends(execution_status::failed),
       {"expected the status FAILED, but it is COMPLETED."}},
      {"the path", expectation{}.takes_path({"check", "ship", "end"}), {}},
      {"a longer path",
       expectation{}.takes_path({"check", "ship", "pay", "end"}),
       {"expected the path check, ship, pay, end, but it is check, ship, end; at step 3 expected "
        "\"pay\", seen \"end\"."}},
      {"a shorter path",
       expectation{}.takes_path({"check"}),
       {"expected the path check, but it is check, ship, end; at step 2 expected the end, seen "
        "\"ship\"."}},
      {"entries", expectation{}.enters("ship", 3).never_enters("refund"), {}},
      {"other entries",
       expectation{}.enters("ship", 2).never_enters("check"),
       {"expected the step \"ship\" to be entered 2 times, but it was entered 3 times.",
        "the step \"check\" must never be entered, but it was entered once."}},
      {"retries", expectation{}.retries("check", 2).retries("ship", 0), {}},
      {"other retries",
       expectation{}.retries("ship", 1),
       {"expected the step \"ship\" to be tried again once, but it was tried again never."}},
      {"values",
       expectation{}
           .has("$.total", 12.0)
           .has("$.lines[1].price", 7.5)
           .has("$.note", nullptr)
           .has("$.lines", {{{"price", 5}}, {{"price", 7.5}}}),
       {}},
      {"another value",
       expectation{}.has("$.total", "12"),
       {"$.total: expected \"12\", but it is 12."}},
      {"a value that differs within",
       expectation{}.has("$.lines", {{{"price", 5}}, {{"price", 8}}}),
       {"$.lines: expected [{\"price\":5},{\"price\":8}], but it is "
        "[{\"price\":5},{\"price\":7.5}]; they differ at $.lines[1].price."}},
      {"a path that finds nothing, and what there is",
       expectation{}.has("$.lines[0].prise", 5),
       {"$.lines[0].prise: expected 5, but nothing is there; $.lines[0] is an object with "
        "\"price\"."}},
      {"a path whose beginning finds nothing",
       expectation{}.has("$.lins[0].price", 5),
       {"$.lins[0].price: expected 5, but nothing is there; the context is an object with "
        "\"total\", \"lines\" or \"note\"."}},
      {"types",
       expectation{}.has_type("$.total", value_type::number).has_type("$.note", value_type::null),
       {}},
      {"another type",
       expectation{}.has_type("$.total", value_type::text),
       {"$.total: expected a value of type string, but it is 12."}},
      {"absence", expectation{}.has_nothing_at("$.refund").has_nothing_at("$.total.x"), {}},
      {"presence",
       expectation{}.has_nothing_at("$.note"),
       {"$.note: expected nothing, but it is null."}},
      {"an error that is not there",
       expectation{}.fails_with("PermanentStepError"),
       {"expected the status FAILED, but it is COMPLETED.",
        "expected PermanentStepError, but it has no error."}},
      {"delays", expectation{}.pauses({time_bounds::exactly(500ms), {500ms, 2s}}), {}},
      {"other delays",
       expectation{}.pauses({time_bounds::exactly(500ms), {{}, 800ms}}),
       {"expected delay 2 to be at most 800ms, but it was 1s."}},
      {"another number of delays",
       expectation{}.pauses({}),
       {"expected 0 delays, but there were 2: 500ms, 1s."}},
      {"the duration", expectation{}.lasts(90s), {}},
      {"the duration in bounds", expectation{}.lasts_at_least(1min).lasts_at_most(2min), {}},
      {"another duration",
       expectation{}.lasts_at_least(2min),
       {"expected it to take at least 2m, but it took 90s."}},
      {"nothing to wait for",
       expectation{}.waits_for("answer:1"),
       {"expected it to wait for answer:1, but it waits for nothing."}},
      {"the family", expectation{}.comes_to(4), {}},
      {"another family",
       expectation{}.comes_to(3),
       {"expected its family to be 3 executions, but there are 4."}},
      {"events", expectation{}.delivers({delivery::delivered, delivery::unclaimed}), {}},
      {"other events",
       expectation{}.delivers({delivery::delivered, delivery::delivered}),
       {"expected event 2 to be delivered, but it is unclaimed."}},
      {"children", all_children(), {}},
      {"some of the children", expectation{}.starts("letter").may_start_others(), {}},
      {"no children",
       expectation{}.starts_nothing(),
       {"expected the flow \"letter\" to be started never, but it was started once; no such child "
        "is expected.",
        "expected the flow \"parcel\" to be started never, but it was started 2 times; no such "
        "child is expected."}},
      {"more children",
       expectation{}.starts("parcel", 3).starts("letter"),
       {"expected the flow \"parcel\" to be started 3 times, but it was started 2 times."}},
      {"children in another order",
       expectation{}
           .starts("letter", 1, expectation{}.waits_for("answer:1"))
           .starts("parcel", 1, expectation{}.fails_with("PermanentStepError", "van"))
           .starts("parcel", 1, expectation{}.has("$.weight", 1)),
       {}},
      {"children that are shared out so that all entries are met",
       expectation{}
           .starts("parcel")
           .starts("parcel", 1, expectation{}.has("$.weight", 1))
           .starts("letter"),
       {}},
      {"a child that is otherwise",
       expectation{}
           .starts("parcel", 2, expectation{}.ends(execution_status::completed))
           .starts("letter"),
       {"child 2 (parcel): expected the status COMPLETED, but it is FAILED; it failed with "
        "PermanentStepError: the van is full."}},
      {"a child that must not be",
       all_children().starts("parcel", 0, expectation{}.ends(execution_status::failed)),
       {}},
      {"a child that must not be among others",
       expectation{}
           .starts("parcel", 0, expectation{}.ends(execution_status::failed))
           .may_start_others(),
       {"child 2 (parcel) is as no child may be (expectation 1, with the count 0)."}},
  };
  return all;
}

const flow_steps known{{"order", {"check", "ship", "end"}}, {"parcel", {"weigh"}}};

} // namespace

TEST_CASE("a run is held against an expectation in sentences") {
  const world_outcome world = made_up();
  for (const example& each : examples()) {
    INFO(each.what);
    const auto failures = check(each.expected, world, "o");
    REQUIRE(failures.has_value());
    CHECK(*failures == each.says);
  }
}

TEST_CASE("an expectation with a path that is none is bad input and no failed test") {
  const auto failures = check(expectation{}.has("total", 1), made_up(), "o");
  REQUIRE_FALSE(failures.has_value());
  CHECK(failures.error().code() == errc::invalid_argument);
  CHECK(failures.error().message().find("\"total\" is no JSONPath into the context") !=
        std::string::npos);
}

TEST_CASE("an execution that the run has not is not found") {
  const auto failures = check(expectation{}, made_up(), "x");
  REQUIRE_FALSE(failures.has_value());
  CHECK(failures.error().code() == errc::not_found);
}

TEST_CASE("an expectation that no run can meet is told by its place and the nearest name") {
  struct wrong {
    expectation expected;
    std::string pointer;
    std::string message;
  };
  const std::vector<wrong> all{
      {expectation{}.takes_path({"check", "shipp"}), "/path/1",
       "the flow \"order\" has no step \"shipp\"; \"ship\" was probably meant"},
      {expectation{}.enters("chekc"), "/entered/chekc",
       "the flow \"order\" has no step \"chekc\"; \"check\" was probably meant"},
      {expectation{}.never_enters("refund"), "/neverEntered/0",
       "the flow \"order\" has no step \"refund\"; there is \"check\", \"end\" or \"ship\""},
      {expectation{}.retries("a/b", 1), "/retried/a~1b",
       "the flow \"order\" has no step \"a/b\"; there is \"check\", \"end\" or \"ship\""},
      {expectation{}.enters("check", -1), "/entered/check", "a count must be 0 or more"},
      {expectation{}.comes_to(0), "/executions", "a family has at least 1 execution"},
      {expectation{}.has_nothing_at("total"), "/absent/0",
       "\"total\" is no JSONPath into the context; it has to start with \"$.\""},
      {expectation{}.starts("parcels"), "/children/0/flow",
       "there is no flow \"parcels\"; \"parcel\" was probably meant"},
      {expectation{}.starts("parcel", 1, expectation{}.enters("ship")), "/children/0/entered/ship",
       "the flow \"parcel\" has no step \"ship\"; there is \"weigh\""},
  };
  for (const wrong& each : all) {
    INFO(each.pointer);
    const auto problems = check_expectation(each.expected, known, "order");
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].pointer == each.pointer);
    CHECK(problems[0].message == each.message);
  }
  CHECK(check_expectation(all_children().enters("ship"),
                          {{"order", {"ship"}}, {"parcel", {}}, {"letter", {}}}, "order")
            .empty());
}

TEST_CASE("five hundred equal children are shared out") {
  world_outcome world;
  execution_outcome root = executed("r", "order", execution_status::completed);
  for (int i = 0; i < 500; ++i)
    root.children.push_back(std::to_string(i));
  world.executions.push_back(root);
  for (const std::string& id : root.children)
    world.executions.push_back(executed(id, "parcel", execution_status::completed));
  const auto each = expectation{}.ends(execution_status::completed);
  CHECK(check(expectation{}.starts("parcel", 500, each), world, "r").value().empty());
  CHECK(check(expectation{}.starts("parcel", 501, each), world, "r").value().size() == 1);
}

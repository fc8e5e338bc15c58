// SPDX-License-Identifier: Apache-2.0
//
// tests/conformance/mapping.json and the decided quirks of its area: the kinds "input" and
// "output". The kind "step" needs the interpreter and is tested with it.
#include <millrace/mapping.hpp>

#include "catch.hpp"
#include "conformance_tests.hpp"

#include <string>
#include <utility>
#include <vector>

using namespace millrace;
using namespace millrace::flows;
using testing::conformance_case;

namespace {

const char* name_of(mapping_event::status_type status) {
  switch (status) {
  case mapping_event::status_type::success: return "SUCCESS";
  case mapping_event::status_type::warn: return "WARN";
  case mapping_event::status_type::error: break;
  }
  return "ERROR";
}

json::array to_json(const std::vector<mapping_event>& events) {
  json::array all;
  for (const mapping_event& each : events) {
    json::object& event = all.emplace_back(json::object_kind).get_object();
    event["target"] = each.target;
    event["source"] = each.source;
    event["status"] = name_of(each.status);
    CHECK(each.message.empty() == (each.status == mapping_event::status_type::success));
  }
  return all;
}

void check_same(const json::value& expected, const json::value& actual) {
  std::string why;
  testing::bindings seen;
  const bool same = testing::matches(expected, actual, seen, &why);
  INFO("actual: " << stringify(actual) << "\n" << why);
  CHECK(same);
}

void check_input(const conformance_case& each) {
  const input_mappings mappings = input_mappings::compile(each.given.at("mappings").as_object());
  std::vector<mapping_event> events;
  const json::object input = mappings.prepare(scope(each.given.at("context").as_object()), &events);
  check_same(each.expect.at("input"), input);
  check_same(each.expect.at("results"), to_json(events));
  CHECK(mappings.empty() == each.given.at("mappings").as_object().empty());
}

void check_output(const conformance_case& each) {
  const output_mappings mappings = output_mappings::compile(each.given.at("mappings").as_object());
  const context before(each.given.at("context").as_object());
  context owner = before;
  context branch(&before);
  for (context* target : {&owner, &branch}) {
    json::value output = each.given.at("output");
    std::vector<mapping_event> events;
    mappings.apply(output, nullptr, *target, &events);
    check_same(each.expect.at("context"), target->to_object());
    check_same(each.expect.at("results"), to_json(events));
  }
  check_same(each.given.at("context"), before.to_object());

  context replayed = before;
  REQUIRE_FALSE(replayed.apply_changes(owner.take_changes()).has_error());
  CHECK(stringify(replayed.to_object()) == stringify(owner.to_object()));
}

void check(const conformance_case& each) {
  if (each.given.at("kind") == "input")
    check_input(each);
  else
    check_output(each);
}

bool is_no_step(const conformance_case& each) {
  return each.given.at("kind") != "step";
}

const testing::conformance_tests cases("mapping", check, is_no_step);

json::value parse(std::string_view text) {
  return parse_json(text, "test").value();
}

/// Applies `mappings` to `output` with a step input to fall back to.
json::object mapped(std::string_view mappings, std::string_view output, std::string_view input) {
  json::value value = parse(output);
  const json::value step_input = parse(input);
  context target{json::object()};
  output_mappings::compile(parse(mappings).as_object())
      .apply(value, &step_input.as_object(), target, nullptr);
  return target.to_object();
}

} // namespace

TEST_CASE("a source that the output lacks is taken from the step input") {
  struct row {
    const char* mappings;
    const char* output;
    const char* input;
    const char* expected;
  };
  const row rows[] = {
      {R"({"$.r":"$.x"})", R"({"y":1})", R"({"x":2})", R"({"r":2})"},
      {R"({"$.r":"$.x"})", R"({"x":1})", R"({"x":2})", R"({"r":1})"},
      {R"({"$.r":"$.x"})", R"({"x":null})", R"({"x":2})", R"({"r":null})"},
      {R"({"$.r":"$.a.b"})", R"({"a":{}})", R"({"a":{"b":3}})", R"({"r":3})"},
      {R"({"$.r":"$.l[?(@.k==1)].v"})", R"({"y":1})", R"({"l":[{"k":1,"v":"hit"}]})",
       R"({"r":["hit"]})"},
      {R"({"$.r":"$"})", R"({"y":1})", R"({"x":2})", R"({"r":{"y":1}})"},
      {R"({"$.r":"$._step_input.x"})", R"({"y":1})", R"({"x":2})", R"({"r":2})"},
      {R"({"$.r":"$._step_input"})", R"({"y":1})", R"({"x":2})", R"({"r":{"x":2}})"},
      {R"({"$.r":"x"})", R"({"y":1})", R"({"x":2})", R"({})"},
      {R"({"$.r":"$.x"})", R"([1])", R"({"x":2})", R"({})"},
      {R"({"$.r":"$.x"})", "null", R"({"x":2})", R"({})"},
      {R"({"$.r":"$"})", "false", R"({"x":2})", R"({})"},
      {R"({"$.r":"$"})", "5", R"({"x":2})", R"({"r":5})"},
  };
  for (const row& each : rows) {
    INFO(each.mappings << " of " << each.output << " and " << each.input);
    CHECK(json::value(mapped(each.mappings, each.output, each.input)) == parse(each.expected));
  }
}

TEST_CASE("a step without output mappings leaves its whole output below steps_output") {
  context target{json::object()};
  json::value output = parse(R"({"a":[1]})");
  std::vector<mapping_event> events;
  output_mappings::whole_output("first").apply(output, nullptr, target, &events);
  CHECK(json::value(target.to_object()) == parse(R"({"steps_output":{"first":{"a":[1]}}})"));
  REQUIRE(events.size() == 1);
  CHECK(events.front().target == "$.steps_output.first");
}

TEST_CASE("mappings with members that are no text pass them over") {
  const json::value mappings = parse(R"({"a":1,"b":"$.x","c":null})");
  const json::value visible = parse(R"({"x":1})");
  CHECK(json::value(input_mappings::compile(mappings.as_object())
                        .prepare(scope(visible.as_object()), nullptr)) == parse(R"({"b":1})"));
}

TEST_CASE("a dotted target beyond the limits is refused") {
  json::object object;
  std::string deep = "a";
  for (int i = 0; i < 1000; ++i) {
    deep += ".a";
  }
  CHECK(set_by_dots(object, deep, 1).error().code() == errc::limit_exceeded);
  CHECK(object.empty());
  CHECK(set_by_dots(object, "l[4000000000]", 1).error().code() == errc::limit_exceeded);
  CHECK(set_by_dots(object, "t", "text").has_value());
  CHECK(set_by_dots(object, "t.x", 1).error().code() == errc::step_failed);
  CHECK(object.at("t") == "text");
}

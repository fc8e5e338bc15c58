// SPDX-License-Identifier: Apache-2.0
//
// Every step type and module of the flow language, run once, has the output that Allma documents:
// its members, no others, and their types. The table is data/step-outputs.json; in it
//
//     "text|null"            a type or several: text, number, boolean, null, list, object, any
//     {"a": ..., "b?": ...}  an object with these members; "?" ends a name that may be missing, and
//                            "*" stands for any other name
//     [...]                  a list with elements like this one, and at least one
//     "none"                 no output at all
//
// `module` is the identifier that editors have for a step type that takes none.
#include "catch.hpp"
#include "conformance.hpp"
#include "service_world.hpp"

#include <millrace/services.hpp>
#include <millrace/step_handler.hpp>

#include <optional>
#include <set>

using namespace millrace;
using namespace millrace::testing;

namespace {

std::string type_of(const json::value& value) {
  if (value.is_null())
    return "null";
  if (value.is_bool())
    return "boolean";
  if (value.is_number())
    return "number";
  if (value.is_string())
    return "text";
  return value.is_array() ? "list" : "object";
}

// What is not as `shape` says, a line each.
std::string differences(const json::value& value, const json::value& shape,
                        const std::string& place);

std::string member_differences(const json::object& value, const json::object& shape,
                               const std::string& place) {
  std::string found;
  const json::value* others = shape.if_contains("*");
  std::set<std::string> known;
  for (const auto& member : shape) {
    std::string name(member.key());
    const bool is_optional = name.ends_with('?');
    if (is_optional)
      name.pop_back();
    known.insert(name);
    if (const json::value* there = value.if_contains(name); there && name != "*")
      found += differences(*there, member.value(), place + "." + name);
    else if (!is_optional && name != "*")
      found += place + "." + name + " is missing\n";
  }
  for (const auto& member : value) {
    const std::string name(member.key());
    if (known.count(name) == 0 && others)
      found += differences(member.value(), *others, place + "." + name);
    else if (known.count(name) == 0)
      found += place + "." + name + " is not in the table\n";
  }
  return found;
}

std::string differences(const json::value& value, const json::value& shape,
                        const std::string& place) {
  const std::string type = type_of(value);
  if (const json::string* words = shape.if_string()) {
    const std::string wanted = "|" + std::string(*words) + "|";
    const bool fits = *words == "any" || wanted.find("|" + type + "|") != std::string::npos;
    return fits ? "" : place + " is a " + type + ", not " + std::string(*words) + "\n";
  }
  if (const json::array* elements = shape.if_array()) {
    if (!value.is_array() || value.get_array().empty())
      return place + " is no list with elements\n";
    std::string found;
    for (const json::value& each : value.get_array())
      found += differences(each, elements->at(0), place + "[]");
    return found;
  }
  if (!value.is_object())
    return place + " is a " + type + ", not an object\n";
  return member_differences(value.get_object(), shape.get_object(), place);
}

json::value flows_with(json::object step, const std::string& base) {
  step["stepInstanceId"] = "s";
  std::string text = stringify(step);
  for (std::size_t at = text.find("BASE"); at != std::string::npos; at = text.find("BASE"))
    text.replace(at, 4, base);
  json::value flows = json_of(R"([{'id': 'one', 'startStepInstanceId': 's', 'steps': {
      'n': {'stepInstanceId': 'n', 'stepType': 'NO_OP'}}},
    {'id': 'child', 'startStepInstanceId': 'n', 'steps': {
      'n': {'stepInstanceId': 'n', 'stepType': 'NO_OP'}}},
    {'id': 'feed', 'startStepInstanceId': 's', 'steps': {'s': {'stepInstanceId': 's',
      'stepType': 'SQS_SEND', 'literals': {'queueUrl': 'https://q.example/q', 'payload': {}}}}}])");
  flows.at(0).at("steps").as_object()["s"] = parse_json(text, "step").value();
  return flows;
}

struct outcome {
  execution_record ended;
  std::optional<json::value> output; // of a service's handler; absent: no such one ran
};

outcome run(const json::object& step) {
  const service_world around;
  outcome seen;
  engine_options options = around.options();
  // The handlers, which give _meta too; what is mapped has none.
  const auto local = services::local_services::make(*options.services, options.database).value();
  local->add_to(options.steps);
  options.steps.wrap_external([&seen](const step_request& request, const step_handler& inner) {
    const auto made = inner(request);
    if (made && request.flow_definition_id == "one")
      seen.output = *made;
    return made;
  });
  engine running = engine::open(std::move(options)).value();
  const auto defined = running.define(flows_with(step, around.base()), "step");
  INFO((defined ? "" : defined.error().message()));
  REQUIRE(defined.has_value());
  const auto fed = running.start(json::object{{"flowDefinitionId", "feed"}});
  REQUIRE(running.wait(fed.value(), patience)->status == execution_status::completed);
  const auto id = running.start(json::object{{"flowDefinitionId", "one"},
                                             {"initialContextData", {{"items", json::array{1}}}}});
  if (step.at("stepType") == "WAIT_FOR_EXTERNAL_EVENT") {
    REQUIRE(eventually([&] { return running.find(*id)->status == execution_status::waiting; }));
    REQUIRE(running.resume("k", json::object{{"decision", "yes"}}).has_value());
  }
  seen.ended = running.wait(id.value(), patience).value();
  return seen;
}

} // namespace

TEST_CASE("the output of every step type and module is the documented one") {
  const json::value table = load_json("tests/engine/data/step-outputs.json");
  std::set<std::string_view> covered;
  for (const json::value& row : table.as_array()) {
    const json::object& step = row.at("step").as_object();
    for (const char* name : {"stepType", "moduleIdentifier"})
      if (const json::value* identifier = step.if_contains(name))
        covered.insert(identifier->as_string());
    if (const json::value* module = row.as_object().if_contains("module"))
      covered.insert(module->as_string());
    INFO(stringify(step));
    const auto [ended, given] = run(step);
    INFO((ended.error ? ended.error->error_message : ""));
    REQUIRE(ended.status == execution_status::completed);
    const json::value* outputs = ended.context.if_contains("steps_output");
    const json::value* mapped = outputs ? outputs->as_object().if_contains("s") : nullptr;
    if (row.at("output") == "none") {
      CHECK(mapped == nullptr);
      continue;
    }
    REQUIRE(mapped != nullptr);
    CHECK(differences(given ? *given : *mapped, row.at("output"), "output") == "");
  }
  for (const steps::identifier& each : steps::identifiers()) {
    INFO(each.name << " has no row in the table");
    CHECK(covered.count(each.name) == 1);
  }
}

TEST_CASE("an output that differs from its shape is told") {
  const json::value shape = json_of("{'a': 'text', 'b?': ['number'], 'c': {'*': 'boolean'}}");
  const auto said = [&](const char* output) { return differences(json_of(output), shape, "o"); };
  CHECK(said("{'a': '', 'c': {}}") == "");
  CHECK(said("{'a': '', 'b': [1], 'c': {'x': true}}") == "");
  CHECK(said("{'a': 1, 'b': [], 'c': {'x': 2}, 'd': 3}") ==
        "o.a is a number, not text\no.b is no list with elements\no.c.x is a number, not boolean\n"
        "o.d is not in the table\n");
  CHECK(said("{'b': ['x'], 'c': 1}") ==
        "o.a is missing\no.b[] is a text, not number\no.c is a number, not an object\n");
}

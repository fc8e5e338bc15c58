// SPDX-License-Identifier: Apache-2.0
//
// tests/conformance/objects.json: what expressions see that meet a pointer to an object, with the
// objects in a store.
#include "object_store.hpp"
#include "pointed_content.hpp"

#include <millrace/condition.hpp>
#include <millrace/mapping.hpp>
#include <millrace/step_fields.hpp>
#include <millrace/template.hpp>

#include "catch.hpp"
#include "conformance_tests.hpp"
#include "scratch.hpp"

#include <optional>
#include <string>
#include <vector>

using namespace millrace;
using testing::conformance_case;

namespace {

std::string text(const json::value& value) {
  return std::string(value.as_string());
}

json::array to_json(const std::vector<flows::mapping_event>& events) {
  json::array all;
  for (const flows::mapping_event& each : events)
    all.push_back(json::object{{"target", each.target},
                               {"source", each.source},
                               {"status", flows::to_string(each.status)}});
  return all;
}

/// The result of one case in the form of its `expect`.
class evaluation {
public:
  explicit evaluation(const json::object& given) : given_(given) {
    for (const auto& bucket : given.at("objects").as_object())
      for (const auto& object : bucket.value().as_object())
        REQUIRE(objects_
                    ->put(bucket.key(), object.key(), text(object.value().at("text")),
                          text(object.value().at("type")), {})
                    .has_value());
  }

  result<json::object> outcome() {
    const std::string kind = text(given_.at("kind"));
    if (kind == "path")
      return path();
    if (kind == "condition")
      return condition();
    if (kind == "render")
      return render();
    if (kind == "nested")
      return nested();
    if (kind == "variables")
      return variables();
    return kind == "input" ? input() : output();
  }

private:
  flows::scope seen(const json::value& root) {
    flows::scope visible(root);
    visible.read_with(&pointed_);
    return visible;
  }

  result<json::object> path() {
    const auto found =
        flows::path::compile(text(given_.at("path"))).evaluate(seen(given_.at("data")));
    if (!found)
      return found.error();
    return found->is_undefined() ? json::object{{"undefined", true}}
                                 : json::object{{"value", *found->get()}};
  }

  result<json::object> condition() {
    const auto holds =
        flows::condition::compile(text(given_.at("condition"))).holds(seen(given_.at("context")));
    if (!holds)
      return holds.error();
    return json::object{{"result", *holds}};
  }

  result<json::object> render() {
    const auto rendered = flows::text_template::compile(text(given_.at("template")))
                              .render(seen(given_.at("context")));
    if (!rendered)
      return rendered.error();
    return json::object{{"text", *rendered}};
  }

  result<json::object> nested() {
    const auto rendered =
        flows::value_template::compile(given_.at("object")).render(seen(given_.at("context")));
    if (!rendered)
      return rendered.error();
    return json::object{{"value", *rendered}};
  }

  result<json::object> variables() {
    auto made = flows::template_variables::compile(given_.at("mappings").as_object())
                    .evaluate(seen(given_.at("context")));
    if (!made)
      return made.error();
    return json::object{{"value", std::move(*made)}};
  }

  result<json::object> input() {
    flows::scope visible = seen(given_.at("context"));
    if (const json::value* follows = given_.if_contains("follows"); follows && *follows == false)
      visible.read_with(nullptr);
    std::vector<flows::mapping_event> events;
    json::object prepared =
        flows::input_mappings::compile(given_.at("mappings").as_object()).prepare(visible, &events);
    return json::object{{"input", std::move(prepared)}, {"results", to_json(events)}};
  }

  // What changed, applied to what was there, has to give the same without any object.
  result<json::object> output() {
    const flows::context before(given_.at("context").as_object());
    flows::context target = before;
    json::value output = given_.at("output");
    std::vector<flows::mapping_event> events;
    flows::output_mappings::compile(given_.at("mappings").as_object())
        .apply(output, nullptr, target, &events, &pointed_);
    flows::context replayed = before;
    REQUIRE_FALSE(replayed.apply_changes(target.take_changes()).has_error());
    CHECK(stringify(replayed.to_object()) == stringify(target.to_object()));
    return json::object{{"context", target.to_object()}, {"results", to_json(events)}};
  }

  const json::object& given_;
  const testing::scratch folder_;
  const std::shared_ptr<services::object_store> objects_ =
      std::make_shared<services::object_store>(object_options{}, folder_.path("objects"));
  flows::pointed_objects pointed_{std::make_shared<services::pointed_content>(objects_)};
};

void check(const conformance_case& each) {
  evaluation evaluated(each.given);
  const auto outcome = evaluated.outcome();
  const json::object& expect = each.expect.as_object();
  if (const json::value* wanted = expect.if_contains("error")) {
    REQUIRE_FALSE(outcome.has_value());
    INFO(outcome.error().message());
    CHECK(testing::contains_all(wanted->at("messageContains"), outcome.error().message()));
    return;
  }
  INFO((outcome.has_error() ? outcome.error().message() : stringify(*outcome)));
  REQUIRE(outcome.has_value());
  std::string why;
  testing::bindings seen;
  const bool agrees = testing::matches(expect, json::value(*outcome), seen, &why);
  INFO(why);
  CHECK(agrees);
}

const testing::conformance_tests cases("objects", check);

/// Counts how often it is asked, and gives a number that goes up.
class counting_source final : public flows::object_source {
public:
  result<json::value> read(const flows::object_pointer& at) override {
    if (at.key == "missing")
      return error{errc::step_failed, "not there"};
    return json::value(++asked);
  }
  int asked = 0;
};

json::object pointer(const char* key) {
  return {{"_s3_output_pointer", {{"bucket", "b"}, {"key", key}}}};
}

} // namespace

TEST_CASE("an object is read once until it is forgotten") {
  const auto source = std::make_shared<counting_source>();
  flows::pointed_objects pointed(source);
  const json::value whole(pointer("a"));
  json::object beside = pointer("a");
  beside["n"] = 1;
  for (int i = 0; i < 3; ++i) {
    CHECK(**pointed.follow(whole) == 1);
    CHECK(stringify(**pointed.follow(json::value(beside))) == R"({"content":1,"n":1})");
    CHECK(stringify(**pointed.follow_all(json::array{whole, whole})) == "[1,1]");
  }
  CHECK(source->asked == 1);
  pointed.forget();
  CHECK(**pointed.follow(whole) == 2);
  const json::value plain("x");
  CHECK(*pointed.follow(plain) == &plain);
  CHECK_FALSE(pointed.follow_all(plain)->has_value());
  CHECK(pointed.follow(json::value(pointer("missing"))).error().message() == "not there");
}

TEST_CASE("without a source a pointer is a value like any other") {
  const json::value root(json::object{{"a", pointer("k")}});
  const auto found =
      flows::path::compile("$.a._s3_output_pointer.key").evaluate(flows::scope(root));
  CHECK(*found->get() == "k");
}

TEST_CASE("what a template looks at for pointers counts as its work") {
  json::array many;
  for (int i = 0; i < 2000; ++i)
    many.push_back(json::array(std::size_t{64}, json::value(1)));
  const json::value root(json::object{{"many", many}});
  flows::pointed_objects pointed(std::make_shared<counting_source>());
  flows::scope visible(root);
  visible.read_with(&pointed);
  const auto rendered =
      flows::text_template::compile(
          "{{#each many}}{{#each ../many}}{{#if ../../many}}{{/if}}{{/each}}{{/each}}")
          .render(visible);
  REQUIRE_FALSE(rendered.has_value());
  CHECK(rendered.error().code() == errc::limit_exceeded);
}

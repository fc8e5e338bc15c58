// SPDX-License-Identifier: Apache-2.0
//
// tests/conformance/template.json and the decided quirks of its area.
#include <millrace/template.hpp>

#include "catch.hpp"
#include "conformance_tests.hpp"

#include <string>
#include <utility>
#include <vector>

using namespace millrace;
using namespace millrace::flows;
using testing::conformance_case;

namespace {

/// One context in the shapes that a scope may have; each must render the same.
struct scopes {
  explicit scopes(const json::value& context) : whole(context) {
    if (const json::object* members = context.if_object()) {
      for (const auto& member : *members) {
        lower[member.key()] = "hidden by the layer above";
        upper[member.key()] = member.value();
      }
    }
  }
  [[nodiscard]] std::vector<scope> all() const {
    std::vector<scope> made;
    made.emplace_back(whole);
    if (whole.is_object()) {
      made.emplace_back(whole.get_object());
      made.emplace_back(lower).push(upper);
    }
    return made;
  }

  const json::value& whole;
  json::object lower;
  json::object upper;
};

void check_failure(const json::object& expect, const std::string& message) {
  REQUIRE(expect.contains("error"));
  if (const json::value* texts = expect.at("error").as_object().if_contains("messageContains")) {
    INFO("message: " << message);
    CHECK(testing::contains_all(*texts, message));
  }
}

void check_render(const conformance_case& each, const scope& visible) {
  const json::object& expect = each.expect.as_object();
  const std::string text(each.given.at("template").as_string());
  const result<std::string> rendered = text_template::compile(text).render(visible);
  if (rendered.has_error()) {
    INFO("unexpected error: " << rendered.error().message());
    check_failure(expect, rendered.error().message());
    return;
  }
  REQUIRE(expect.contains("text"));
  CHECK(*rendered == std::string(expect.at("text").as_string()));
}

void check_nested(const conformance_case& each, const scope& visible) {
  const json::object& expect = each.expect.as_object();
  const value_template compiled = value_template::compile(each.given.at("object"));
  const result<json::value> rendered = compiled.render(visible);
  std::string why;
  testing::bindings seen;
  if (rendered.has_error()) {
    INFO("unexpected error: " << rendered.error().message());
    check_failure(expect, rendered.error().message());
    return;
  }
  const json::value* value = compiled.is_undefined() ? nullptr : &*rendered;
  INFO("rendered: " << stringify(*rendered));
  CHECK((testing::outcome_matches(expect, value, nullptr, seen, &why)));
  INFO(why);
}

void check(const conformance_case& each) {
  const scopes visible(each.given.at("context"));
  for (const scope& shape : visible.all()) {
    if (each.given.at("kind") == "render")
      check_render(each, shape);
    else
      check_nested(each, shape);
  }
}

const testing::conformance_tests cases("template", check);

} // namespace

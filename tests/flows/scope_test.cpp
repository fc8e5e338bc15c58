// SPDX-License-Identifier: Apache-2.0
#include <millrace/scope.hpp>

#include "catch.hpp"

namespace {

using namespace millrace;

json::object parsed(std::string_view text) {
  auto value = parse_json(text, "text");
  REQUIRE(value.has_value());
  return value->as_object();
}

} // namespace

TEST_CASE("a later layer hides an earlier one") {
  const json::object low = parsed(R"({"a":1,"b":2})");
  const json::object high = parsed(R"({"b":3,"c":null})");
  flows::scope visible(low);
  visible.push(high);
  CHECK(*visible.find("a") == json::value(1));
  CHECK(*visible.find("b") == json::value(3));
  CHECK(visible.find("c")->is_null());
  CHECK(visible.find("d") == nullptr);
  CHECK(visible.find("a") == low.if_contains("a"));
}

TEST_CASE("the whole of a scope has the members of all layers in the order of a spread") {
  const json::object low = parsed(R"({"x":1,"y":{"k":1}})");
  const json::object high = parsed(R"({"z":3,"y":2})");
  flows::scope visible(low);
  visible.push(high);
  CHECK(stringify(visible.whole()) == R"({"x":1,"y":2,"z":3})");
  const json::object top = parsed(R"({"x":0})");
  visible.push(top);
  CHECK(stringify(visible.whole()) == R"({"x":0,"y":2,"z":3})");
}

TEST_CASE("a lazy member is made at first use and only once") {
  const json::object low = parsed(R"({"a":1})");
  int made = 0;
  flows::scope visible(low);
  visible.push_lazy("now", [&] {
    ++made;
    return json::value("made");
  });
  CHECK(*visible.find("a") == json::value(1));
  CHECK(made == 0);
  CHECK(*visible.find("now") == json::value("made"));
  CHECK(stringify(visible.whole()) == R"({"a":1,"now":"made"})");
  CHECK(visible.find("now") != nullptr);
  CHECK(made == 1);
  const json::object top = parsed(R"({"now":2})");
  visible.push(top);
  CHECK(*visible.find("now") == json::value(2));
}

TEST_CASE("a root that is no object is seen whole and has no members") {
  const json::value root = parse_json("[1,2]", "text").value();
  const flows::scope visible(root);
  CHECK(&visible.whole() == &root);
  CHECK(visible.root() == &root);
  CHECK(visible.find("length") == nullptr);
}

TEST_CASE("what was looked up is nothing, borrowed or owned") {
  const json::value value("text");
  CHECK(flows::resolved().is_undefined());
  const flows::resolved borrowed(&value);
  CHECK(borrowed.get() == &value);
  CHECK_FALSE(borrowed.is_owned());
  flows::resolved owned{json::value("made")};
  CHECK(owned.is_owned());
  flows::resolved moved = std::move(owned);
  CHECK(*moved.get() == json::value("made"));
  CHECK(std::move(moved).take() == json::value("made"));
  CHECK(flows::resolved(&value).take() == value);
}

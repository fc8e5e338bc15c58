// SPDX-License-Identifier: Apache-2.0
//
// What the recorded cases do not show: limits, places of errors, doubts, the plain library reading,
// cutting into segments, and that looking costs nothing.
#include <millrace/condition.hpp>
#include <millrace/path.hpp>

#include <millrace/limits.hpp>

#include "catch.hpp"

#include <string>

namespace {

using namespace millrace;

json::value parsed(std::string_view text) {
  auto value = parse_json(text, "text");
  INFO(text);
  REQUIRE(value.has_value());
  return *value;
}

/// The value of a path as JSON text, "undefined", or the error's message.
std::string found(std::string_view text, const json::value& root) {
  const auto value = flows::path::compile(text).evaluate(flows::scope(root));
  if (!value)
    return value.error().message();
  return value->is_undefined() ? "undefined" : stringify(*value->get());
}

std::string plainly_found(std::string_view text, const json::value& root) {
  const auto value = flows::json_path::compile(text).evaluate(root);
  if (!value)
    return "error: " + value.error().message();
  return value->is_undefined() ? "undefined" : stringify(*value->get());
}

std::string cut(std::string_view text) {
  std::string out;
  for (const std::string& each : flows::to_path_array(text))
    out += each + "|";
  return out;
}

struct filter_case {
  const char* expression;
  const char* selected;
};

} // namespace

TEST_CASE("a plain path borrows what it finds") {
  const json::value root = parsed(R"({"a":{"b":[{"c":"x"}]}})");
  const flows::scope visible(root);
  const auto value = flows::path::compile("$.a.b[0].c").evaluate(visible);
  REQUIRE(value.has_value());
  CHECK_FALSE(value->is_owned());
  CHECK(value->get() == &root.at("a").at("b").at(0).at("c"));
}

TEST_CASE("a single hit of a descent at the root is borrowed") {
  const json::value root = parsed(R"({"a":{"b":1}})");
  const flows::scope visible(root);
  const auto value = flows::path::compile("$..a").evaluate(visible);
  REQUIRE(value.has_value());
  CHECK(value->get() == root.as_object().if_contains("a"));
}

TEST_CASE("a path that is too long, has too many segments or nests too deep is a problem") {
  const std::size_t depth = flows::limits().expression_depth_max;
  std::string segments = "$";
  std::string dynamic = "$.k";
  for (std::size_t i = 0; i <= depth; ++i) {
    segments += ".a";
    dynamic = "$.m[" + dynamic + "]";
  }
  const std::string longer = "$." + std::string(flows::limits().expression_bytes_max, 'a');
  for (const std::string& text : {segments, dynamic, longer}) {
    const flows::path path = flows::path::compile(text);
    REQUIRE(path.problem() != nullptr);
    CHECK(path.problem()->code() == errc::limit_exceeded);
    const json::value root = parsed("{}");
    const auto value = path.evaluate(flows::scope(root));
    REQUIRE_FALSE(value.has_value());
    CHECK(value.error().code() == errc::limit_exceeded);
  }
  CHECK(flows::path::compile("$.a").problem() == nullptr);
}

TEST_CASE("a malformed filter finds nothing and leaves a doubt that names its place") {
  const json::value root = parsed(R"({"l":[{"a":1}]})");
  CHECK(found("$.l[?(@.a ==)]", root) == "undefined");
  const flows::path path = flows::path::compile("$.l[?(@.a ==)]");
  CHECK(path.problem() == nullptr);
  REQUIRE(path.doubt() != nullptr);
  CHECK(path.doubt()->message() ==
        "The path '$.l[?(@.a ==)]' can find nothing: the expression '@.a ==' is malformed at "
        "character 7: an expression was expected after '=='.");
  CHECK(flows::path::compile("$.l[?(@.a == 1)]").doubt() == nullptr);
}

TEST_CASE("a dynamic key that cannot be resolved names both paths") {
  const json::value root = parsed(R"({"m":{},"k":null})");
  CHECK(found("$.m[$.k]", root) ==
        "Resolution of dynamic path segment failed: Dynamic path segment '$.k' in path "
        "'$.m[$.k]' resolved to null or undefined.");
}

TEST_CASE("dynamic keys nest, index and work inside filters") {
  const json::value root = parsed(R"({"m":{"z":"hit","b c":2},"a":{"y":"z"},"b":"y","k":"b c","i":1,
                 "l":[{"v":[1,2]},{"v":[3,4]}],"w":4})");
  CHECK(found("$.m[$.a[$.b]]", root) == "\"hit\"");
  CHECK(found("$.m[$.k]", root) == "2");
  CHECK(found("$.l[$.i].v[$.i]", root) == "4");
  CHECK(found("$.l[?(@.v[$.i] == 4)]", root) == R"([{"v":[3,4]}])");
  CHECK(found("$.l[?(@.v[1] == $.w)].v[0]", root) == "[3]");
}

TEST_CASE("filters compute with the operators and methods of values") {
  const json::value root = parsed(
      R"({"l":[{"n":"Ann","a":31,"t":["x","y"]},{"n":"Bo","a":-7,"t":[]},{"n":"Zoë","a":null}]})");
  const filter_case cases[] = {
      {"@.a > 5 ? @.n == 'Ann' : @.n == 'Bo'", R"(["Ann","Bo"])"},
      {"(@.a | 1) == -7", R"(["Bo"])"},
      {"@.a >> 1 == 15 && ~@.a == -32", R"(["Ann"])"},
      {"@.a >>> 28 == 15", R"(["Bo"])"},
      {"@.n.toUpperCase() == 'ZOË'", R"(["Zoë"])"},
      {"@.n.length == 3 && @.n.charAt(2) == 'ë'", R"(["Zoë"])"},
      {"@.n.indexOf('n') == 1", R"(["Ann"])"},
      {"@.n.slice(-2) == 'nn'", R"(["Ann"])"},
      {"@.n.split('n').length == 3", R"(["Ann"])"},
      {"@.n.replace(/n/g, 'm') == 'Amm'", R"(["Ann"])"},
      {"@.n.padStart(4, '*') == '**Bo'", R"(["Bo"])"},
      {"@.t && @.t.join('-') == 'x-y'", R"(["Ann"])"},
      {"@.t && @.t.includes('y')", R"(["Ann"])"},
      {"/^[A-M]\\w+$/.test(@.n)", R"(["Ann","Bo"])"},
      {"/^(.)\\1/i.test('aA' + @.n)", R"(["Ann","Bo","Zoë"])"},
      {"/^(?=A)(?!An$)/.test(@.n)", R"(["Ann"])"},
      {"@.n.match(/n{2}/)", R"(["Ann"])"},
      {"@.a.toFixed && @.a.toFixed(1) == '31.0'", "undefined"}, // null has no member
      {"@['n'] === 'Bo'", R"(["Bo"])"},
      {"typeof @.t == 'undefined'", R"(["Zoë"])"},
      {"typeof @.a == 'object'", R"(["Zoë"])"},
      {"@.hasOwnProperty('t')", R"(["Ann","Bo"])"},
      {"@path == \"$[1]\"", R"(["Bo"])"},
      {"@.n.constructor", "undefined"},
      {"@.t.push(1)", "undefined"},
      {"@.n.repeat(1e12)", "Evaluating the path takes more than visited_nodes_max = 10000000 "
                           "steps."},
  };
  for (const filter_case& each : cases) {
    INFO(each.expression);
    CHECK(found("$.l[?(" + std::string(each.expression) + ")].n", root) == each.selected);
  }
}

TEST_CASE("the work of one evaluation is bounded, whatever asks for it") {
  std::string text = "{\"l\":[";
  for (int i = 0; i < 4'000; ++i)
    text += i == 0 ? "1" : ",1";
  const json::value root = parsed(text + "],\"s\":\"" + std::string(64, 'a') + "\"}");
  const flows::scope visible(root);
  const auto limit_of = [&](std::string_view path) {
    const auto value = flows::path::compile(path).evaluate(visible);
    REQUIRE_FALSE(value.has_value());
    return value.error().code();
  };
  CHECK(limit_of("$.l[?($.l.concat($.l).length)]") == errc::limit_exceeded);
  CHECK(limit_of("$.l[?(/^(a+)+$/.test($.s + 'b'))]") == errc::limit_exceeded);
  CHECK(limit_of("$.l[?($.s.split('').join($.s).split('').join($.s + $.s).length)]") ==
        errc::limit_exceeded);
}

TEST_CASE("what a path copies is bounded, not only how many values it selects") {
  const json::value root =
      parsed(R"({"a":{"a":{"a":{"text":")" + std::string(4'000, 'x') + "\"}}}}");
  std::string often = "['a'";
  for (int i = 0; i < 60; ++i)
    often += ",'a'";
  often += "]";
  const auto limit_of = [&](const std::string& path) {
    const auto value = flows::path::compile(path).evaluate(flows::scope(root));
    return value.has_error() && value.error().code() == errc::limit_exceeded;
  };
  CHECK_FALSE(limit_of("$" + often + often)); // 3721 copies of 4 KB
  CHECK(limit_of("$" + often + often + often));
}

TEST_CASE("the parts of a condition and the keys of a path share one bound on their work") {
  const json::value root = parsed(R"({"s":")" + std::string(23, 'a') + R"(","l":[1],"m":{}})");
  const std::string hopeless = "$.l[?(/^(a+)+$/.test($.s + 'b'))]";
  const auto limit_of = [&](const std::string& text) {
    const auto holds = flows::condition::compile(text).holds(flows::scope(root));
    return holds.has_error() && holds.error().code() == errc::limit_exceeded;
  };
  std::string parts = "$.l[?(/^(a+)+$/.test($.s.slice(7) + 'b'))]";
  CHECK_FALSE(limit_of(parts));
  for (int i = 0; i < 6; ++i)
    parts += " || " + parts;
  CHECK(limit_of(parts));
  CHECK(limit_of(hopeless));
}

TEST_CASE("long chains and deep nesting in filters are bounded, not fatal") {
  const json::value root = parsed(R"({"l":[{"a":1}]})");
  std::string chain = "@.a == 0";
  for (int i = 0; i < 10'000; ++i)
    chain += " || @.a == 0";
  CHECK(found("$.l[?(" + chain + " || @.a == 1)].a", root) == "[1]");
  const std::string deep(20'000, '(');
  CHECK(found("$.l[?(" + deep + "1" + std::string(20'000, ')') + ")]", root) == "undefined");
  CHECK(found("$.l[?(" + std::string(20'000, '!') + "1)]", root) == "undefined");
  std::string members = "@";
  for (int i = 0; i < 20'000; ++i)
    members += ".a";
  CHECK(found("$.l[?(" + members + ")]", root) == "undefined");
}

TEST_CASE("a descent deeper than the bound is an error") {
  json::value value(1);
  for (std::size_t i = 0; i < flows::limits().traversal_depth_max + 10; ++i) {
    json::array around;
    around.push_back(std::move(value));
    value = std::move(around);
  }
  const auto result = flows::path::compile("$..x").evaluate(flows::scope(value));
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code() == errc::limit_exceeded);
}

TEST_CASE("hostile texts compile in linear time") {
  const std::size_t large = flows::limits().expression_bytes_max / 16;
  for (const char* const unit : {"['", "[$.", "[?(", "'(", "[", "..", ".'", "@", "*", "^", "~", ";",
                                 "['a',", "@['(", "?(", "\"]"}) {
    std::string text = "$";
    while (text.size() < large)
      text += unit;
    const flows::path path = flows::path::compile(text);
    const json::value root = parsed("{}");
    static_cast<void>(path.evaluate(flows::scope(root)));
    CHECK(path.text() == text);
    static_cast<void>(flows::to_path_array(text + "x"));
    static_cast<void>(flows::condition::compile(text + " == 1"));
  }
}

TEST_CASE("the library reading unwraps one plain hit and reports exceptions") {
  const json::value root = parsed(R"({"l":[{"a":1},{"a":2}],"o":{"a":{"b":1}},"z":0})");
  CHECK(plainly_found("$.l[*].a", root) == "[1,2]");
  CHECK(plainly_found("$.l[0].a", root) == "1");
  CHECK(plainly_found("l[1].a", root) == "2");
  CHECK(plainly_found("$.l[?(@.a>1)]", root) == R"([{"a":2}])");
  CHECK(plainly_found("$.o.a.b^", root) == R"({"b":1})");
  CHECK(plainly_found("$.gone", root) == "undefined");
  CHECK(plainly_found("$", root) == stringify(root));
  CHECK(plainly_found("$.z.x", root) == "undefined");
  CHECK(plainly_found("$.l[?(@.a.b.c)]", root).substr(0, 6) == "error:");
  CHECK(plainly_found("$", json::value(0)) == "undefined");
  const auto all = flows::json_path::compile("$..a").matches(root);
  REQUIRE(all.has_value());
  CHECK(all->size() == 3);
  CHECK(all->front().get() == root.at("l").at(0).as_object().if_contains("a"));
}

TEST_CASE("paths are cut into segments") {
  CHECK(cut("$.a.b[0]['c d']") == "$|a|b|0|c d|");
  CHECK(cut("$") == "$|");
  CHECK(cut("$.") == "$|");
  CHECK(cut("a.b") == "a|b|");
  CHECK(cut("$['x.y'].z") == "$|x.y|z|");
  CHECK(cut("$['it\\'s;']['#1']") == "$|it's;|#1|");
  CHECK(cut("$..a") == "$|..|a|");
  CHECK(cut("$.a[*].b") == "$|a|*|b|");
}

TEST_CASE("a condition that is too long or has too many parts is an error") {
  const json::value root = parsed("{}");
  std::string parts = "$.a";
  for (std::size_t i = 0; i < flows::limits().condition_parts_max; ++i)
    parts += " || $.a";
  const std::string longer = "$." + std::string(flows::limits().expression_bytes_max, 'a');
  for (const std::string& text : {parts, longer}) {
    const auto holds = flows::condition::compile(text).holds(flows::scope(root));
    REQUIRE_FALSE(holds.has_value());
    CHECK(holds.error().code() == errc::limit_exceeded);
  }
}

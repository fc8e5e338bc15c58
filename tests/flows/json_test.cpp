// SPDX-License-Identifier: Apache-2.0
#include <millrace/json.hpp>

#include "catch.hpp"

#include <cmath>
#include <limits>

namespace {

using namespace millrace;

json::value parsed(std::string_view text) {
  auto value = parse_json(text, "text");
  INFO(text);
  REQUIRE(value.has_value());
  return *value;
}

struct round_trip {
  const char* text;
  const char* written;
};

struct malformed {
  const char* text;
  const char* message;
};

} // namespace

TEST_CASE("JSON text is read and written as JavaScript does") {
  const round_trip cases[] = {
      {"{}", "{}"},
      {" [ ] ", "[]"},
      {"\xEF\xBB\xBF[1]", "[1]"},
      {R"({"b":1,"2":2,"1":3,"a":4})", R"({"1":3,"2":2,"b":1,"a":4})"},
      {R"({"a":1,"b":2,"a":3})", R"({"a":3,"b":2})"},
      {"[1.0,-0,1e2,0.30000000000000004]", "[1,0,100,0.30000000000000004]"},
      {"[4.35,0.1,123.456,1e21,1e-7,5e-324]", "[4.35,0.1,123.456,1e+21,1e-7,5e-324]"},
      {"[9007199254740991,9007199254740993,12345678901234567890]",
       "[9007199254740991,9007199254740992,12345678901234567000]"},
      {"[1e400,-1e400,1e-400]", "[null,null,0]"},
      {R"("\u0041\u00e9\ud83d\ude00\/\b\f\n\r\t\"\\")", R"("Aé😀/\b\f\n\r\t\"\\")"},
      {"\"\\u0001\\u001f\x7f\"", "\"\\u0001\\u001f\x7f\""},
      {R"("\ud800x")", "\"\xEF\xBF\xBDx\""},
      {R"([[],{},[{"a":[[]]}],null,true,false])", R"([[],{},[{"a":[[]]}],null,true,false])"},
  };
  for (const round_trip& each : cases)
    CHECK(stringify(parsed(each.text)) == each.written);
}

TEST_CASE("malformed JSON is refused with its place and what was expected") {
  const malformed cases[] = {
      {"", "text: line 1, column 1: expected a value, found the end of the text."},
      {"[1,\n  2\n", "text: line 3, column 1: expected ',' or ']', found the end of the text."},
      {"{\"é\": x}", "text: line 1, column 7: expected a value, found 'x'."},
      {"{\"a\" 1}", "text: line 1, column 6: expected ':' after the member name, found '1'."},
      {"{\"a\":1,}", "text: line 1, column 8: expected a member name in double quotes, found '}'."},
      {"[1 2]", "text: line 1, column 4: expected ',' or ']', found '2'."},
      {"[01]", "text: line 1, column 3: expected no digit after a leading zero, found '1'."},
      {"[1.]", "text: line 1, column 4: expected a digit after '.', found ']'."},
      {"[1e]", "text: line 1, column 4: expected a digit in the exponent, found ']'."},
      {"[+1]", "text: line 1, column 2: expected a value, found '+'."},
      {"tru", "text: line 1, column 4: expected 'true', found the end of the text."},
      {"1 2", "text: line 1, column 3: expected the end of the text, found '2'."},
      {"\"a\nb\"",
       "text: line 1, column 3: expected an escaped control character or '\"', found byte 0x0A."},
      {"\"\xC3(\"", "text: line 1, column 2: expected valid UTF-8, found byte 0xC3."},
      {"\"\xED\xA0\x80\"", "text: line 1, column 2: expected valid UTF-8, found byte 0xED."},
      {"\"\xC0\x80\"", "text: line 1, column 2: expected valid UTF-8, found byte 0xC0."},
      {R"("\x")", "text: line 1, column 3: expected one of \"\\/bfnrtu after '\\', found 'x'."},
      {R"("\u12g4")",
       "text: line 1, column 6: expected four hexadecimal digits after '\\u', found 'g'."},
      {"\"abc", "text: line 1, column 5: expected '\"' at the end of a string, found the end of "
                "the text."},
      {"[1] // no comments", "text: line 1, column 5: expected the end of the text, found '/'."},
  };
  for (const malformed& each : cases) {
    INFO(each.text);
    const auto value = parse_json(each.text, "text");
    REQUIRE_FALSE(value.has_value());
    CHECK(value.error().code() == errc::invalid_syntax);
    CHECK(value.error().message() == each.message);
  }
}

TEST_CASE("bounds on JSON text hold exactly") {
  json_limits limits;
  limits.depth_max = 3;
  limits.text_bytes_max = 20;
  CHECK(parse_json("[[[1]]]", "text", limits).has_value());
  const auto deep = parse_json("[[[[1]]]]", "text", limits);
  REQUIRE_FALSE(deep.has_value());
  CHECK(deep.error().code() == errc::limit_exceeded);
  CHECK(deep.error().message() ==
        "text: line 1, column 4: objects and arrays are nested deeper than depth_max = 3.");
  CHECK(parse_json(std::string(18, ' ') + "12", "text", limits).has_value());
  const auto longer = parse_json(std::string(19, ' ') + "12", "text", limits);
  REQUIRE_FALSE(longer.has_value());
  CHECK(longer.error().code() == errc::limit_exceeded);
  CHECK_FALSE(parse_json(std::string(1'000'000, '['), "text").has_value());
}

TEST_CASE("writing does not depend on how deep a value is nested") {
  constexpr int depth = 20'000;
  json::value value(1);
  for (int i = 0; i < depth; ++i) {
    json::array around;
    around.push_back(std::move(value));
    value = std::move(around);
  }
  CHECK(stringify(value).size() == 2 * depth + 1);
}

TEST_CASE("numbers have one form") {
  CHECK(number(1.0).is_int64());
  CHECK(number(-9007199254740991.0).is_int64());
  CHECK(number(9007199254740992.0).is_double());
  CHECK(number(0.5).is_double());
  CHECK(number(-0.0).is_double());
  CHECK(std::isnan(number(std::numeric_limits<double>::quiet_NaN()).get_double()));
  CHECK(parsed("[1.0]").at(0) == parsed("[1]").at(0));
}

TEST_CASE("pretty printing indents and keeps empty containers short") {
  CHECK(stringify_pretty(parsed(R"({"a":[1,{}],"b":{"c":[]}})"), 2) ==
        "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": {\n    \"c\": []\n  }\n}");
}

TEST_CASE("merging goes into objects and replaces everything else") {
  const json::value base = parsed(R"({"a":{"x":1,"y":[1,2]},"b":1,"c":{"k":1}})");
  const json::value overlay = parsed(R"({"a":{"y":[3],"z":{"q":1}},"b":{"n":1},"c":null,"d":2})");
  CHECK(stringify(deep_merge(base.as_object(), overlay.as_object())) ==
        R"({"a":{"x":1,"y":[3],"z":{"q":1}},"b":{"n":1},"c":null,"d":2})");
}

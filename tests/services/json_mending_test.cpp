// SPDX-License-Identifier: Apache-2.0
//
// Recorded from jsonrepair 3.15, but for the rows at the end.
#include "json_mending.hpp"

#include "catch.hpp"

#include <millrace/json.hpp>

using namespace millrace;
using services::mended_json;

namespace {

struct row {
  const char* text;
  const char* mended; ///< empty: cannot be
};

std::string mended(std::string_view text) {
  const auto made = mended_json(text);
  return made ? stringify(parse_json(*made, "mended").value()) : "";
}

} // namespace

TEST_CASE("what is nearly JSON is mended as jsonrepair mends it") {
  const row rows[] = {
      {R"({"a": 1,})", R"({"a":1})"},
      {"[1, 2,]", "[1,2]"},
      {R"({"a": 1 /* note */})", R"({"a":1})"},
      {R"({"a": "x" /* note */})", R"({"a":"x"})"},
      {"// note\n{\"a\": 1}", R"({"a":1})"},
      {R"({'a': 'b'})", R"({"a":"b"})"},
      {"{a: 1}", R"({"a":1})"},
      {R"({a_b: "x", $c: 2})", R"({"a_b":"x","$c":2})"},
      {R"({"a": True, "b": False, "c": None})", R"({"a":true,"b":false,"c":null})"},
      {R"({"a": undefined})", R"({"a":null})"},
      {R"(["a" "b"])", R"(["a","b"])"},
      {R"({"a": 1 "b": 2})", R"({"a":1,"b":2})"},
      {"{\"a\": 1\n\"b\": 2}", R"({"a":1,"b":2})"},
      {"[1 2]", "[1,2]"},
      {R"({"a": [1, 2)", R"({"a":[1,2]})"},
      {R"({"a": {"b": "c)", R"({"a":{"b":"c"}})"},
      {"{\"a\": \"x\ny\tz\"}", R"({"a":"x\ny\tz"})"},
      {R"({"a": "say \"hi\""})", R"({"a":"say \"hi\""})"},
      {R"({"a": "say "hi" now"})", R"({"a":"say \"hi\" now"})"},
      {R"({"text": "The "big" one, said "he"."})", R"({"text":"The \"big\" one, said \"he\"."})"},
      {R"({"a": b c})", R"({"a":"b c"})"},
      {"[a, b]", R"(["a","b"])"},
      {"{\u201ca\u201d: \u2018b\u2019}", R"({"a":"b"})"},
      {R"({"a": "it's"})", R"({"a":"it's"})"},
      {R"({'a': 'it\'s'})", R"({"a":"it's"})"},
      {R"({"a": `b`})", R"({"a":"b"})"},
      {R"({"a": 1}})", R"({"a":1})"},
      {"[1]]", "[1]"},
      {R"({"a": "b"] })", R"({"a":"b"})"},
      {"[[1, 2}, 3]", ""},
      {R"({"a" 1})", R"({"a":1})"},
      {R"({"a": })", R"({"a":null})"},
      {R"({"a":)", R"({"a":null})"},
      {R"({"a"})", ""},
      {R"({"a" = 1})", ""},
      {R"({"a": "b" + "c"})", R"({"a":"bc"})"},
      {R"({"a": 007})", R"({"a":"007"})"},
      {R"({"a": 12abc})", R"({"a":"12abc"})"},
      {R"({"a": 1; "b": 2})", R"({"a":"1;","b":2})"},
      {R"({"a": "\u26)", R"({"a":""})"},
      {R"({"a": "\q"})", R"({"a":"q"})"},
      {R"({"a": "C:\\x"})", R"({"a":"C:\\x"})"},
      {R"({,"a": 1})", R"({"a":1})"},
      {"[,1]", "[1]"},
      {"[1, ...]", "[1]"},
      {R"({"a": [1, 2, ...], "b": 3})", R"({"a":[1,2],"b":3})"},
      {R"([{"a": 1} {"a": 2}])", R"([{"a":1},{"a":2}])"},
      {R"({"a": "b,"c": 1})", R"({"a":"b","c":1})"},
      {R"({"a": "a // b"})", R"({"a":"a // b"})"},
      {R"({"a": http://x.example/y?z})", R"({"a":"http://x.example/y?z"})"},
      {"{ }", "{}"},
      {R"({"a": [ ], })", R"({"a":[]})"},
      {"{\"a\":\u00a01}", R"({"a":1})"},
      {"{\"a\": \"x\" , \n}", R"({"a":"x"})"},
      // Otherwise than jsonrepair: a sentence is no JSON, and two commas are one.
      {"I cannot", ""},
      {"", ""},
      {"[1,,2]", "[1,2]"},
      {R"({"a": 1,,"b": 2})", R"({"a":1,"b":2})"},
  };
  for (const row& each : rows) {
    INFO(each.text);
    CHECK(mended(each.text) == each.mended);
  }
}

TEST_CASE("whatever is mended is JSON, and mending ends soon") {
  const std::string parts[] = {"{",  "}",  "[",     "]", ",",      ":",    "\"",
                               "'",  "\\", "\\u12", "a", " 1",     "-",    "/*",
                               "//", "\n", "...",   "+", "\u201c", "\x01", "null"};
  // Every row of three parts behind a beginning, and long rows of two.
  for (const std::string& first : parts)
    for (const std::string& second : parts)
      for (const std::string& third : parts)
        for (const char* begin : {"{", "["}) {
          const std::string text = begin + first + second + third;
          INFO(text);
          if (const auto made = mended_json(text))
            CHECK(parse_json(*made, "mended").has_value());
        }
  for (const std::string& first : parts)
    for (const std::string& second : parts) {
      std::string text = "[";
      for (int i = 0; i < 1'000; ++i)
        text += first + second;
      INFO(first << second);
      if (const auto made = mended_json(text))
        CHECK(parse_json(*made, "mended").has_value());
    }
}

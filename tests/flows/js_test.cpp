// SPDX-License-Identifier: Apache-2.0
#include <millrace/js.hpp>

#include "catch.hpp"

#include <cmath>
#include <limits>

namespace {

using namespace millrace;
namespace js = millrace::flows::js;

json::value parsed(std::string_view text) {
  auto value = parse_json(text, "text");
  INFO(text);
  REQUIRE(value.has_value());
  return *value;
}

struct printed {
  double number;
  const char* text;
};

struct numeric_text {
  const char* text;
  double number;
};

struct comparison {
  const char* left;
  const char* right;
  bool loosely;
  bool strictly;
  int less; ///< 1, 0, or -1 for undefined
};

} // namespace

TEST_CASE("numbers print as in JavaScript") {
  const printed cases[] = {
      {0, "0"},
      {-0.0, "0"},
      {1, "1"},
      {-1.5, "-1.5"},
      {0.1 + 0.2, "0.30000000000000004"},
      {1e20, "100000000000000000000"},
      {123456789012345680000.0, "123456789012345680000"},
      {1e21, "1e+21"},
      {1.5e300, "1.5e+300"},
      {0.000001, "0.000001"},
      {0.0000001, "1e-7"},
      {-1.25e-9, "-1.25e-9"},
      {5e-324, "5e-324"},
      {std::numeric_limits<double>::infinity(), "Infinity"},
      {-std::numeric_limits<double>::infinity(), "-Infinity"},
      {std::nan(""), "NaN"},
  };
  for (const printed& each : cases)
    CHECK(js::to_string(each.number) == each.text);
}

TEST_CASE("texts become numbers as in JavaScript") {
  const numeric_text cases[] = {
      {"", 0},
      {"  \t\n", 0},
      {" 42 ", 42},
      {"-1.5e2", -150},
      {".5", 0.5},
      {"5.", 5},
      {"0x1F", 31},
      {"0b101", 5},
      {"0o17", 15},
      {"\xC2\xA0"
       "7",
       7},
      {"+3", 3},
      {"\xEF\xBB\xBF"
       "1",
       1},
      {"Infinity", std::numeric_limits<double>::infinity()},
      {"1e400", std::numeric_limits<double>::infinity()},
  };
  for (const numeric_text& each : cases) {
    INFO(each.text);
    CHECK(js::to_number(std::string_view(each.text)) == each.number);
  }
  for (const char* const text : {"x", "1x", "--1", "0x", "0xg", "-0x1", "inf", "nan", "1e", ".",
                                 "infinity", "1 2", "\xD9\xA1"}) {
    INFO(text);
    CHECK(std::isnan(js::to_number(std::string_view(text))));
  }
}

TEST_CASE("values compare as in JavaScript") {
  // "u" stands for undefined. Equal objects are different objects.
  const comparison cases[] = {
      {"1", "1", true, true, 0},
      {"1", "1.0", true, true, 0},
      {"1", "\"1\"", true, false, 0},
      {"null", "u", true, false, -1},
      {"u", "u", true, true, -1},
      {"null", "0", false, false, 0},
      {"null", "1", false, false, 1},
      {"true", "1", true, false, 0},
      {"false", "\"\"", true, false, 0},
      {"\"a\"", "\"b\"", false, false, 1},
      {"\"10\"", "\"9\"", false, false, 1},
      {"\"10\"", "9", false, false, 0},
      {"\"x\"", "1", false, false, -1},
      {"[5]", "5", true, false, 0},
      {"[1,[2,null]]", "\"1,2,\"", true, false, 0},
      {"[]", "false", true, false, 0},
      {"{}", "\"[object Object]\"", true, false, 0},
      {"{}", "{}", false, false, 0},
      {"[1]", "[1]", false, false, 0},
      {"[1]", "[2]", false, false, 1},
  };
  for (const comparison& each : cases) {
    INFO(each.left << " and " << each.right);
    const bool left_undefined = each.left == std::string_view("u");
    const bool right_undefined = each.right == std::string_view("u");
    const json::value left_value = left_undefined ? json::value() : parsed(each.left);
    const json::value right_value = right_undefined ? json::value() : parsed(each.right);
    const json::value* const left = left_undefined ? nullptr : &left_value;
    const json::value* const right = right_undefined ? nullptr : &right_value;
    CHECK(js::loosely_equal(left, right) == each.loosely);
    CHECK(js::loosely_equal(right, left) == each.loosely);
    CHECK(js::strictly_equal(left, right) == each.strictly);
    const auto less = js::less_than(left, right);
    CHECK((less ? static_cast<int>(*less) : -1) == each.less);
  }
}

TEST_CASE("an object is equal to itself, NaN is not") {
  const json::value object = parsed("{}");
  CHECK(js::loosely_equal(&object, &object));
  CHECK(js::strictly_equal(&object, &object));
  const json::value nan(std::nan(""));
  CHECK_FALSE(js::loosely_equal(&nan, &nan));
  CHECK_FALSE(js::strictly_equal(&nan, &nan));
}

TEST_CASE("falsy values are undefined, null, false, zero, NaN and the empty text") {
  CHECK_FALSE(js::truthy(nullptr));
  for (const char* const text : {"null", "false", "0", "-0.0", "\"\""}) {
    const json::value value = parsed(text);
    CHECK_FALSE(js::truthy(&value));
  }
  const json::value nan(std::nan(""));
  CHECK_FALSE(js::truthy(&nan));
  for (const char* const text : {"true", "-1", "0.1", "\"0\"", "\" \"", "[]", "{}"}) {
    const json::value value = parsed(text);
    CHECK(js::truthy(&value));
  }
}

TEST_CASE("texts are measured and ordered by their UTF-16 units") {
  CHECK(js::utf16_length("") == 0);
  CHECK(js::utf16_length("aé한😀") == 5);
  CHECK(js::compare_utf16("a", "a") == 0);
  CHECK(js::compare_utf16("a", "ab") < 0);
  CHECK(js::compare_utf16("b", "ab") > 0);
  CHECK(js::compare_utf16("é", "z") > 0);
  CHECK(js::compare_utf16("😀", "\xEF\xBC\xA1") < 0); // surrogates before U+FF21
  CHECK(js::compare_utf16("\xED\x9F\xBF", "😀") < 0); // U+D7FF before surrogates
  CHECK(js::compare_utf16("😀", "\xF0\x9F\x98\x81") < 0);
}

TEST_CASE("integer-like names come first, in ascending order") {
  CHECK(js::as_index("0") == 0U);
  CHECK(js::as_index("4294967294") == 4294967294U);
  for (const char* const text : {"", "01", "-1", "1.0", "4294967295", "99999999999", "x", "1x"}) {
    INFO(text);
    CHECK_FALSE(js::as_index(text).has_value());
  }
  const json::value value = parsed(R"({"b":0,"10":0,"9":0,"a":0,"01":0})");
  std::string order;
  for (const json::key_value_pair* const member : js::members(value.as_object()))
    order.append(member->key()).append(1, ' ');
  CHECK(order == "9 10 b a 01 ");
  CHECK(js::has_index_names(value.as_object()));
  CHECK_FALSE(js::has_index_names(parsed(R"({"b":0,"01":0})").as_object()));
}

// SPDX-License-Identifier: Apache-2.0
//
// join-data where the conformance cases leave something open: tables without rows, odd rows, odd
// column names, limits.
#include "step_call.hpp"

#include "module_limits.hpp"

#include "catch.hpp"

using namespace millrace;
using namespace millrace::testing;

namespace {

/// Joins two tables (arrays for JSON, texts for CSV) with further parameters.
step_result join(json::value left, json::value right, const char* type, std::string_view more) {
  json::object input = parsed(more).as_object();
  input["left_format"] = left.is_string() ? "csv" : "json";
  input["right_format"] = right.is_string() ? "csv" : "json";
  input["left_source"] = std::move(left);
  input["right_source"] = std::move(right);
  input["join_type"] = type;
  input.emplace("output_format", "json");
  return run({"system/join-data", std::move(input)});
}

std::string joined(std::string_view left, std::string_view right, const char* type,
                   std::string_view more = R"({"join_keys":["k"]})") {
  const step_result outcome = join(parsed(left), parsed(right), type, more);
  return outcome ? stringify(outcome->at("result"))
                 : outcome.error().name + ": " + outcome.error().message;
}

/// `count` rows with the same key.
json::array equal_rows(std::size_t count) {
  return json::array(count, json::value{{"k", 1}});
}

} // namespace

TEST_CASE("two empty tables join to nothing, whatever the type") {
  for (const char* const type : {"inner", "left", "right", "outer"}) {
    CHECK(joined("[]", "[]", type) == "[]");
  }
}

TEST_CASE("an empty CSV table still has the columns of its header") {
  CHECK(joined(R"("k,a\n")", R"([{"k":1,"b":2}])", "right") == R"([{"k":1,"a":null,"b":2}])");
  CHECK(joined(R"([{"k":1,"b":2}])", R"("k,b,c\n")", "outer") ==
        R"([{"k":1,"b_left":2,"b_right":null,"c":null}])");
  CHECK(joined(R"([{"k":1}])", R"("other\n")", "left") ==
        "PermanentStepError: Join key 'k' not found in right data source columns.");
}

TEST_CASE("an outer join keeps every row of both sides once") {
  CHECK(joined(R"([{"k":1,"a":1},{"k":1,"a":2},{"k":2,"a":3}])",
               R"([{"k":3,"b":4},{"k":1,"b":5},{"k":3,"b":6}])", "outer") ==
        R"([{"k":1,"a":1,"b":5},{"k":1,"a":2,"b":5},{"k":2,"a":3,"b":null},)"
        R"({"k":3,"a":null,"b":4},{"k":3,"a":null,"b":6}])");
}

TEST_CASE("keys are equal when their texts are, and null only to null and to a missing value") {
  CHECK(joined(R"([{"k":1.0},{"k":[1,[2]]},{"k":{}}])", R"([{"k":"1"},{"k":"1,2"},{"k":"x"}])",
               "inner") == R"([{"k":1},{"k":[1,[2]]}])");
  CHECK(joined(R"([{"k":"","a":1},{"k":null,"a":2},{"a":3}])",
               R"([{"k":null,"b":4},{"k":"null","b":5},{"k":"-","b":6}])",
               "inner") == R"([{"k":null,"a":2,"b":4},{"a":3,"b":4}])");
}

TEST_CASE("the lengths and texts of composite keys cannot be mistaken for one another") {
  const char* const keys = R"({"join_keys":["a","b"]})";
  CHECK(joined(R"([{"a":"1:x","b":""}])", R"([{"a":"","b":"1:x"}])", "inner", keys) == "[]");
  CHECK(joined(R"([{"a":"-","b":null}])", R"([{"a":null,"b":"-"}])", "inner", keys) == "[]");
  CHECK(joined(R"([{"a":"x","b":null}])", R"([{"a":"x","b":null}])", "inner", keys) ==
        R"([{"a":"x","b":null}])");
}

TEST_CASE("a right column that no row has gives no value where rows match and null where not") {
  CHECK(joined(R"([{"k":1},{"k":2}])", R"([{"k":1,"b":1}])", "left",
               R"({"join_keys":["k"],"right_select_columns":["zz"]})") ==
        R"([{"k":1},{"k":2,"zz":null}])");
}

TEST_CASE("no selected columns means the keys alone") {
  CHECK(joined(R"([{"k":1}])", R"([{"k":1,"b":1}])", "inner",
               R"({"join_keys":["k"],"right_select_columns":[]})") == R"([{"k":1}])");
}

TEST_CASE("columns are those of the first row") {
  CHECK(joined(R"([{"k":1},{"k":2,"late":1}])", R"([{"k":2},{"k":1,"late":2}])", "inner") ==
        R"([{"k":1},{"k":2}])");
}

TEST_CASE("rows that are arrays have their indices as columns") {
  CHECK(joined(R"([[1,"a"],[2,"b"]])", R"([[2,"x"]])", "inner", R"({"join_keys":["0"]})") ==
        R"([{"0":2,"1_left":"b","1_right":"x"}])");
}

TEST_CASE("rows that are null fail the step, rows that are scalars have no columns") {
  CHECK(joined(R"([{"k":1},null])", R"([{"k":1}])", "inner").find("TypeError: ") == 0);
  CHECK(joined(R"([{"k":1}])", R"([{"k":1},null])", "inner").find("TypeError: ") == 0);
  CHECK(joined(R"([null])", R"([{"k":1}])", "inner") ==
        "PermanentStepError: Join key 'k' not found in left data source columns.");
  CHECK(joined(R"([{"k":1},5,"text"])", R"([{"k":1}])", "left") == R"([{"k":1},{},{}])");
}

TEST_CASE("CSV output has integer-like columns first, as members are listed") {
  const step_result outcome = join(parsed(R"([{"b":1,"10":2}])"), parsed(R"([{"b":1,"2":3}])"),
                                   "inner", R"({"join_keys":["b"],"output_format":"csv"})");
  CHECK(outcome.value().at("result").as_string() == "2,10,b\n3,2,1");
}

TEST_CASE("one error names everything that is wrong with the configuration") {
  const std::string text =
      run_text("system/join-data", R"({"left_format":"csv","left_source":[],"right_format":"xml",)"
                                   R"("key_mappings":[{"left":""}],"join_type":"inner",)"
                                   R"("right_select_columns":[1],"output_format":"json"})");
  CHECK(text ==
        "PermanentStepError: Invalid input for join-data: 'left_source' must be a text but "
        "is array; 'right_format' must be one of csv, json but is \"xml\"; every element of "
        "'key_mappings' needs a column name as 'left'; every element of 'key_mappings' "
        "needs a column name as 'right'; 'right_select_columns' must hold texts only.");
}

TEST_CASE("a join that multiplies rows beyond the limit fails before it takes the memory") {
  const step_result fits =
      join(equal_rows(1000), equal_rows(1000), "inner", R"({"join_keys":["k"]})");
  CHECK(fits.value().at("rowCount") ==
        json::value(static_cast<std::int64_t>(steps::limits().joined_rows_max)));
  const step_result outcome =
      join(equal_rows(1001), equal_rows(1000), "outer", R"({"join_keys":["k"]})");
  REQUIRE(outcome.has_error());
  CHECK(outcome.error().name == "PermanentStepError");
  CHECK(outcome.error().message.find("joined_rows_max (1000000)") != std::string::npos);
}

TEST_CASE("a join of many rows and many columns fails before it takes the memory") {
  json::object wide{{"k", 1}};
  for (int i = 0; i < 200; ++i) {
    wide.emplace("c" + std::to_string(i), i);
  }
  const step_result outcome =
      join(equal_rows(300), json::array(300, json::value(wide)), "inner", R"({"join_keys":["k"]})");
  REQUIRE(outcome.has_error());
  CHECK(outcome.error().message.find("joined_values_max (10000000)") != std::string::npos);
}

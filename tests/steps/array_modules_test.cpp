// SPDX-License-Identifier: Apache-2.0
//
// array-aggregator, flatten-array, generate-array and compose-object-from-input, where the
// conformance cases leave something open.
#include "step_call.hpp"

#include "module_limits.hpp"

#include "catch.hpp"

#include <cmath>

using namespace millrace;
using namespace millrace::testing;

TEST_CASE("min and max tell the zeros apart as JavaScript does") {
  const auto zero_of = [](const char* operation) {
    step_call call{"system/array-aggregator", {}};
    call.input = {{"array", {0.0, -0.0, 0.0}}, {"operation", operation}};
    return run(call).value().at("result").to_number<double>();
  };
  CHECK(std::signbit(zero_of("min")));
  CHECK_FALSE(std::signbit(zero_of("max")));
  CHECK_FALSE(std::signbit(zero_of("sum")));
}

TEST_CASE("an empty path aggregates the elements themselves") {
  CHECK(run_text("system/array-aggregator", R"({"array":[1,2],"path":"","operation":"sum"})") ==
        R"({"result":3})");
}

TEST_CASE("a large array is aggregated like a small one") {
  json::array numbers;
  for (int i = 1; i <= 200'000; ++i) {
    numbers.emplace_back(i);
  }
  step_call call{"system/array-aggregator", {}};
  call.input = {{"array", std::move(numbers)}, {"operation", "max"}};
  CHECK(run(call).value() == parsed(R"({"result":200000})"));
}

TEST_CASE("one error names every wrong parameter") {
  CHECK(run_text("system/array-aggregator", R"({"array":{},"path":1,"operation":"median"})") ==
        "Error: Invalid input for system/array-aggregator: 'array' must be an array but is object; "
        "'path' must be a text but is number; 'operation' must be one of min, max, sum, avg but is "
        "\"median\".");
}

TEST_CASE("a null in the input hides a default and is a value of the wrong type") {
  step_call call{"system/generate-array", {{"count", nullptr}}};
  call.custom_config = {{"count", 2}};
  CHECK(run(call).has_error());
  call.input = {};
  CHECK(run(call).value() == parsed(R"({"array":[0,1]})"));
}

TEST_CASE("flattening goes one level deep however deep the rest is") {
  const std::string deep = std::string(100, '[') + "1" + std::string(100, ']');
  CHECK(run_text("system/flatten-array", R"({"array":[)" + deep + "]}") ==
        R"({"result":[)" + deep.substr(1, deep.size() - 2) + "]}");
}

TEST_CASE("generate-array refuses what is no count, and more than its limit") {
  const std::size_t limit = steps::limits().generated_items_max;
  const auto generate = [](double count) {
    return run({"system/generate-array", {{"count", number(count)}}});
  };
  CHECK(generate(0).value() == parsed(R"({"array":[]})"));
  CHECK(generate(static_cast<double>(limit)).value().at("array").as_array().size() == limit);
  for (const double count : {-1.0, 0.5}) {
    CHECK(generate(count).error().name == "Error");
  }
  for (const double count : {static_cast<double>(limit) + 1, 4294967296.0, 1e300}) {
    const step_result outcome = generate(count);
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().name == "RangeError");
    CHECK(outcome.error().message ==
          "Invalid array length: 'count' of system/generate-array is above generated_items_max "
          "(1000000).");
  }
}

TEST_CASE("a composed object has the defaults' names first and the input's values") {
  step_call call{"system/compose-object-from-input", {{"b", 1}, {"a", 2}}};
  call.custom_config = {{"z", 0}, {"a", "default"}};
  CHECK(stringify(run(call).value()) == R"({"z":0,"a":2,"b":1})");
}

// SPDX-License-Identifier: Apache-2.0
#include "step_call.hpp"

#include "catch.hpp"

using namespace millrace;
using namespace millrace::testing;

TEST_CASE("a generated UUID is of version 4 and a function of the request's random bits") {
  step_call call{"system/generate-uuid", {}};
  const auto uuid = [&call](std::uint64_t high, std::uint64_t low) {
    call.high = high;
    call.low = low;
    return run(call).value().at("uuid").as_string();
  };
  CHECK(uuid(0, 0) == "00000000-0000-4000-8000-000000000000");
  CHECK(uuid(~std::uint64_t{0}, ~std::uint64_t{0}) == "ffffffff-ffff-4fff-bfff-ffffffffffff");
  CHECK(uuid(random_high, random_low) == "01234567-89ab-4def-bedc-ba9876543210");
}

TEST_CASE("prefix and suffix must be texts") {
  CHECK(run_text("system/generate-uuid", R"({"prefix":1,"suffix":null})") ==
        "Error: Invalid input for system/generate-uuid: 'prefix' must be a text but is number; "
        "'suffix' must be a text but is null.");
}

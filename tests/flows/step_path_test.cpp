// SPDX-License-Identifier: Apache-2.0
//
// The list of steps that a path has entered.
#include <millrace/json.hpp>
#include <millrace/step_path.hpp>

#include "catch.hpp"

using namespace millrace;

TEST_CASE("a path gives back the ids it got, however many there are and however often they come") {
  for (const std::size_t different : {1U, 15U, 16U, 17U, 300U}) {
    flows::step_path path;
    std::vector<std::string> entered;
    for (std::size_t i = 0; i < 1000; ++i) {
      entered.push_back("step \"" + std::to_string(i * 7 % different) + "\"");
      path.push_back(entered.back());
    }
    INFO(different << " different ids");
    REQUIRE(path.size() == entered.size());
    CHECK(path.to_vector() == entered);
    CHECK(path[999] == entered[999]);
    CHECK(path.to_json_text() ==
          stringify(json::value(json::array(entered.begin(), entered.end()))));
  }
}

TEST_CASE("a path that entered nothing is an empty list") {
  CHECK(flows::step_path().to_json_text() == "[]");
  CHECK(flows::step_path().to_vector().empty());
}

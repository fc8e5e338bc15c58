// SPDX-License-Identifier: Apache-2.0
#include <millrace/names.hpp>

#include "catch.hpp"

#include <string>
#include <vector>

using millrace::flows::list_names;
using millrace::flows::nearest_name;

TEST_CASE("the nearest name is one that is a slip away") {
  const std::vector<std::string_view> names{"validate_order", "end", "ship"};
  CHECK(nearest_name("valdate_order", names) == "validate_order");
  CHECK(nearest_name("Validate_Order", names) == "validate_order");
  CHECK(nearest_name("hsip", names) == "ship");
  CHECK(nearest_name("End", names) == "end");
  CHECK(nearest_name("shop", names) == "ship");
  CHECK_FALSE(nearest_name("validate", names));
  CHECK_FALSE(nearest_name("and", names));
  CHECK_FALSE(nearest_name("end", {"end"}));
  CHECK_FALSE(nearest_name("", names));
  CHECK_FALSE(nearest_name(std::string(1000, 'x'), {std::string_view("xx")}));
}

TEST_CASE("lists of names are cut with a count of the rest") {
  CHECK(list_names({}) == "");
  CHECK(list_names({"a"}) == "\"a\"");
  CHECK(list_names({"a", "b"}) == "\"a\" or \"b\"");
  CHECK(list_names({"a", "b", "c"}) == "\"a\", \"b\" or \"c\"");
  const std::vector<std::string_view> many(15, "x");
  const std::string list = list_names(many);
  CHECK(list.substr(list.size() - 10) == " or 3 more");
}

// SPDX-License-Identifier: Apache-2.0
#include "csv.hpp"

#include "step_call.hpp"

#include "catch.hpp"

using namespace millrace;
using namespace millrace::testing;

namespace {

std::string rows_of(std::string_view text) {
  return stringify(steps::parse_csv(text).rows);
}

} // namespace

TEST_CASE("a table without rows has its header, a blank text has nothing") {
  CHECK(steps::parse_csv(" a,b \n").header == std::vector<std::string>{"a", "b"});
  CHECK(steps::parse_csv(" a,b \n").rows.empty());
  for (const char* const blank : {"", " \r\n\t", "\xEF\xBB\xBF", "\xC2\xA0\xE3\x80\x80"}) {
    CHECK(steps::parse_csv(blank).header.empty());
    CHECK(steps::parse_csv(blank).rows.empty());
  }
}

TEST_CASE("fields are cut at commas and lines at line breaks, outside quotes") {
  CHECK(rows_of("a,b\n1,2\r\n3,4") == R"([{"a":"1","b":"2"},{"a":"3","b":"4"}])");
  CHECK(rows_of("a,b\n\"1,x\",\"say \"\"hi\"\"\"") == R"([{"a":"1,x","b":"say \"hi\""}])");
  CHECK(rows_of("\"a,x\",b\n1,2") == R"([{"a,x":"1","b":"2"}])");
  CHECK(rows_of("a,b\nx\"y,1\"z,2") == R"([{"a":"xy,1z","b":"2"}])");
}

TEST_CASE("blank lines and rows of another length than the header are left out") {
  CHECK(rows_of("a,b\n\n1,2\n \t\n3\n4,5,6\n7,8\n") == R"([{"a":"1","b":"2"},{"a":"7","b":"8"}])");
}

TEST_CASE("a properly quoted field holds line breaks") {
  CHECK(rows_of("a,b\n\"1\n2\",x\n3,\"y\r\n\r\nz\"") ==
        R"([{"a":"1\n2","b":"x"},{"a":"3","b":"y\r\n\r\nz"}])");
  CHECK(rows_of("\"a\nx\",b\n1,2") == R"([{"a\nx":"1","b":"2"}])");
  CHECK(rows_of("a,b\n\"1,\"\"\n2\",x") == R"([{"a":"1,\"\n2","b":"x"}])");
}

TEST_CASE("a stray quote spoils its own line only") {
  CHECK(rows_of("a,b\n\"1,2\n3,4") == R"([{"a":"3","b":"4"}])");
  CHECK(rows_of("a,b\n1,\"x\n3,4") == R"([{"a":"1","b":"x"},{"a":"3","b":"4"}])");
  CHECK(rows_of("a,b\n1,5\"\n3,6\"\n7,8") ==
        R"([{"a":"1","b":"5"},{"a":"3","b":"6"},{"a":"7","b":"8"}])");
}

TEST_CASE("what is written as a field is read as that field") {
  for (const char* const text : {"", "plain", "a,b", "say \"hi\"", "two\nlines", "\"", "\",\"\n"}) {
    std::string csv = "key,value\nk,";
    steps::append_csv_field(csv, text);
    INFO(csv);
    const json::array rows = steps::parse_csv(csv).rows;
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].at("value").as_string() == text);
  }
}

TEST_CASE("many unclosed quotes are read in linear time") {
  std::string csv = "a,b\n";
  for (int i = 0; i < 100'000; ++i) {
    csv += "\"\"\"x,\"\"\"\"\n";
  }
  CHECK(steps::parse_csv(csv).rows.empty());
}

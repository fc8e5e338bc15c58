// SPDX-License-Identifier: Apache-2.0
//
// The conformance files have the form that the tests rely on when they make one test of each line.
#include "catch.hpp"
#include "conformance.hpp"

#include <set>
#include <string>
#include <string_view>
#include <utility>

using namespace millrace;
using namespace millrace::testing;

namespace {

struct counted_file {
  std::string_view name;
  std::size_t cases;
};

/// Every case counts: one that gets lost is not missed by its own test.
constexpr counted_file files[] = {
    {"condition.json", 187}, {"flow.json", 218},     {"jsonpath.json", 230},
    {"mapping.json", 83},    {"objects.json", 103},  {"parity.json", 198},
    {"quirks.json", 198},    {"template.json", 208}, {"transform.json", 110},
};

std::string text_of(const json::value& row, std::string_view key) {
  const json::value* const text = row.as_object().if_contains(key);
  return text != nullptr ? std::string(text->as_string()) : std::string();
}

} // namespace

TEST_CASE("a conformance file holds one case a line, each with a name of its own") {
  for (const counted_file& file : files) {
    INFO(file.name);
    const json::value whole = load_json("tests/conformance/" + std::string(file.name));
    const auto lines = case_lines(file.name);
    REQUIRE(lines.size() == whole.as_array().size());
    CHECK(lines.size() == file.cases);
    std::set<std::pair<std::string, std::string>> names;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      INFO(lines[i].text);
      const json::value& row = whole.as_array()[i];
      CHECK(lines[i].number == i + 1);
      CHECK(lines[i].name == text_of(row, "name"));
      CHECK(lines[i].area == text_of(row, "area"));
      CHECK(names.emplace(lines[i].area, lines[i].name).second);
    }
  }
}

TEST_CASE("every quirk belongs to a file of cases and is decided") {
  for (const case_line& line : case_lines("quirks.json")) {
    INFO(line.name);
    conformance_case quirk = read_case(line);
    CHECK_FALSE(case_lines(quirk.area + ".json").empty());
    CHECK_NOTHROW(decide(quirk));
  }
}

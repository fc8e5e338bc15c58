// SPDX-License-Identifier: Apache-2.0
//
// The README says what is so: its program is the one that is compiled and run, its commands and
// links exist, and what it calls missing is missing.
#include "catch.hpp"

#include <millrace/step_handler.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

namespace {

const std::string root = MILLRACE_SOURCE_DIR "/";

std::string read(const std::string& path) {
  std::ifstream stream(root + path, std::ios::binary);
  REQUIRE(stream);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string between(const std::string& text, std::string_view from, std::string_view to) {
  const std::size_t begin = text.find(from);
  REQUIRE(begin != std::string::npos);
  const std::size_t end = text.find(to, begin + from.size());
  REQUIRE(end != std::string::npos);
  return text.substr(begin + from.size(), end - begin - from.size());
}

// The first group of every match.
std::vector<std::string> all_matches(const std::string& text, const std::string& pattern) {
  const std::regex wanted(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), wanted), end; at != end; ++at)
    found.push_back((*at)[1].str());
  return found;
}

} // namespace

TEST_CASE("the program in the README is the one that is compiled and run") {
  CHECK(between(read("README.md"), "```cpp\n", "```\n") == read("examples/embed/main.cpp"));
}

TEST_CASE("every ./dev command that the README names exists") {
  const std::string commands = read("dev");
  const auto named = all_matches(read("README.md"), R"(\./dev ([a-z-]+))");
  REQUIRE_FALSE(named.empty());
  for (const std::string& name : named) {
    INFO(name);
    CHECK(commands.find("\n  " + name + " ") != std::string::npos);
  }
}

TEST_CASE("every file that the documents link to is there") {
  for (const std::string document :
       {"README.md", "docs/graph-and-coverage.md", "docs/implementation.md", "docs/parity.md",
        "docs/step-types.md", "docs/performance.md", "docs/testing-flows.md",
        "tests/conformance/README.md", "bench/README.md"}) {
    const auto folder = std::filesystem::path(root + document).parent_path();
    for (const std::string& link : all_matches(read(document), R"(\]\(([^):#]+)[^):]*\))")) {
      INFO(document << " links to " << link);
      CHECK(std::filesystem::exists(folder / link));
    }
  }
}

TEST_CASE("no step type or module that can run is called missing in the README") {
  const std::string missing = between(read("README.md"), "## What it does not do yet", "\n## ");
  REQUIRE_FALSE(missing.empty());
  const auto registry = millrace::steps::registry::with_system_modules();
  for (const millrace::steps::identifier& each : millrace::steps::identifiers()) {
    INFO(each.name);
    if (!registry.stands_in(each.name).empty())
      CHECK(missing.find("`" + std::string(each.name) + "`") == std::string::npos);
  }
}

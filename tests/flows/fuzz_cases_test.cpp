// SPDX-License-Identifier: Apache-2.0
//
// The fuzz targets (fuzz/) on inputs that are kept: those that once broke a promise, and the seeds
// that fuzzing begins with.
#include "targets.hpp"

#include "catch.hpp"
#include "seeds.hpp"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace fs = std::filesystem;
using namespace millrace;

namespace {

const fs::path kept_inputs = fs::path(MILLRACE_SOURCE_DIR) / "tests/flows/data/fuzz";

std::string read(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  REQUIRE(stream);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// What `input` breaks, or "nothing".
std::string broken_by(const fuzz::target& target, std::string_view input) {
  try {
    target.run(input);
  } catch (const std::exception& failure) {
    return failure.what();
  }
  return "nothing";
}

} // namespace

TEST_CASE("no input that once broke a promise breaks one again") {
  for (const fs::directory_entry& folder : fs::directory_iterator(kept_inputs)) {
    const auto target =
        std::find_if(fuzz::targets.begin(), fuzz::targets.end(), [&](const fuzz::target& each) {
          return each.name == folder.path().filename();
        });
    INFO(folder.path());
    REQUIRE(target != fuzz::targets.end());
    for (const fs::directory_entry& file : fs::directory_iterator(folder)) {
      INFO(file.path());
      CHECK(broken_by(*target, read(file.path())) == "nothing");
    }
  }
}

TEST_CASE("the inputs of the conformance cases keep every promise that is fuzzed") {
  for (const fuzz::target& target : fuzz::targets) {
    const std::set<std::string> seeds = fuzz::seeds_of(target.name);
    CHECK(seeds.size() >= 100);
    for (const std::string& seed : seeds) {
      INFO(target.name << ": " << seed);
      CHECK(broken_by(target, seed) == "nothing");
    }
  }
}

TEST_CASE("a broken promise is noticed") {
  const fuzz::target broken{"broken", [](std::string_view) { throw fuzz::broken_promise("it"); }};
  CHECK(broken_by(broken, "") == "it");
}

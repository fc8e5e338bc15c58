// SPDX-License-Identifier: Apache-2.0
//
// Every recorded path case, and every path quirk as parity.json decides it.
#include <millrace/path.hpp>

#include "catch.hpp"
#include "conformance.hpp"

namespace {

using namespace millrace;

void check(const testing::conformance_case& each) {
  INFO(each.name);
  const flows::path path =
      flows::path::compile(std::string_view(each.given.at("path").as_string()));
  INFO(path.text());
  const flows::scope visible(each.given.at("data"));
  const auto found = path.evaluate(visible);
  std::string why;
  testing::bindings seen;
  const std::string failure = found ? std::string() : found.error().message();
  const bool agrees =
      testing::outcome_matches(each.expect.as_object(), found ? found->get() : nullptr,
                               found ? nullptr : &failure, seen, &why);
  INFO(why);
  CHECK(agrees);
}

} // namespace

TEST_CASE("paths give what the reference recorded") {
  for (const testing::conformance_case& each : testing::load_cases("jsonpath.json"))
    check(each);
}

TEST_CASE("quirks of paths are decided, and every decision holds") {
  for (const testing::conformance_case& each : testing::load_decided_quirks("jsonpath"))
    check(each);
}

TEST_CASE("a path case gives the same when its root is a layer of a scope") {
  for (const testing::conformance_case& each : testing::load_cases("jsonpath.json")) {
    const json::value& data = each.given.at("data");
    if (!data.is_object())
      continue;
    INFO(each.name);
    const flows::path path =
        flows::path::compile(std::string_view(each.given.at("path").as_string()));
    const json::object nothing;
    flows::scope layers(data.get_object());
    layers.push(nothing);
    const auto whole = path.evaluate(flows::scope(data));
    const auto layered = path.evaluate(layers);
    REQUIRE(whole.has_value() == layered.has_value());
    if (!whole)
      continue;
    REQUIRE(whole->is_undefined() == layered->is_undefined());
    if (!whole->is_undefined())
      CHECK(*whole->get() == *layered->get());
  }
}

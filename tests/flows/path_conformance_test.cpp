// SPDX-License-Identifier: Apache-2.0
//
// Every recorded path case, and every path quirk as parity.json decides it; a path gives the same
// when its root is a layer of a scope.
#include <millrace/path.hpp>

#include "catch.hpp"
#include "conformance_tests.hpp"

namespace {

using namespace millrace;

void check_layered(const flows::path& path, const json::value& data) {
  if (!data.is_object())
    return;
  const json::object nothing;
  flows::scope layers(data.get_object());
  layers.push(nothing);
  const auto whole = path.evaluate(flows::scope(data));
  const auto layered = path.evaluate(layers);
  REQUIRE(whole.has_value() == layered.has_value());
  if (!whole)
    return;
  REQUIRE(whole->is_undefined() == layered->is_undefined());
  if (!whole->is_undefined())
    CHECK(*whole->get() == *layered->get());
}

void check(const testing::conformance_case& each) {
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
  check_layered(path, each.given.at("data"));
}

const testing::conformance_tests cases("jsonpath", check);

} // namespace

// SPDX-License-Identifier: Apache-2.0
//
// Filter policies of subscriptions, and signatures of webhooks.
#include "message_filter.hpp"
#include "request_signature.hpp"

#include "catch.hpp"

#include <string>

using namespace millrace;

namespace {

json::object object_of(std::string text) {
  for (char& c : text)
    if (c == '\'')
      c = '"';
  return parse_json(text, "test").value().get_object();
}

constexpr const char* attributes = R"({
  'kind': {'DataType': 'String', 'StringValue': 'order'},
  'size': {'DataType': 'Number', 'StringValue': '5.0'},
  'tags': {'DataType': 'String.Array', 'StringValue': '[\u0022new\u0022, \u0022big\u0022]'}})";

} // namespace

TEST_CASE("a filter policy lets through what all of its members allow") {
  struct row {
    const char* policy;
    bool passes;
  };
  const row rows[] = {
      {"{}", true},
      {"{'kind': ['order']}", true},
      {"{'kind': ['bill', 'order']}", true},
      {"{'kind': ['bill']}", false},
      {"{'kind': ['order'], 'size': [6]}", false},
      {"{'kind': ['order'], 'size': [5]}", true},
      {"{'size': ['5.0']}", false},
      {"{'tags': ['big']}", true},
      {"{'tags': ['small']}", false},
      {"{'missing': ['x']}", false},
      {"{'kind': [{'prefix': 'ord'}]}", true},
      {"{'kind': [{'prefix': 'rd'}]}", false},
      {"{'size': [{'prefix': '5'}]}", false},
      {"{'kind': [{'anything-but': 'order'}]}", false},
      {"{'kind': [{'anything-but': ['bill', 'note']}]}", true},
      {"{'missing': [{'anything-but': 'x'}]}", false},
      {"{'kind': [{'exists': true}]}", true},
      {"{'kind': [{'exists': false}]}", false},
      {"{'missing': [{'exists': false}]}", true},
      {"{'kind': ['bill', {'prefix': 'o'}]}", true},
  };
  const json::object given = object_of(attributes);
  for (const row& each : rows) {
    INFO(each.policy);
    const json::object policy = object_of(each.policy);
    REQUIRE_FALSE(services::why_no_filter(policy).has_value());
    CHECK(services::passes(policy, &given) == each.passes);
  }
  CHECK_FALSE(services::passes(object_of("{'kind': ['order']}"), nullptr));
  CHECK(services::passes({}, nullptr));
}

TEST_CASE("what is no filter policy is named") {
  for (const char* policy :
       {"{'a': 'order'}", "{'a': []}", "{'a': [[]]}", "{'a': [{'suffix': 'x'}]}",
        "{'a': [{'prefix': 1}]}", "{'a': [{'exists': 'yes'}]}",
        "{'a': [{'prefix': 'x', 'exists': true}]}"}) {
    INFO(policy);
    const auto wrong = services::why_no_filter(object_of(policy));
    REQUIRE(wrong.has_value());
    CHECK(wrong->find("\"a\" must be a list of values") == 0);
  }
}

TEST_CASE("a signature is the HMAC-SHA256 of the body in hexadecimal") {
  // RFC 4231, test case 2.
  CHECK(services::signature_of("what do ya want for nothing?", "Jefe") ==
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

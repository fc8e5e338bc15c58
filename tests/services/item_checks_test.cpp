// SPDX-License-Identifier: Apache-2.0
//
// Expressions on items that are well-formed and refused all the same. The messages were compared
// with those that dynalite records of DynamoDB.
#include "item_keys.hpp"

#include "catch.hpp"

#include <string>
#include <vector>

using namespace millrace;
using namespace millrace::services;

namespace {

const char* const values =
    R"({":one":1,":two":2,":text":"x",":name":"NAME",":type":"N",":list":[1],":yes":true})";

expression_names names() {
  const json::object placeholders{{"#n", "n"}, {"#list", "list"}};
  const json::object given = parse_json(values, "test").value().get_object();
  return expression_names::make(&placeholders, &given).value();
}

struct row {
  const char* text;
  const char* message; ///< "": it is taken
};

template <class Outcome>
std::string message_of(const Outcome& outcome) {
  return outcome ? "" : outcome.error().message;
}

template <class Parse>
void check(const std::vector<row>& rows, const std::string& what, Parse parse) {
  for (const row& each : rows) {
    INFO(each.text);
    auto placeholders = names();
    const std::string wanted =
        each.message[0] == '\0' ? "" : "Invalid " + what + ": " + each.message;
    CHECK(message_of(parse(each.text, placeholders)) == wanted);
  }
}

} // namespace

TEST_CASE("a condition whose operands can never fit is refused") {
  check(
      {
          {"a = a", "The first operand must be distinct from the remaining operands for this "
                    "operator or function; operator: =, first operand: [a]"},
          {"contains(#list[0].b, #list[0].b)",
           "The first operand must be distinct from the remaining operands for this operator or "
           "function; operator: contains, first operand: [list, [0], b]"},
          {"a = b", ""},
          {"size(a) = size(a)", ""},
          {"begins_with(a, :one)", "Incorrect operand type for operator or function; operator or "
                                   "function: begins_with, operand type: N"},
          {"NOT (a = b OR begins_with(:yes, :text))",
           "Incorrect operand type for operator or function; operator or function: begins_with, "
           "operand type: BOOL"},
          {"begins_with(a, b)", ""},
          {"attribute_type(a, :name)",
           "Invalid attribute type name found; type: NAME, valid types: "
           "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}"},
          {"attribute_type(a, :one)",
           "Incorrect operand type for operator or function; operator or "
           "function: attribute_type, operand type: N"},
          {"attribute_type(a, b)",
           "Incorrect operand type for operator or function; operator or function: attribute_type, "
           "operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}"},
          {"attribute_type(a, :type)", ""},
          {"a BETWEEN :one AND :text",
           "The BETWEEN operator requires same data type for lower and upper bounds; lower bound "
           "operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:x}"},
          {"a BETWEEN :two AND :one",
           "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
           "lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: "
           "{N:1}"},
          {"a BETWEEN :one AND :two", ""},
          {"a BETWEEN b AND :one", ""},
          {"((a = b))", "The expression has redundant parentheses;"},
          {"(a = b) AND ((b = c) OR (c = d))", ""},
          {"(NOT (a = b))", ""},
      },
      "FilterExpression", [](std::string_view text, expression_names& placeholders) {
        return parse_condition(text, "FilterExpression", placeholders);
      });
}

TEST_CASE("paths of a projection that lead to one another are refused") {
  check(
      {
          {"a, b, a", "Two document paths overlap with each other; must remove or rewrite one of "
                      "these paths; path one: [a], path two: [a]"},
          {"a.b[1], a.b",
           "Two document paths overlap with each other; must remove or rewrite one of "
           "these paths; path one: [a, b, [1]], path two: [a, b]"},
          {"a.b, a[0]",
           "Two document paths conflict with each other; must remove or rewrite one of "
           "these paths; path one: [a, b], path two: [a, [0]]"},
          {"a.b, a.c, #list[0], #list[1]", ""},
      },
      "ProjectionExpression", parse_projection);
}

TEST_CASE("a key condition compares attributes of the key with values, in few ways") {
  const row rows[] = {
      {"p = :text AND s > :one", ""},
      {":text = p AND :one < s", ""},
      {"s BETWEEN :one AND :two AND p = :text", ""},
      {"p = :text OR s = :one", "Invalid operator used in KeyConditionExpression: OR"},
      {"NOT p = :text", "Invalid operator used in KeyConditionExpression: NOT"},
      {"p = :text AND s IN (:one)", "Invalid operator used in KeyConditionExpression: IN"},
      {"p = :text AND s <> :one", "Invalid operator used in KeyConditionExpression: <>"},
      {"p = :text AND attribute_exists(s)",
       "Invalid operator used in KeyConditionExpression: attribute_exists"},
      {"p = :text AND size(s) > :one", "KeyConditionExpressions cannot contain nested operations"},
      {"p = :text AND s = q",
       "Invalid condition in KeyConditionExpression: Multiple attribute names used in one "
       "condition"},
      {"p = :text AND s.a = :one",
       "KeyConditionExpressions cannot have conditions on nested attributes"},
      {"p = :text AND :one = :one",
       "Invalid condition in KeyConditionExpression: No key attribute specified"},
      {"p = :text AND :one BETWEEN s AND :two",
       "Invalid condition in KeyConditionExpression: BETWEEN operator must have the key attribute "
       "as its first operand"},
      {"p = :text AND s > :one AND s < :two",
       "KeyConditionExpressions must only contain one condition per key"},
      {"p = :text AND s > :one AND q < :two", "Conditions can be of length 1 or 2 only"},
      {"p > :text", "Query key condition not supported"},
      {"s > :one", "Query condition missed key schema element: p"},
  };
  for (const row& each : rows) {
    INFO(each.text);
    auto placeholders = names();
    const auto parsed = parse_condition(each.text, "KeyConditionExpression", placeholders);
    REQUIRE(parsed.has_value());
    std::string message;
    try {
      const key_condition key = taken_apart(*parsed, "p");
      CHECK(key.partition_attribute == "p");
      CHECK(stringify(key.partition) == R"({"S":"x"})");
    } catch (const step_error& why) {
      message = why.message;
    }
    CHECK(message == each.message);
  }
}

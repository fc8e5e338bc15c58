// SPDX-License-Identifier: Apache-2.0
//
// Expressions on items and the tables they run on. What DynamoDB answers was taken from its API
// reference and developer guide.
#include "item_tables.hpp"

#include "catch.hpp"
#include "scratch.hpp"

using namespace millrace;
using namespace millrace::services;

namespace {

json::object object(const char* text) {
  return parse_json(text, "test").value().get_object();
}

json::object attributes(const char* text) {
  return to_attributes(object(text)).value();
}

std::string failure(const step_error& why) {
  return why.name + ": " + why.message;
}

const char* const item_text =
    R"({"id":"x","n":5,"s":"hello","flag":true,"nothing":null,"list":[1,"b",{"c":2}],
                            "map":{"nest":{"deep":"d"},"k":1},"half":0.5})";
expression_names names_of(const json::object& names, const json::object& values) {
  return expression_names::make(&names, &values).value();
}

std::string condition_outcome(std::string_view text, const char* values) {
  auto names = names_of({{"#status", "status"}, {"#n", "n"}}, object(values));
  const auto parsed = parse_condition(text, "FilterExpression", names);
  if (!parsed)
    return failure(parsed.error());
  return holds(*parsed, attributes(item_text)) ? "true" : "false";
}

std::string update_outcome(std::string_view text, const char* item, const char* values) {
  auto names = names_of({{"#n", "n"}, {"#list", "list"}}, object(values));
  const auto parsed = parse_update(text, names);
  if (!parsed)
    return failure(parsed.error());
  const auto after = updated(*parsed, attributes(item));
  return after ? stringify(to_plain(*after)) : failure(after.error());
}

} // namespace

TEST_CASE("a condition holds or does not") {
  struct row {
    const char* text;
    const char* values;
    const char* outcome;
  };
  const std::vector<row> rows{
      {"#n = :v", R"({":v":5})", "true"},
      {"#n = :v", R"({":v":5.0})", "true"},
      {"#n = :v", R"({":v":"5"})", "false"},
      {"#n <> :v", R"({":v":"5"})", "true"},
      {"absent <> :v", R"({":v":1})", "true"},
      {"absent = :v", R"({":v":1})", "false"},
      {"absent < :v", R"({":v":1})", "false"},
      {"#n < :v", R"({":v":10})", "true"},
      {"#n >= :v", R"({":v":5})", "true"},
      {"#n > :v", R"({":v":5})", "false"},
      {"#n <= :v", R"({":v":4.999})", "false"},
      {"s < :v", R"({":v":"help"})", "true"},
      {"flag > :v", R"({":v":false})", "false"},
      {"#n BETWEEN :a AND :b", R"({":a":5,":b":6})", "true"},
      {"#n between :a and :b", R"({":a":6,":b":7})", "false"},
      {"s IN (:a, :b)", R"({":a":"x",":b":"hello"})", "true"},
      {"s IN (:a)", R"({":a":"x"})", "false"},
      {"attribute_exists(nothing)", "{}", "true"},
      {"attribute_exists(gone)", "{}", "false"},
      {"attribute_not_exists(gone)", "{}", "true"},
      {"attribute_not_exists(#n)", "{}", "false"},
      {"attribute_type(#n, :t)", R"({":t":"N"})", "true"},
      {"attribute_type(s, :t)", R"({":t":"N"})", "false"},
      {"begins_with(s, :v)", R"({":v":"hell"})", "true"},
      {"begins_with(s, :v)", R"({":v":"ell"})", "false"},
      {"contains(s, :v)", R"({":v":"ell"})", "true"},
      {"contains(list, :v)", R"({":v":"b"})", "false: reserved"},
      {"contains(#n, :v)", R"({":v":5})", "false"},
      {"size(s) = :v", R"({":v":5})", "true"},
      {"size(#n) = :v", R"({":v":1})", "false"},
      {"map.nest.deep = :v", R"({":v":"d"})", "reserved"},
      {"NOT #n = :v AND s = :s", R"({":v":6,":s":"hello"})", "true"},
      {"#n = :a OR #n = :b AND s = :b", R"({":a":5,":b":1})", "true"},
      {"(#n = :a OR #n = :b) AND s = :b", R"({":a":5,":b":1})", "false"},
      {"NOT (#n = :a)", R"({":a":5})", "false"},
      {":a = #n", R"({":a":5})", "true"},
  };
  for (const row& each : rows) {
    INFO(each.text);
    const std::string outcome = condition_outcome(each.text, each.values);
    if (std::string_view(each.outcome).find("reserved") != std::string_view::npos)
      CHECK(outcome.find("reserved keyword") != std::string::npos);
    else
      CHECK(outcome == each.outcome);
  }
}

TEST_CASE("a condition that DynamoDB would refuse is refused") {
  struct row {
    const char* text;
    const char* message;
  };
  const std::vector<row> rows{
      {"", "Syntax error; token: \"<EOF>\""},
      {"#n =", "Syntax error; token: \"<EOF>\""},
      {"#n = :v extra", "Syntax error; token: \"extra\""},
      {"#n == :v", "Syntax error; token: \"=\""},
      {"(#n = :v", "Syntax error; token: \"<EOF>\""},
      {"#n = :gone", "An expression attribute value used in expression is not defined; attribute "
                     "value: :gone"},
      {"#gone = :v", "An expression attribute name used in the document path is not defined; "
                     "attribute name: #gone"},
      {"status = :v", "Attribute name is a reserved keyword; reserved keyword: status"},
      {"size_of(#n)", "Invalid function name; function: size_of"},
      {"begins_with(s)", "Incorrect number of operands for operator or function; operator or "
                         "function: begins_with, number of operands: 1"},
      {"attribute_exists(:v)", "Operator or function requires a document path; operator or "
                               "function: attribute_exists"},
      {"a[x] = :v", "Syntax error; token: \"x\""},
      {"1a = :v", "Syntax error; token: \"1a\""},
      {"'a' = :v", "Syntax error; token: \"'\""},
  };
  for (const row& each : rows) {
    INFO(each.text);
    const std::string outcome = condition_outcome(each.text, R"({":v":5})");
    CHECK(outcome.find("ValidationException: Invalid FilterExpression: ") == 0);
    CHECK(outcome.find(each.message) != std::string::npos);
  }
  CHECK(condition_outcome(std::string(5000, '('), "{}").find("size has exceeded") !=
        std::string::npos);
  CHECK(condition_outcome(std::string(1000, '('), "{}").find("nested too deeply") !=
        std::string::npos);
}

TEST_CASE("an update gives the item after it") {
  struct row {
    const char* text;
    const char* item;
    const char* values;
    const char* outcome;
  };
  const std::vector<row> rows{
      {"SET a = :v", "{}", R"({":v":1})", R"({"a":1})"},
      {"SET a = b, b = a", R"({"a":1,"b":2})", "{}", R"({"a":2,"b":1})"},
      {"SET #n = #n + :v", R"({"n":0.1})", R"({":v":0.2})", R"({"n":0.3})"},
      {"SET #n = #n - :v", R"({"n":1})", R"({":v":0.9})", R"({"n":0.1})"},
      {"SET #n = if_not_exists(#n, :z) + :v", "{}", R"({":z":0,":v":2})", R"({"n":2})"},
      {"SET #list = list_append(#list, :v)", R"({"list":[1]})", R"({":v":[2,3]})",
       R"({"list":[1,2,3]})"},
      {"SET #list = list_append(if_not_exists(#list, :e), :v)", "{}", R"({":e":[],":v":[2]})",
       R"({"list":[2]})"},
      {"SET #list[9] = :v", R"({"list":[1]})", R"({":v":2})", R"({"list":[1,2]})"},
      {"SET #list[0] = :v", R"({"list":[1]})", R"({":v":{"a":null}})", R"({"list":[{"a":null}]})"},
      {"SET m.k = :v", R"({"m":{}})", R"({":v":true})", R"({"m":{"k":true}})"},
      {"SET m.k = :v", "{}", R"({":v":true})",
       "ValidationException: The document path provided in the update expression is invalid for "
       "update"},
      {"SET a = b", "{}", "{}",
       "ValidationException: The provided expression refers to an attribute that does not exist in "
       "the item"},
      {"SET a = a + :v", R"({"a":"1"})", R"({":v":1})",
       "ValidationException: An operand in the update expression has an incorrect data type"},
      {"REMOVE a, m.k", R"({"a":1,"m":{"k":1,"l":2}})", "{}", R"({"m":{"l":2}})"},
      {"REMOVE #list[0], #list[2]", R"({"list":["a","b","c","d"]})", "{}", R"({"list":["b","d"]})"},
      {"REMOVE gone", R"({"a":1})", "{}", R"({"a":1})"},
      {"ADD #n :v", "{}", R"({":v":3})", R"({"n":3})"},
      {"add #n :v", R"({"n":-3})", R"({":v":3})", R"({"n":0})"},
      {"SET a = :v REMOVE b ADD #n :v", R"({"b":1})", R"({":v":1})", R"({"a":1,"n":1})"},
      {"SET a = :v SET b = :v", "{}", R"({":v":1})",
       "ValidationException: Invalid UpdateExpression: The \"SET\" section can only be used once "
       "in "
       "an update expression;"},
      {"SET m = :v, m.k = :v", "{}", R"({":v":1})",
       "ValidationException: Invalid UpdateExpression: Two document paths overlap with each other; "
       "must remove or rewrite one of these paths; path one: [m], path two: [m, k]"},
      {"ADD #n :v", "{}", R"({":v":"3"})",
       "ValidationException: Invalid UpdateExpression: Incorrect operand type for operator or "
       "function; operator: ADD, operand type: STRING"},
      {"SET a.b = :v, a[0] = :v", "{}", R"({":v":1})",
       "ValidationException: Invalid UpdateExpression: Two document paths conflict with each "
       "other; "
       "must remove or rewrite one of these paths; path one: [a, b], path two: [a, [0]]"},
      {"SET a = b - :v", "{}", R"({":v":"3"})",
       "ValidationException: Invalid UpdateExpression: Incorrect operand type for operator or "
       "function; operator or function: -, operand type: S"},
      {"SET a = list_append(if_not_exists(a, :v), b)", "{}", R"({":v":1})",
       "ValidationException: The provided expression refers to an attribute that does not exist in "
       "the item"},
      {"SET a = list_append(a, :v)", "{}", R"({":v":{"x":1}})",
       "ValidationException: Invalid UpdateExpression: Incorrect operand type for operator or "
       "function; operator or function: list_append, operand type: M"},
      {"DELETE tags :v", "{}", R"({":v":"3"})",
       "ValidationException: Invalid UpdateExpression: Incorrect operand type for operator or "
       "function; operator: DELETE: it is for sets, which no flow can write"},
      {"PUT a = :v", "{}", R"({":v":1})",
       "ValidationException: Invalid UpdateExpression: Syntax error; token: \"PUT\", near: \"PUT a "
       "= :v\""},
      {"", "{}", "{}",
       "ValidationException: Invalid UpdateExpression: The expression can not be empty;"},
  };
  for (const row& each : rows) {
    INFO(each.text);
    CHECK(update_outcome(each.text, each.item, each.values) == each.outcome);
  }
}

TEST_CASE("numbers of items are exact to 38 digits and refused beyond") {
  const auto number = [](const char* text) { return json::value(json::object{{"N", text}}); };
  const auto sum = [&](const char* a, const char* b) {
    const auto made = sum_of(number(a), number(b), false);
    return made ? std::string(text_of(*made)) : failure(made.error());
  };
  CHECK(sum("9007199254740993", "1") == "9007199254740994");
  CHECK(sum("12345678901234567890123456789012345678", "0") ==
        "12345678901234567890123456789012345678");
  CHECK(sum("1000000000000000000000000000000000000000", "1") ==
        "ValidationException: Attempting to store more than 38 significant digits in a Number");
  CHECK(sum("-1.5", "1.5") == "0");
  CHECK(sum("0.000001", "10") == "10.000001");
  CHECK(to_attribute(json::value(1e126)).error().name == "ValidationException");
  CHECK(to_attribute(json::value(1e-131)).error().name == "ValidationException");
  CHECK(to_attribute(json::value(1e125)).has_value());
}

TEST_CASE("sort keys lie in the order of their values") {
  const std::vector<const char*> ascending{
      R"(-1e100)", "-20",    "-3.5",         "-3",      "-0.5",  "-1e-50", "0",
      "1e-50",     "0.05",   "0.5",          "3",       "3.5",   "20",     "1e100",
      R"("")",     R"("a")", R"("a\u0000")", R"("ab")", R"("b")"};
  std::string before;
  for (const char* text : ascending) {
    INFO(text);
    const auto key = sortable(to_attribute(parse_json(text, "test").value()).value());
    REQUIRE(key.has_value());
    CHECK(before < *key);
    before = *key;
  }
  CHECK_FALSE(sortable(json::object{{"BOOL", true}}).has_value());
}

TEST_CASE("a projection gives the named parts") {
  const auto shown = [](std::string_view text) {
    auto names = names_of({{"#l", "list"}, {"#m", "map"}}, {});
    const auto paths = parse_projection(text, names);
    if (!paths)
      return failure(paths.error());
    return stringify(to_plain(project(*paths, attributes(item_text))));
  };
  CHECK(shown("s, gone") == R"({"s":"hello"})");
  CHECK(shown("#m.nest.deep, #l[2].c, #l[0]") ==
        R"({"list":[1,{"c":2}],"map":{"nest":{"deep":"d"}}})");
  CHECK(shown("s,").find("Syntax error") != std::string::npos);
}

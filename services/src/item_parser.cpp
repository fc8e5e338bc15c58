// SPDX-License-Identifier: Apache-2.0
//
// Conditions and projections.
#include "item_operands.hpp"

#include "ascii.hpp"
#include "item_checks.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace millrace::services {
namespace {

class condition_reader : public operand_reader {
public:
  using operand_reader::operand_reader;

  condition whole_condition() {
    condition made = alternatives();
    expect_end();
    if (const auto why = why_refused(made))
      fail(*why);
    return made;
  }

private:
  // Of a condition: a path, a value or size(path).
  operand compared() {
    if (!is_before_parenthesis() || !same_word(token(), "size"))
      return plain_operand();
    advance();
    expect("(");
    operand made = of_path(path());
    made.is = operand::kind::size;
    expect(")");
    return made;
  }

  condition alternatives() {
    return joined("OR", condition::kind::any, [this] {
      return joined("AND", condition::kind::all, [this] { return negation(); });
    });
  }

  template <class Part>
  condition joined(std::string_view word, condition::kind kind, Part part) {
    condition first = part();
    if (!same_word(token(), word))
      return first;
    condition made;
    made.is = kind;
    made.parts.push_back(std::move(first));
    while (take(word))
      made.parts.push_back(part());
    return made;
  }

  condition negation() {
    const level deeper(*this);
    condition made;
    if (take("NOT")) {
      made.is = condition::kind::none;
      made.parts.push_back(negation());
    } else if (take("(")) {
      made = alternatives();
      expect(")");
      if (std::exchange(made.is_grouped, true))
        fail("The expression has redundant parentheses;");
    } else {
      made = comparison();
    }
    return made;
  }

  condition comparison() {
    if (is_before_parenthesis() && !same_word(token(), "size"))
      return function();
    condition made;
    made.operands.push_back(compared());
    if (take("BETWEEN")) {
      made.is = condition::kind::between;
      made.operands.push_back(compared());
      expect("AND");
      made.operands.push_back(compared());
      return made;
    }
    if (take("IN")) {
      made.is = condition::kind::in;
      expect("(");
      do
        made.operands.push_back(compared());
      while (take(","));
      expect(")");
      return made;
    }
    made.is = comparator();
    made.operands.push_back(compared());
    return made;
  }

  condition::kind comparator() {
    using kind = condition::kind;
    constexpr std::array<std::pair<std::string_view, kind>, 6> all{
        {{"=", kind::equal},
         {"<>", kind::not_equal},
         {"<", kind::less},
         {"<=", kind::less_or_equal},
         {">", kind::greater},
         {">=", kind::greater_or_equal}}};
    for (const auto& [sign, made] : all)
      if (take(sign))
        return made;
    fail_at(token());
  }

  condition function() {
    using kind = condition::kind;
    struct form {
      std::string_view name;
      kind is;
      std::size_t operands;
    };
    constexpr std::array<form, 5> all{{{"attribute_exists", kind::attribute_exists, 1},
                                       {"attribute_not_exists", kind::attribute_not_exists, 1},
                                       {"attribute_type", kind::attribute_type, 2},
                                       {"begins_with", kind::begins_with, 2},
                                       {"contains", kind::contains, 2}}};
    // Names of functions, unlike keywords, are lower case.
    const std::string name(token());
    const auto* found =
        std::find_if(all.begin(), all.end(), [&](const form& each) { return each.name == name; });
    if (found == all.end())
      fail("Invalid function name; function: " + name);
    advance();
    expect("(");
    condition made;
    made.is = found->is;
    do
      made.operands.push_back(compared());
    while (take(","));
    expect(")");
    if (made.operands.size() != found->operands)
      fail("Incorrect number of operands for operator or function; operator or function: " + name +
           ", number of operands: " + std::to_string(made.operands.size()));
    if (found->operands == 1 && made.operands.front().is != operand::kind::path)
      fail("Operator or function requires a document path; operator or function: " + name);
    return made;
  }
};

} // namespace

std::string_view name_of(condition::kind kind) noexcept {
  using is = condition::kind;
  switch (kind) {
  case is::all: return "AND";
  case is::any: return "OR";
  case is::none: return "NOT";
  case is::equal: return "=";
  case is::not_equal: return "<>";
  case is::less: return "<";
  case is::less_or_equal: return "<=";
  case is::greater: return ">";
  case is::greater_or_equal: return ">=";
  case is::between: return "BETWEEN";
  case is::in: return "IN";
  case is::attribute_exists: return "attribute_exists";
  case is::attribute_not_exists: return "attribute_not_exists";
  case is::attribute_type: return "attribute_type";
  case is::begins_with: return "begins_with";
  case is::contains: break;
  }
  return "contains";
}

item_result<condition> parse_condition(std::string_view text, std::string_view what,
                                       expression_names& names) {
  return parsed<condition_reader>(
      text, what, names, [](condition_reader& reader) { return reader.whole_condition(); });
}

item_result<std::vector<document_path>> parse_projection(std::string_view text,
                                                         expression_names& names) {
  return parsed<operand_reader>(text, "ProjectionExpression", names, [](operand_reader& reader) {
    std::vector<document_path> paths;
    do
      paths.push_back(reader.path());
    while (reader.take(","));
    reader.expect_end();
    if (const auto why = why_refused(paths))
      reader.fail(*why);
    return paths;
  });
}

} // namespace millrace::services

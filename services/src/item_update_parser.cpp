// SPDX-License-Identifier: Apache-2.0
//
// Updates: sections of actions.
#include "item_operands.hpp"

#include "ascii.hpp"
#include "item_checks.hpp"

#include <set>

namespace millrace::services {
namespace {

class update_reader : public operand_reader {
public:
  using operand_reader::operand_reader;

  std::vector<update_action> whole_update() {
    std::vector<update_action> actions;
    std::set<std::string> seen;
    while (!token().empty()) {
      const std::string section(token());
      if (!seen.insert(upper(section)).second)
        fail("The \"" + upper(section) +
             "\" section can only be used once in an update expression;");
      advance();
      if (same_word(section, "SET"))
        read_actions(actions, update_action::kind::set);
      else if (same_word(section, "REMOVE"))
        read_actions(actions, update_action::kind::remove);
      else if (same_word(section, "ADD"))
        read_actions(actions, update_action::kind::add);
      else if (same_word(section, "DELETE"))
        fail("Incorrect operand type for operator or function; operator: DELETE: it is for sets, "
             "which no flow can write");
      else
        fail_at(section);
    }
    if (actions.empty())
      fail("The expression can not be empty;");
    if (const auto why = why_refused(actions))
      fail(*why);
    return actions;
  }

private:
  static std::string upper(std::string_view word) {
    std::string made(word);
    for (char& c : made)
      if (c >= 'a' && c <= 'z')
        c = static_cast<char>(c - 'a' + 'A');
    return made;
  }

  void read_actions(std::vector<update_action>& actions, update_action::kind kind) {
    do {
      update_action made;
      made.is = kind;
      made.path = path();
      if (kind == update_action::kind::set) {
        expect("=");
        made.value = sum();
      } else if (kind == update_action::kind::add) {
        made.value = plain_operand();
        if (made.value.is != operand::kind::value)
          fail(
              "Incorrect operand type for operator or function; operator: ADD, operand type: path");
      }
      actions.push_back(std::move(made));
    } while (take(","));
  }

  operand sum() {
    operand left = assigned();
    const bool adds = token() == "+";
    if (!adds && token() != "-")
      return left;
    advance();
    operand made;
    made.is = adds ? operand::kind::plus : operand::kind::minus;
    made.operands.push_back(std::move(left));
    made.operands.push_back(assigned());
    return made;
  }

  // Of SET: a path, a value, if_not_exists(path, operand) or list_append(operand, operand).
  operand assigned() {
    const level deeper(*this);
    return assigned_part();
  }

  operand assigned_part() {
    if (take("(")) {
      operand inner = sum();
      expect(")");
      return inner;
    }
    if (!is_before_parenthesis())
      return plain_operand();
    const std::string name(token());
    advance();
    expect("(");
    operand made;
    if (name == "if_not_exists") {
      made.is = operand::kind::if_not_exists;
      made.path = path();
      expect(",");
      made.operands.push_back(assigned());
    } else if (name == "list_append") {
      made.is = operand::kind::list_append;
      made.operands.push_back(assigned());
      expect(",");
      made.operands.push_back(assigned());
    } else {
      fail("Invalid function name; function: " + name);
    }
    expect(")");
    return made;
  }
};

} // namespace

item_result<std::vector<update_action>> parse_update(std::string_view text,
                                                     expression_names& names) {
  return parsed<update_reader>(text, "UpdateExpression", names,
                               [](update_reader& reader) { return reader.whole_update(); });
}

} // namespace millrace::services

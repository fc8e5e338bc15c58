// SPDX-License-Identifier: Apache-2.0
#include "item_expressions.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace millrace::services {
namespace {

constexpr std::size_t expression_bytes_max = 4096; // of DynamoDB
constexpr std::size_t depth_max = 64;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_same_word(std::string_view left, std::string_view right) {
  return left.size() == right.size() &&
         std::equal(left.begin(), left.end(), right.begin(), [](char a, char b) {
           const auto upper = [](char c) {
             return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
           };
           return upper(a) == upper(b);
         });
}

/// One expression, read from left to right. What is wrong is thrown as a step_error and leaves
/// this file as a result.
class parser {
public:
  parser(std::string_view text, std::string_view what, expression_names& names)
      : text_(text), what_(what), names_(names) {
    if (text.size() > expression_bytes_max)
      fail("Expression size has exceeded the maximum allowed size; expression size: " +
           std::to_string(text.size()));
    advance();
  }

  condition whole_condition() {
    condition made = alternatives();
    expect_end();
    return made;
  }

  std::vector<document_path> whole_projection() {
    std::vector<document_path> paths;
    do
      paths.push_back(path());
    while (take(","));
    expect_end();
    return paths;
  }

  std::vector<update_action> whole_update() {
    std::vector<update_action> actions;
    std::set<std::string> seen;
    while (!token_.empty()) {
      const std::string section(token_);
      if (!seen.insert(upper(section)).second)
        fail("The \"" + upper(section) +
             "\" section can only be used once in an update expression");
      advance();
      if (is_same_word(section, "SET"))
        read_actions(actions, update_action::kind::set);
      else if (is_same_word(section, "REMOVE"))
        read_actions(actions, update_action::kind::remove);
      else if (is_same_word(section, "ADD"))
        read_actions(actions, update_action::kind::add);
      else if (is_same_word(section, "DELETE"))
        fail("Incorrect operand type for operator or function; operator: DELETE: it is for sets, "
             "which no flow can write");
      else
        fail_at(section);
    }
    if (actions.empty())
      fail("The expression can not be empty");
    check_overlaps(actions);
    return actions;
  }

private:
  [[noreturn]] void fail(const std::string& why) const {
    throw validation_error("Invalid " + std::string(what_) + ": " + why + ";");
  }
  [[noreturn]] void fail_at(std::string_view token) const {
    const std::size_t from = std::min(token_at_, text_.size());
    fail("Syntax error; token: \"" + std::string(token.empty() ? "<EOF>" : token) + "\", near: \"" +
         std::string(text_.substr(from > 10 ? from - 10 : 0, 30)) + '"');
  }

  static std::string upper(std::string_view word) {
    std::string made(word);
    for (char& c : made)
      if (c >= 'a' && c <= 'z')
        c = static_cast<char>(c - 'a' + 'A');
    return made;
  }

  void advance() {
    while (at_ < text_.size() && (text_[at_] == ' ' || (text_[at_] >= '\t' && text_[at_] <= '\r')))
      ++at_;
    token_at_ = at_;
    if (at_ == text_.size()) {
      token_ = {};
      return;
    }
    std::size_t end = at_ + 1;
    const char first = text_[at_];
    if (is_name_character(first) || first == '#' || first == ':')
      while (end < text_.size() && is_name_character(text_[end]))
        ++end;
    else if (const std::string_view two = text_.substr(at_, 2);
             two == "<>" || two == "<=" || two == ">=")
      end = at_ + 2;
    token_ = text_.substr(at_, end - at_);
    at_ = end;
  }

  bool take(std::string_view token) {
    if (!is_same_word(token_, token))
      return false;
    advance();
    return true;
  }
  void expect(std::string_view token) {
    if (!take(token))
      fail_at(token_);
  }
  void expect_end() const {
    if (!token_.empty())
      fail_at(token_);
  }
  [[nodiscard]] bool is_before_parenthesis() const {
    std::size_t at = at_;
    while (at < text_.size() && text_[at] == ' ')
      ++at;
    return at < text_.size() && text_[at] == '(';
  }

  std::string name() {
    if (token_.empty())
      fail_at(token_);
    std::string made;
    if (token_.front() == '#') {
      const std::string* given = names_.name(token_);
      if (!given)
        fail("An expression attribute name used in the document path is not defined; attribute "
             "name: " +
             std::string(token_));
      made = *given;
    } else {
      if (!is_name_character(token_.front()) || (token_.front() >= '0' && token_.front() <= '9'))
        fail_at(token_);
      if (is_reserved_word(token_))
        fail("Attribute name is a reserved keyword; reserved keyword: " + std::string(token_));
      made = token_;
    }
    advance();
    return made;
  }

  document_path path() {
    document_path made{name()};
    for (;;) {
      if (take(".")) {
        made.emplace_back(name());
      } else if (take("[")) {
        std::size_t index = 0;
        const auto [end, failure] =
            std::from_chars(token_.data(), token_.data() + token_.size(), index);
        if (token_.empty() || failure != std::errc() || end != token_.data() + token_.size())
          fail_at(token_);
        advance();
        expect("]");
        made.emplace_back(index);
      } else {
        return made;
      }
    }
  }

  json::value value() {
    const json::value* given = names_.value(token_);
    if (!given)
      fail("An expression attribute value used in expression is not defined; attribute value: " +
           std::string(token_));
    advance();
    return *given;
  }

  static operand of_path(document_path path) {
    operand made;
    made.path = std::move(path);
    return made;
  }

  operand plain_operand() {
    if (token_.empty() || token_.front() != ':')
      return of_path(path());
    operand made;
    made.is = operand::kind::value;
    made.value = value();
    return made;
  }

  // Of a condition: a path, a value or size(path).
  operand compared() {
    if (!is_before_parenthesis() || !is_same_word(token_, "size"))
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
    if (!is_same_word(token_, word))
      return first;
    condition made;
    made.is = kind;
    made.parts.push_back(std::move(first));
    while (take(word))
      made.parts.push_back(part());
    return made;
  }

  condition negation() {
    if (++depth_ > depth_max)
      fail("The expression is nested too deeply");
    condition made;
    if (take("NOT")) {
      made.is = condition::kind::none;
      made.parts.push_back(negation());
    } else if (take("(")) {
      made = alternatives();
      expect(")");
    } else {
      made = comparison();
    }
    --depth_;
    return made;
  }

  condition comparison() {
    if (is_before_parenthesis() && !is_same_word(token_, "size"))
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
    fail_at(token_);
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
    const std::string name(token_);
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
        if (made.value.is != operand::kind::value || type_of(made.value.value) != "N")
          fail("Incorrect operand type for operator or function; operator: ADD, operand type: " +
               (made.value.is == operand::kind::value ? std::string(type_of(made.value.value))
                                                      : std::string("path")));
      }
      actions.push_back(std::move(made));
    } while (take(","));
  }

  operand sum() {
    operand left = assigned();
    const bool adds = token_ == "+";
    if (!adds && token_ != "-")
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
    if (++depth_ > depth_max)
      fail("The expression is nested too deeply");
    operand made = assigned_part();
    --depth_;
    return made;
  }

  operand assigned_part() {
    if (take("(")) {
      operand inner = sum();
      expect(")");
      return inner;
    }
    if (!is_before_parenthesis())
      return plain_operand();
    const std::string name(token_);
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

  void check_overlaps(const std::vector<update_action>& actions) const {
    for (std::size_t i = 0; i < actions.size(); ++i)
      for (std::size_t j = i + 1; j < actions.size(); ++j) {
        const document_path& one = actions[i].path;
        const document_path& two = actions[j].path;
        const std::size_t common = std::min(one.size(), two.size());
        if (std::equal(one.begin(), one.begin() + static_cast<std::ptrdiff_t>(common), two.begin()))
          fail("Two document paths overlap with each other; must remove or rewrite one of these "
               "paths; path one: " +
               to_text(one) + ", path two: " + to_text(two));
      }
  }

  std::string_view text_;
  std::string_view what_;
  expression_names& names_;
  std::size_t at_ = 0;
  std::size_t token_at_ = 0;
  std::string_view token_; // empty: the end
  std::size_t depth_ = 0;
};

template <class Read>
auto parsed(std::string_view text, std::string_view what, expression_names& names, Read read)
    -> item_result<decltype(read(std::declval<parser&>()))> {
  try {
    parser reader(text, what, names);
    return read(reader);
  } catch (const step_error& why) {
    return why;
  }
}

bool is_placeholder(std::string_view text, char mark) {
  return text.size() > 1 && text.front() == mark &&
         std::all_of(text.begin() + 1, text.end(), is_name_character);
}

} // namespace

item_result<expression_names> expression_names::make(const json::object* names,
                                                     const json::object* values) {
  expression_names made;
  for (const auto& each : names ? *names : json::object()) {
    const std::string key(each.key());
    if (!is_placeholder(key, '#') || !each.value().is_string())
      return validation_error("ExpressionAttributeNames contains invalid key: Syntax error; key: "
                              "\"" +
                              key + '"');
    made.names_.emplace(key, each.value().get_string());
    made.unused_names_.insert(key);
  }
  for (const auto& each : values ? *values : json::object()) {
    const std::string key(each.key());
    if (!is_placeholder(key, ':'))
      return validation_error("ExpressionAttributeValues contains invalid key: Syntax error; key: "
                              "\"" +
                              key + '"');
    auto value = to_attribute(each.value());
    if (!value)
      return value.error();
    made.values_.emplace(key, std::move(*value));
    made.unused_values_.insert(key);
  }
  return made;
}

const std::string* expression_names::name(std::string_view placeholder) {
  const auto found = names_.find(placeholder);
  if (found == names_.end())
    return nullptr;
  unused_names_.erase(found->first);
  return &found->second;
}

const json::value* expression_names::value(std::string_view placeholder) {
  const auto found = values_.find(placeholder);
  if (found == values_.end())
    return nullptr;
  unused_values_.erase(found->first);
  return &found->second;
}

std::optional<step_error> expression_names::unused() const {
  const auto complaint = [](const char* what, const auto& names) {
    std::string all;
    for (const std::string& name : names)
      all += (all.empty() ? "" : ", ") + name;
    return validation_error(std::string("Value provided in ") + what +
                            " unused in expressions: keys: {" + all + '}');
  };
  if (!unused_names_.empty())
    return complaint("ExpressionAttributeNames", unused_names_);
  if (!unused_values_.empty())
    return complaint("ExpressionAttributeValues", unused_values_);
  return std::nullopt;
}

item_result<condition> parse_condition(std::string_view text, std::string_view what,
                                       expression_names& names) {
  return parsed(text, what, names, [](parser& reader) { return reader.whole_condition(); });
}

item_result<std::vector<document_path>> parse_projection(std::string_view text,
                                                         expression_names& names) {
  return parsed(text, "ProjectionExpression", names,
                [](parser& reader) { return reader.whole_projection(); });
}

item_result<std::vector<update_action>> parse_update(std::string_view text,
                                                     expression_names& names) {
  return parsed(text, "UpdateExpression", names,
                [](parser& reader) { return reader.whole_update(); });
}

std::string to_text(const document_path& path) {
  std::string text;
  for (const path_step& step : path) {
    if (const auto* name = std::get_if<std::string>(&step))
      text += (text.empty() ? "" : ".") + *name;
    else
      text += '[' + std::to_string(std::get<std::size_t>(step)) + ']';
  }
  return text;
}

} // namespace millrace::services

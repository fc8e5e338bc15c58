// SPDX-License-Identifier: Apache-2.0
//
// Literals, names, groups, unary operators, and the members and calls behind a value.
#include "filter_parser.hpp"

#include <millrace/js.hpp>

#include <algorithm>
#include <array>

namespace millrace::flows::detail {

namespace {

struct unary_operator {
  std::string_view text;
  filter_operator operation;
};

constexpr std::array unary_operators{
    unary_operator{"typeof", filter_operator::type_of},
    unary_operator{"void", filter_operator::make_undefined},
    unary_operator{"-", filter_operator::negate},
    unary_operator{"!", filter_operator::logical_not},
    unary_operator{"~", filter_operator::bit_not},
    unary_operator{"+", filter_operator::to_number},
};

struct context_name {
  std::string_view text;
  filter_node::kind what;
};

/// Longest first: "@parent" starts "@parentProperty".
constexpr std::array context_names{
    context_name{"@parentProperty", filter_node::kind::parent_property},
    context_name{"@parent", filter_node::kind::parent},
    context_name{"@property", filter_node::kind::property},
    context_name{"@root", filter_node::kind::root},
    context_name{"@path", filter_node::kind::path},
};

} // namespace

filter_parser::maybe filter_parser::token() {
  skip_blanks();
  if (at_end())
    return std::nullopt;
  const char c = peek();
  if (c == '/')
    return pattern();
  if (is_digit(c) || c == '.')
    return number();
  if (update_here() || !deeper())
    return std::nullopt;
  maybe node;
  if (c == '\'' || c == '"') {
    node = string();
  } else if (c == '[') {
    ++position_;
    std::vector<index> elements;
    if (list(']', elements))
      node = add(node_kind::array, std::move(elements));
  } else if (c == '(') {
    node = group();
  } else if (c == '@') {
    node = context();
  } else if ((node = unary()) || program_.problem) {
    --depth_;
    return update_here() ? std::nullopt : node;
  } else if (starts_identifier(c)) {
    node = name();
  }
  if (node && !program_.problem)
    node = properties(*node);
  --depth_;
  if (!node || program_.problem || update_here())
    return std::nullopt;
  return node;
}

filter_parser::maybe filter_parser::unary() {
  const auto found =
      std::find_if(unary_operators.begin(), unary_operators.end(), [&](const unary_operator& each) {
        if (!here(each.text))
          return false;
        const std::size_t behind = position_ + each.text.size();
        return !starts_identifier(peek()) ||
               (behind < text_.size() && !continues_identifier(text_[behind]));
      });
  if (found == unary_operators.end())
    return std::nullopt;
  position_ += found->text.size();
  const maybe argument = token();
  if (!argument)
    return fail("an expression was expected after '" + std::string(found->text) + "'");
  const index made = add(node_kind::unary, {*argument});
  program_.nodes[made].operation = found->operation;
  return made;
}

filter_parser::maybe filter_parser::name() {
  const std::size_t begin = position_;
  while (!at_end() && continues_identifier(peek()))
    ++position_;
  const std::string_view word = text_.substr(begin, position_ - begin);
  if (word == "true" || word == "false")
    return constant(word == "true");
  if (word == "null")
    return constant(nullptr);
  if (word == "undefined")
    return add(node_kind::undefined);
  if (word == "$")
    return add(node_kind::document);
  return add(node_kind::failure, {}, "'" + std::string(word) + "' is not defined");
}

/// `@` and its names.
filter_parser::maybe filter_parser::context() {
  const auto named = std::find_if(context_names.begin(), context_names.end(),
                                  [&](const context_name& each) { return here(each.text); });
  const bool is_named = named != context_names.end();
  position_ += is_named ? named->text.size() : 1;
  if (!at_end() && continues_identifier(peek()))
    return fail("there is no such name; '@' is followed by '.', '[', or nothing");
  return add(is_named ? named->what : node_kind::current);
}

filter_parser::maybe filter_parser::group() {
  ++position_;
  const std::vector<index> found = expressions(')');
  if (program_.problem)
    return std::nullopt;
  if (peek() != ')')
    return fail("')' is missing");
  ++position_;
  if (found.empty())
    return std::nullopt;
  if (found.size() == 1)
    return found.front();
  return add(node_kind::failure, {}, "a list in parentheses is not supported");
}

filter_parser::maybe filter_parser::string() {
  const char quote = text_[position_++];
  std::string value;
  while (!at_end() && peek() != quote) {
    char c = text_[position_++];
    if (c == '\\' && !at_end()) {
      constexpr std::string_view letters = "nrtbfv";
      constexpr std::string_view meanings = "\n\r\t\b\f\v";
      c = text_[position_++];
      const std::size_t which = letters.find(c);
      c = which == std::string_view::npos ? c : meanings[which];
    }
    value += c;
  }
  if (at_end())
    return fail("the text literal has no end");
  ++position_;
  if (const auto mark = keys_.key_of(value); mark && keys_.keys[*mark].is_dynamic) {
    const index made = add(node_kind::dynamic_key);
    program_.nodes[made].number = keys_.keys[*mark].dynamic_index;
    return made;
  }
  return constant(json::value(keys_.expand(value)));
}

filter_parser::maybe filter_parser::number() {
  const std::size_t begin = position_;
  const auto digits = [&] {
    while (!at_end() && is_digit(peek()))
      ++position_;
  };
  digits();
  if (peek() == '.') {
    ++position_;
    digits();
  }
  if (peek() == 'e' || peek() == 'E') {
    ++position_;
    if (peek() == '+' || peek() == '-')
      ++position_;
    digits();
    if (!is_digit(text_[position_ - 1]))
      return fail("a digit was expected in the exponent");
  }
  const std::string_view literal = text_.substr(begin, position_ - begin);
  if (literal == "." || peek() == '.' || (!at_end() && starts_identifier(peek())))
    return fail("a number was expected");
  return constant(millrace::number(js::to_number(literal)));
}

filter_parser::maybe filter_parser::pattern() {
  const std::size_t begin = ++position_;
  bool in_class = false;
  while (!at_end() && (peek() != '/' || in_class)) {
    if (peek() == '[')
      in_class = true;
    else if (peek() == ']')
      in_class = false;
    const bool escapes = peek() == '\\';
    ++position_;
    if (escapes && !at_end()) // a backslash may be the last character
      ++position_;
  }
  if (at_end())
    return fail("the regular expression has no end");
  const std::string_view source = text_.substr(begin, position_ - begin);
  const std::size_t flags_begin = ++position_;
  while (!at_end() && continues_identifier(peek()) && peek() != '_' && peek() != '$' &&
         static_cast<unsigned char>(peek()) < 0x80)
    ++position_;
  auto compiled = regex::compile(source, text_.substr(flags_begin, position_ - flags_begin));
  if (!compiled)
    return fail(compiled.error().message());
  const index made = add(node_kind::pattern);
  program_.nodes[made].number = program_.patterns.size();
  program_.patterns.push_back(std::move(*compiled));
  return properties(made);
}

/// Members and calls behind a value.
filter_parser::maybe filter_parser::properties(index object) {
  maybe node = object;
  while (node && !program_.problem) {
    skip_blanks();
    if (here("?.")) // the library reads it as a plain dot
      position_ += peek(2) == '[' || peek(2) == '(' ? 2 : 1;
    if (peek() == '.')
      node = property_name(*node);
    else if (peek() == '[')
      node = property_in_brackets(*node);
    else if (peek() == '(')
      node = call(*node);
    else
      break;
  }
  return node;
}

filter_parser::maybe filter_parser::property_name(index object) {
  ++position_;
  skip_blanks();
  if (at_end() || !starts_identifier(peek()))
    return fail("a name was expected after '.'");
  const std::size_t begin = position_;
  while (!at_end() && continues_identifier(peek()))
    ++position_;
  std::string word(text_.substr(begin, position_ - begin));
  if (program_.nodes[object].what == node_kind::document)
    return add(node_kind::document_member, {}, std::move(word));
  return add(node_kind::member, {object}, std::move(word));
}

filter_parser::maybe filter_parser::property_in_brackets(index object) {
  ++position_;
  ++brackets_;
  const maybe key = expression();
  --brackets_;
  skip_blanks();
  if (!key || peek() != ']')
    return fail("'[' needs an expression and ']'");
  ++position_;
  return add(node_kind::computed_member, {object, *key});
}

/// A call of a member. Nothing else can be called.
filter_parser::maybe filter_parser::call(index callee) {
  ++position_;
  std::vector<index> arguments;
  if (!list(')', arguments))
    return std::nullopt;
  const filter_node& member = program_.nodes[callee];
  std::vector<index> children = member.children;
  children.insert(children.end(), arguments.begin(), arguments.end());
  if (member.what == node_kind::member)
    return add(node_kind::call, std::move(children), member.text);
  if (member.what == node_kind::computed_member)
    return add(node_kind::computed_call, std::move(children));
  return add(node_kind::failure, {}, "only methods of values can be called");
}

/// Arguments or elements up to `closing`: separated by commas, or all of them by blanks.
bool filter_parser::list(char closing, std::vector<index>& out) {
  std::size_t commas = 0;
  while (!program_.problem) {
    skip_blanks();
    if (at_end()) {
      fail(std::string("'") + closing + "' is missing");
    } else if (peek() == closing) {
      if (closing == ')' && commas > 0 && commas >= out.size()) {
        fail("an argument is missing");
        break;
      }
      ++position_;
      return true;
    } else if (peek() == ',') {
      ++position_;
      if (++commas == out.size())
        continue;
      if (closing == ')')
        fail("an argument is missing");
      while (out.size() < commas && !program_.problem)
        out.push_back(add(node_kind::failure, {}, "an element is missing"));
    } else if (out.size() != commas && commas != 0) {
      fail("a comma was expected");
    } else if (const maybe one = expression()) {
      out.push_back(*one);
    } else {
      fail("an expression was expected");
    }
  }
  return false;
}

} // namespace millrace::flows::detail

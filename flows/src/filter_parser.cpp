// SPDX-License-Identifier: Apache-2.0
//
// The grammar of filter expressions: that of jsep 1.4 as jsonpath-plus 10 sets it up, with `@`, its
// names and `$` read as tokens instead of being replaced in the text beforehand.
#include "filter_program.hpp"

#include <millrace/js.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace millrace::flows::detail {

namespace {

using node_kind = filter_node::kind;
using index = std::uint32_t;

struct binary_operator {
  std::string_view text;
  int precedence; // higher binds tighter
  std::optional<filter_operator> operation;
};

/// Longest first. Assignments and the two operators without an operation parse, and fail when they
/// are evaluated, as they do in the reference.
constexpr std::array binary_operators{
    binary_operator{">>>=", 0, std::nullopt},
    binary_operator{"===", 6, filter_operator::same},
    binary_operator{"!==", 6, filter_operator::not_same},
    binary_operator{">>>", 8, filter_operator::shift_right_unsigned},
    binary_operator{"**=", 0, std::nullopt},
    binary_operator{"<<=", 0, std::nullopt},
    binary_operator{">>=", 0, std::nullopt},
    binary_operator{"||=", 0, std::nullopt},
    binary_operator{"&&=", 0, std::nullopt},
    binary_operator{"?\?=", 0, std::nullopt},
    binary_operator{"||", 1, filter_operator::logical_or},
    binary_operator{"??", 1, std::nullopt},
    binary_operator{"&&", 2, filter_operator::logical_and},
    binary_operator{"==", 6, filter_operator::equal},
    binary_operator{"!=", 6, filter_operator::not_equal},
    binary_operator{"<=", 7, filter_operator::less_or_equal},
    binary_operator{">=", 7, filter_operator::greater_or_equal},
    binary_operator{"<<", 8, filter_operator::shift_left},
    binary_operator{">>", 8, filter_operator::shift_right},
    binary_operator{"**", 11, std::nullopt},
    binary_operator{"*=", 0, std::nullopt},
    binary_operator{"/=", 0, std::nullopt},
    binary_operator{"%=", 0, std::nullopt},
    binary_operator{"+=", 0, std::nullopt},
    binary_operator{"-=", 0, std::nullopt},
    binary_operator{"&=", 0, std::nullopt},
    binary_operator{"^=", 0, std::nullopt},
    binary_operator{"|=", 0, std::nullopt},
    binary_operator{"|", 3, filter_operator::bit_or},
    binary_operator{"^", 4, filter_operator::bit_xor},
    binary_operator{"&", 5, filter_operator::bit_and},
    binary_operator{"<", 7, filter_operator::less},
    binary_operator{">", 7, filter_operator::greater},
    binary_operator{"+", 9, filter_operator::add},
    binary_operator{"-", 9, filter_operator::subtract},
    binary_operator{"*", 10, filter_operator::multiply},
    binary_operator{"/", 10, filter_operator::divide},
    binary_operator{"%", 10, filter_operator::remainder},
    binary_operator{"=", 0, std::nullopt},
};

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
  node_kind what;
};

/// Longest first: "@parent" starts "@parentProperty".
constexpr std::array context_names{
    context_name{"@parentProperty", node_kind::parent_property},
    context_name{"@parent", node_kind::parent},
    context_name{"@property", node_kind::property},
    context_name{"@root", node_kind::root},
    context_name{"@path", node_kind::path},
};

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool starts_identifier(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool continues_identifier(char c) noexcept {
  return starts_identifier(c) || is_digit(c);
}

/// Recursive descent, at most expression_depth_max deep. Every function that returns an optional
/// index gives nothing when there is no such thing here, or after having set problem.
class filter_parser {
public:
  filter_parser(filter_program& program, const marked_text& keys)
      : program_(program), text_(program.text), keys_(keys) {}

  void run() {
    const std::vector<index> found = expressions('\0');
    if (program_.problem)
      return;
    program_.top = found.size() == 1 ? found.front() : add(node_kind::sequence, found);
  }

private:
  using maybe = std::optional<index>;

  std::vector<index> expressions(char until);
  maybe expression();
  maybe binary(int least_precedence);
  maybe token();
  maybe unary();
  maybe name();
  maybe context();
  maybe group();
  maybe string();
  maybe number();
  maybe pattern();
  maybe properties(index object);
  maybe property_name(index object);
  maybe property_in_brackets(index object);
  maybe call(index callee);
  bool list(char closing, std::vector<index>& out);
  const binary_operator* operator_here();
  bool update_here();

  index add(node_kind what, std::vector<index> children = {}, std::string text = {}) {
    filter_node node;
    node.what = what;
    node.children = std::move(children);
    node.text = std::move(text);
    node.in_brackets = brackets_ > 0;
    node.height = height_of(node);
    if (node.height > limits().expression_depth_max)
      fail(too_deep());
    program_.nodes.push_back(std::move(node));
    return static_cast<index>(program_.nodes.size() - 1);
  }
  index constant(json::value value) {
    const index made = add(node_kind::constant);
    program_.nodes[made].value = std::move(value);
    return made;
  }
  maybe fail(std::string_view what) {
    if (!program_.problem)
      program_.problem =
          error(errc::invalid_syntax,
                "the expression '" + keys_.expand(text_) + "' is malformed at character " +
                    std::to_string(position_ + 1) + ": " + std::string(what) + ".");
    return std::nullopt;
  }
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0';
  }
  [[nodiscard]] bool at_end() const { return position_ >= text_.size(); }
  [[nodiscard]] bool here(std::string_view what) const {
    return text_.substr(position_, what.size()) == what;
  }
  void skip_blanks() {
    while (!at_end() && std::string_view(" \t\n\r").find(peek()) != std::string_view::npos)
      ++position_;
  }
  static std::string too_deep() {
    return "it is nested deeper than expression_depth_max = " +
           std::to_string(limits().expression_depth_max);
  }
  /// How deep evaluation recurses below a node. A chain of binary operators is evaluated in a loop.
  [[nodiscard]] std::size_t height_of(const filter_node& node) const {
    std::size_t height = 0;
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      const filter_node& child = program_.nodes[node.children[i]];
      const bool in_chain = node.what == node_kind::binary && child.what == node.what && i == 0;
      height = std::max(height, child.height + (in_chain ? 0 : 1));
    }
    return height;
  }
  /// Counts nesting; false, with a problem, where it is too deep.
  bool deeper() {
    if (depth_ >= limits().expression_depth_max) {
      fail(too_deep());
      return false;
    }
    ++depth_;
    return true;
  }

  filter_program& program_;
  std::string_view text_;
  const marked_text& keys_;
  std::size_t position_ = 0;
  std::size_t depth_ = 0;
  std::size_t brackets_ = 0; // how many computed names we are in
};

/// Expressions one after the other, with commas, semicolons or nothing between them.
std::vector<index> filter_parser::expressions(char until) {
  std::vector<index> found;
  while (!at_end() && !program_.problem) {
    const char first = peek();
    if (first == ';' || first == ',') {
      ++position_;
      continue;
    }
    const maybe one = expression();
    if (one) {
      found.push_back(*one);
    } else if (!at_end() && !program_.problem) {
      if (first == until && until != '\0')
        break;
      fail("an expression was expected");
    }
  }
  return found;
}

filter_parser::maybe filter_parser::expression() {
  if (!deeper())
    return std::nullopt;
  maybe node = binary(0);
  skip_blanks();
  if (node && peek() == '?') {
    ++position_;
    const maybe consequent = expression();
    skip_blanks();
    if (!consequent || peek() != ':')
      return fail("'?' needs two expressions with ':' between them");
    ++position_;
    const maybe alternative = expression();
    if (!alternative)
      return fail("an expression was expected after ':'");
    node = add(node_kind::conditional, {*node, *consequent, *alternative});
  }
  --depth_;
  return node;
}

const binary_operator* filter_parser::operator_here() {
  skip_blanks();
  const auto found = std::find_if(binary_operators.begin(), binary_operators.end(),
                                  [&](const binary_operator& each) { return here(each.text); });
  return found == binary_operators.end() ? nullptr : &*found;
}

/// Precedence climbing. Assignments bind to the right, everything else to the left.
filter_parser::maybe filter_parser::binary(int least_precedence) {
  maybe left = token();
  while (left && !program_.problem) {
    const binary_operator* const found = operator_here();
    if (found == nullptr || found->precedence < least_precedence)
      break;
    position_ += found->text.size();
    if (!deeper())
      return std::nullopt;
    const bool binds_right = found->precedence == 0 || found->text == "**";
    const maybe right = binary(found->precedence + (binds_right ? 0 : 1));
    --depth_;
    if (!right)
      return fail("an expression was expected after '" + std::string(found->text) + "'");
    if (found->operation) {
      left = add(node_kind::binary, {*left, *right});
      program_.nodes[*left].operation = *found->operation;
    } else {
      left = add(node_kind::failure, {},
                 "the operator '" + std::string(found->text) + "' is not supported");
    }
  }
  return program_.problem ? std::nullopt : left;
}

/// `++` or `--`, which change a variable and are refused.
bool filter_parser::update_here() {
  if (!here("++") && !here("--"))
    return false;
  fail("'++' and '--' are not supported");
  return true;
}

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
    position_ += peek() == '\\' ? 2 : 1;
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

} // namespace

void parse_filter(filter_program& program, const marked_text& keys) {
  filter_parser(program, keys).run();
}

} // namespace millrace::flows::detail

// SPDX-License-Identifier: Apache-2.0
//
// Lists of expressions, conditionals and binary operators.
#include "filter_parser.hpp"

#include <algorithm>
#include <array>

namespace millrace::flows::detail {

namespace {

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

const binary_operator* operator_at(std::string_view text) {
  const auto found =
      std::find_if(binary_operators.begin(), binary_operators.end(),
                   [&](const binary_operator& each) { return text.starts_with(each.text); });
  return found == binary_operators.end() ? nullptr : &*found;
}

std::string too_deep() {
  return "it is nested deeper than expression_depth_max = " +
         std::to_string(limits().expression_depth_max);
}

} // namespace

void filter_parser::run() {
  const std::vector<index> found = expressions('\0');
  if (program_.problem)
    return;
  program_.top = found.size() == 1 ? found.front() : add(node_kind::sequence, found);
}

/// Expressions one after the other, with commas, semicolons or nothing between them.
std::vector<filter_parser::index> filter_parser::expressions(char until) {
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

/// Precedence climbing. Assignments bind to the right, everything else to the left.
filter_parser::maybe filter_parser::binary(int least_precedence) {
  maybe left = token();
  while (left && !program_.problem) {
    skip_blanks();
    const binary_operator* const found = operator_at(text_.substr(position_));
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

filter_parser::index filter_parser::add(node_kind what, std::vector<index> children,
                                        std::string text) {
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

filter_parser::index filter_parser::constant(json::value value) {
  const index made = add(node_kind::constant);
  program_.nodes[made].value = std::move(value);
  return made;
}

filter_parser::maybe filter_parser::fail(std::string_view what) {
  if (!program_.problem)
    program_.problem =
        error(errc::invalid_syntax,
              "the expression '" + keys_.expand(text_) + "' is malformed at character " +
                  std::to_string(position_ + 1) + ": " + std::string(what) + ".");
  return std::nullopt;
}

bool filter_parser::deeper() {
  if (depth_ >= limits().expression_depth_max) {
    fail(too_deep());
    return false;
  }
  ++depth_;
  return true;
}

/// `++` or `--`, which change a variable and are refused.
bool filter_parser::update_here() {
  if (!here("++") && !here("--"))
    return false;
  fail("'++' and '--' are not supported");
  return true;
}

/// How deep evaluation recurses below a node. A chain of binary operators is evaluated in a loop.
std::size_t filter_parser::height_of(const filter_node& node) const {
  std::size_t height = 0;
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    const filter_node& child = program_.nodes[node.children[i]];
    const bool in_chain = node.what == node_kind::binary && child.what == node.what && i == 0;
    height = std::max(height, child.height + (in_chain ? 0 : 1));
  }
  return height;
}

void parse_filter(filter_program& program, const marked_text& keys) {
  filter_parser(program, keys).run();
}

} // namespace millrace::flows::detail

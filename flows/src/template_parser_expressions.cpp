// SPDX-License-Identifier: Apache-2.0
//
// Names, paths, literals, arguments and sub-expressions.
#include "template_grammar.hpp"

#include <millrace/js.hpp>

#include <utility>

namespace millrace::flows::templates {
namespace {

/// The name in a token: without the brackets of a segment literal.
std::string name_in(const std::string& token_text) {
  const bool bracketed = token_text.size() >= 2 && token_text.front() == '[' &&
                         token_text.back() == ']' &&
                         token_text.find_first_of("\n\r") == std::string::npos;
  return bracketed ? token_text.substr(1, token_text.size() - 2) : token_text;
}

bool is_word_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// Whether a path is bound to its scope by `this` or a leading dot. A name that merely ends in
/// "this" counts as well: so it is in Handlebars.
bool is_scoped(std::string_view original) {
  if (!original.empty() && original.front() == '.') {
    return true;
  }
  constexpr std::string_view word = "this";
  for (std::size_t i = original.find(word); i != std::string_view::npos;
       i = original.find(word, i + 1)) {
    const std::size_t behind = i + word.size();
    if (behind == original.size() || !is_word_byte(original[behind])) {
      return true;
    }
  }
  return false;
}

} // namespace

bool parser::parse_head(call& made) {
  return parse_callee(made) && parse_arguments(made);
}

// A literal in the place of a name is a name spelled like the literal.
bool parser::parse_callee(call& made) {
  if (at(token_type::id)) {
    return parse_path(made.callee, false);
  }
  if (at(token_type::data)) {
    return parse_path(made.callee, true);
  }
  expression literal;
  const source_span span{token_.begin, token_.end};
  if (!at_literal()) {
    return unexpected("a name or a literal");
  }
  if (!parse_literal(literal)) {
    return false;
  }
  if (!literal.is_text) {
    made.literal_kind = js::type_name(
        literal.kind == expression::kind_type::undefined ? nullptr : &literal.literal);
  }
  made.callee.original =
      js::to_string(literal.kind == expression::kind_type::undefined ? nullptr : &literal.literal);
  made.callee.parts.push_back(made.callee.original);
  made.callee.scoped = is_scoped(made.callee.original);
  made.callee.at = span;
  return true;
}

bool parser::at_literal() const {
  switch (token_.type) {
  case token_type::text:
  case token_type::number:
  case token_type::boolean:
  case token_type::undefined:
  case token_type::null: return true;
  default: return false;
  }
}

bool parser::at_argument() const {
  return at(token_type::id) || at(token_type::data) || at(token_type::open_sexpr) || at_literal();
}

// Arguments, then hash pairs: once a pair was seen, only pairs may follow.
bool parser::parse_arguments(call& made) {
  while (at_argument()) {
    const bool may_be_key = at(token_type::id);
    const token first = token_;
    if (may_be_key && !advance()) {
      return false;
    }
    if (may_be_key && at(token_type::equals)) {
      hash_pair pair;
      pair.key = name_in(first.text);
      if (!advance() || !parse_argument(pair.value)) {
        return false;
      }
      made.hash.push_back(std::move(pair));
      continue;
    }
    if (!made.hash.empty()) {
      return unexpected("'EQUALS'");
    }
    expression argument;
    if (may_be_key) {
      argument.kind = expression::kind_type::path;
      if (!continue_path(argument.path, first, false)) {
        return false;
      }
    } else if (!parse_argument(argument)) {
      return false;
    }
    made.params.push_back(std::move(argument));
  }
  return true;
}

bool parser::parse_argument(expression& made) {
  if (at(token_type::open_sexpr)) {
    made.kind = expression::kind_type::call;
    made.sub = std::make_unique<call>();
    return parse_sub_expression(*made.sub);
  }
  if (at(token_type::id) || at(token_type::data)) {
    made.kind = expression::kind_type::path;
    return parse_path(made.path, at(token_type::data));
  }
  return at_literal() ? parse_literal(made) : unexpected("an argument");
}

bool parser::parse_sub_expression(call& made) {
  const std::size_t begin = token_.begin;
  if (!deeper() || !expect(token_type::open_sexpr) || !parse_head(made) ||
      !expect(token_type::close_sexpr)) {
    return false;
  }
  --depth_;
  made.at = {begin, line_end_};
  return true;
}

bool parser::parse_literal(expression& made) {
  made.kind = expression::kind_type::literal;
  switch (token_.type) {
  case token_type::text:
    made.is_text = true;
    made.literal = token_.text;
    break;
  case token_type::number: made.literal = number(js::to_number(token_.text)); break;
  case token_type::boolean: made.literal = token_.text == "true"; break;
  case token_type::null: made.literal = nullptr; break;
  default: made.kind = expression::kind_type::undefined; break;
  }
  return advance();
}

bool parser::parse_path(path_expression& made, bool data) {
  token first;
  const std::size_t begin = token_.begin;
  if (data && !advance()) {
    return false;
  }
  if (!expect(token_type::id, first)) {
    return false;
  }
  first.begin = begin; // that of the @
  return continue_path(made, first, data);
}

bool parser::continue_path(path_expression& made, const token& first, bool data) {
  made.at.begin = first.begin;
  made.data = data;
  made.original = data ? "@" : "";
  std::string misplaced; // the path up to a keyword behind a name
  add_part(made, first, "", misplaced);
  while (at(token_type::separator)) {
    const std::string separator = token_.text;
    token part;
    if (!advance() || !expect(token_type::id, part)) {
      return false;
    }
    add_part(made, part, separator, misplaced);
  }
  if (!misplaced.empty()) { // what cannot follow a path at all is the greater problem
    return ends_path() ? fail_at("Invalid path: " + misplaced, made.at.begin)
                       : unexpected("an argument or the end of the tag");
  }
  made.at.end = line_end_;
  made.scoped = is_scoped(made.original);
  return true;
}

bool parser::ends_path() const {
  switch (token_.type) {
  case token_type::close:
  case token_type::close_unescaped:
  case token_type::close_raw_block:
  case token_type::close_sexpr:
  case token_type::open_block_params: return true;
  default: return at_argument();
  }
}

void parser::add_part(path_expression& made, const token& part, const std::string& separator,
                      std::string& misplaced) {
  std::string name = name_in(part.text);
  made.original += separator + name;
  const bool keyword = name == part.text && (name == ".." || name == "." || name == "this");
  if (!keyword) {
    made.parts.push_back(std::move(name));
  } else if (!made.parts.empty() && misplaced.empty()) {
    misplaced = made.original;
  } else if (name == "..") {
    ++made.depth;
  }
}

bool parser::parse_block_params(std::vector<std::string>& names) {
  if (!expect(token_type::open_block_params)) {
    return false;
  }
  do {
    token name;
    if (!expect(token_type::id, name)) {
      return false;
    }
    names.push_back(name_in(name.text));
  } while (at(token_type::id));
  return expect(token_type::close_block_params);
}

} // namespace millrace::flows::templates

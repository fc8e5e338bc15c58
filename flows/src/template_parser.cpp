// SPDX-License-Identifier: Apache-2.0
//
// Recursive descent with one token of look-ahead, which the grammar never needs more of. The first
// problem ends the parse: every function returns false from then on.
#include "template_parser.hpp"

#include "template_lexer.hpp"

#include <millrace/js.hpp>
#include <millrace/limits.hpp>

#include <utility>

namespace millrace::flows::templates {
namespace {

using kind = statement::kind_type;

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

strip_flags flags_of(const token& open, const token& close) {
  const std::string& end = close.text;
  return {open.text.size() > 2 && open.text[2] == '~',
          end.size() > 2 && end[end.size() - 3] == '~'};
}

/// An opening tag of a block.
struct opening {
  token open;
  call head;
  std::unique_ptr<call> dynamic_name;
  std::vector<std::string> block_params;
  strip_flags strip;
};

/// What comes between a block's body and its closing tag.
struct alternative {
  std::unique_ptr<program> body; // null: nothing
  strip_flags strip;
  bool chain = false;
};

class parser {
public:
  explicit parser(std::string_view text) : text_(text), lexer_(text) {}

  result<program> parse_root() {
    program root;
    if (advance() && parse_program(root) && expect(token_type::end)) {
      return root;
    }
    return *failure_;
  }

private:
  // Tokens.
  bool advance() {
    line_end_ = token_.end;
    result<token> next = lexer_.next();
    if (next.has_error()) {
      return fail(next.error());
    }
    token_ = std::move(*next);
    return true;
  }
  [[nodiscard]] bool at(token_type type) const { return token_.type == type; }
  bool expect(token_type type) {
    if (!at(type)) {
      return unexpected(name_of(type));
    }
    return type == token_type::end || advance();
  }
  /// Takes the token if it is one of `type`.
  bool expect(token_type type, token& taken) {
    taken = token_;
    return expect(type);
  }

  // Problems.
  bool fail(error reason) {
    if (!failure_) {
      failure_ = std::move(reason);
    }
    return false;
  }
  bool unexpected(std::string_view expected) {
    return fail({errc::invalid_syntax,
                 "Parse error on line " + std::to_string(position_of(text_, line_end_).line) +
                     ":\n" + show_position(text_, token_.begin, token_.end) + "\nExpecting " +
                     std::string(expected) + ", got '" + name_of(token_.type) + "'"});
  }
  bool fail_at(std::string message, std::size_t at) {
    const position where = position_of(text_, at);
    return fail({errc::invalid_syntax, std::move(message) + " - " + std::to_string(where.line) +
                                           ":" + std::to_string(where.column)});
  }
  bool deeper() {
    if (++depth_ <= limits().expression_depth_max) {
      return true;
    }
    return fail({errc::limit_exceeded, "The template nests deeper than expression_depth_max, " +
                                           std::to_string(limits().expression_depth_max) + "."});
  }

  // Statements.
  bool parse_program(program& into);
  bool parse_statement(program& into);
  bool parse_mustache(program& into);
  bool parse_block(program& into, bool inverted);
  bool parse_raw_block(program& into);
  bool parse_partial(program& into);
  bool parse_partial_block(program& into);
  bool parse_opening(token_type type, opening& made);
  bool parse_alternative(alternative& made, bool chain_allowed);
  bool parse_chain(alternative& made);
  bool parse_closing(const call& open, strip_flags& strip);
  bool finish_block(statement& block, opening open, program body, alternative other, bool inverted);

  // Expressions.
  bool parse_head(call& made);
  bool parse_callee(call& made);
  bool parse_arguments(call& made);
  bool parse_argument(expression& made);
  bool parse_sub_expression(call& made);
  bool parse_literal(expression& made);
  bool parse_path(path_expression& made, bool data);
  bool continue_path(path_expression& made, token first, bool data);
  void add_part(path_expression& made, const token& part, const std::string& separator,
                std::string& misplaced);
  bool parse_block_params(std::vector<std::string>& names);

  [[nodiscard]] bool ends_path() const;
  [[nodiscard]] bool at_argument() const;
  [[nodiscard]] bool at_literal() const;

  std::string_view text_;
  lexer lexer_;
  token token_;
  std::size_t line_end_ = 0; // end of the last token that was taken
  std::size_t depth_ = 0;
  std::optional<error> failure_;
};

bool parser::parse_program(program& into) {
  for (;;) {
    switch (token_.type) {
    case token_type::end:
    case token_type::inverse:
    case token_type::open_inverse_chain:
    case token_type::open_end_block: return true;
    default:
      if (!parse_statement(into)) {
        return false;
      }
    }
  }
}

bool parser::parse_statement(program& into) {
  switch (token_.type) {
  case token_type::content:
  case token_type::comment: {
    const bool content = at(token_type::content);
    statement& made = into.body.emplace_back(content ? kind::content : kind::comment);
    made.at = {token_.begin, token_.end};
    if (content) {
      made.text = made.original = token_.text;
    } else {
      made.open_strip = flags_of(token_, token_);
    }
    return advance();
  }
  case token_type::open:
  case token_type::open_unescaped: return parse_mustache(into);
  case token_type::open_block: return parse_block(into, false);
  case token_type::open_inverse: return parse_block(into, true);
  case token_type::open_raw_block: return parse_raw_block(into);
  case token_type::open_partial: return parse_partial(into);
  case token_type::open_partial_block: return parse_partial_block(into);
  default: return unexpected("content or a tag");
  }
}

bool parser::parse_mustache(program& into) {
  const token open = token_;
  const bool decorator = open.text.find('*') != std::string::npos;
  statement made(decorator ? kind::decorator : kind::mustache);
  token close;
  const token_type shut = at(token_type::open) ? token_type::close : token_type::close_unescaped;
  if (!advance() || !parse_head(made.head) || !expect(shut, close)) {
    return false;
  }
  made.open_strip = flags_of(open, close);
  made.at = made.head.at = {open.begin, close.end};
  into.body.push_back(std::move(made));
  return true;
}

bool parser::parse_opening(token_type type, opening& made) {
  token close;
  if (!expect(type, made.open) || !parse_head(made.head)) {
    return false;
  }
  if (at(token_type::open_block_params) && !parse_block_params(made.block_params)) {
    return false;
  }
  if (!expect(token_type::close, close)) {
    return false;
  }
  made.strip = flags_of(made.open, close);
  return true;
}

bool parser::parse_block(program& into, bool inverted) {
  statement made(kind::block);
  opening open;
  program body;
  alternative other;
  const std::size_t begin = token_.begin;
  if (!deeper() || !parse_opening(token_.type, open) || !parse_program(body) ||
      !parse_alternative(other, !inverted) || !parse_closing(open.head, made.close_strip)) {
    return false;
  }
  made.at = {begin, line_end_};
  open.head.at = made.at;
  --depth_;
  if (!finish_block(made, std::move(open), std::move(body), std::move(other), inverted)) {
    return false;
  }
  into.body.push_back(std::move(made));
  return true;
}

bool parser::finish_block(statement& block, opening open, program body, alternative other,
                          bool inverted) {
  const bool decorator = open.open.text.find('*') != std::string::npos;
  if (decorator && other.body) {
    return fail({errc::invalid_syntax, "Unexpected inverse block on decorator"});
  }
  if (decorator) {
    block.kind = kind::decorator;
  }
  body.block_params = std::move(open.block_params);
  if (other.body) {
    if (other.chain) {
      other.body->body.front().close_strip = block.close_strip;
    }
    block.inverse_strip = other.strip;
    block.inverse = std::move(other.body);
  }
  block.body = std::make_unique<program>(std::move(body));
  if (inverted) {
    std::swap(block.body, block.inverse);
  }
  block.head = std::move(open.head);
  block.open_strip = open.strip;
  return true;
}

bool parser::parse_alternative(alternative& made, bool chain_allowed) {
  if (at(token_type::open_inverse_chain) && chain_allowed) {
    return parse_chain(made);
  }
  if (!at(token_type::inverse)) {
    return true;
  }
  made.strip = flags_of(token_, token_);
  made.body = std::make_unique<program>();
  return advance() && parse_program(*made.body);
}

// {{else name}} is a block of its own, the only statement of the program that stands for it.
bool parser::parse_chain(alternative& made) {
  statement inner(kind::block);
  opening open;
  program body;
  alternative other;
  const std::size_t begin = token_.begin;
  if (!deeper() || !parse_opening(token_type::open_inverse_chain, open) || !parse_program(body) ||
      !parse_alternative(other, true)) {
    return false;
  }
  --depth_;
  inner.at = {begin, line_end_};
  open.head.at = inner.at;
  made.strip = open.strip;
  made.chain = true;
  inner.close_strip = other.strip; // where another alternative follows, its tag closes this one
  if (!finish_block(inner, std::move(open), std::move(body), std::move(other), false)) {
    return false;
  }
  made.body = std::make_unique<program>();
  made.body->chained = true;
  made.body->body.push_back(std::move(inner));
  return true;
}

bool parser::parse_closing(const call& open, strip_flags& strip) {
  token begin;
  token end;
  call name;
  if (!expect(token_type::open_end_block, begin) || !parse_callee(name) ||
      !expect(token_type::close, end)) {
    return false;
  }
  strip = flags_of(begin, end);
  if (open.callee.original != name.callee.original || open.literal_kind != name.literal_kind) {
    return fail_at(open.callee.original + " doesn't match " + name.callee.original,
                   open.callee.at.begin);
  }
  return true;
}

bool parser::parse_raw_block(program& into) {
  statement made(kind::block);
  const std::size_t begin = token_.begin;
  if (!advance() || !parse_head(made.head) || !expect(token_type::close_raw_block)) {
    return false;
  }
  made.body = std::make_unique<program>();
  while (at(token_type::content)) {
    if (!parse_statement(*made.body)) {
      return false;
    }
  }
  token close;
  if (!expect(token_type::end_raw_block, close)) {
    return false;
  }
  if (made.head.callee.original != close.text || !made.head.literal_kind.empty()) {
    return fail_at(made.head.callee.original + " doesn't match " + close.text,
                   made.head.callee.at.begin);
  }
  made.at = made.head.at = {begin, close.end};
  into.body.push_back(std::move(made));
  return true;
}

bool parser::parse_partial(program& into) {
  statement made(kind::partial);
  token open;
  token close;
  if (!expect(token_type::open_partial, open)) {
    return false;
  }
  if (at(token_type::open_sexpr)) {
    made.dynamic_name = std::make_unique<call>();
    if (!parse_sub_expression(*made.dynamic_name)) {
      return false;
    }
  } else if (!parse_callee(made.head)) {
    return false;
  }
  if (!parse_arguments(made.head) || !expect(token_type::close, close)) {
    return false;
  }
  made.open_strip = flags_of(open, close);
  made.at = made.head.at = {open.begin, close.end};
  into.body.push_back(std::move(made));
  return true;
}

bool parser::parse_partial_block(program& into) {
  statement made(kind::partial_block);
  token open;
  token close;
  if (!deeper() || !expect(token_type::open_partial_block, open)) {
    return false;
  }
  if (at(token_type::open_sexpr)) {
    made.dynamic_name = std::make_unique<call>();
    if (!parse_sub_expression(*made.dynamic_name)) {
      return false;
    }
    // Handlebars finds no name to compare with that of the closing tag, and neither do we.
    made.head.callee.original = made.head.literal_kind = "undefined";
    made.head.callee.at = made.dynamic_name->at;
  } else if (!parse_callee(made.head)) {
    return false;
  }
  made.body = std::make_unique<program>();
  if (!parse_arguments(made.head) || !expect(token_type::close, close) ||
      !parse_program(*made.body)) {
    return false;
  }
  made.open_strip = flags_of(open, close);
  if (!parse_closing(made.head, made.close_strip)) {
    return false;
  }
  made.at = made.head.at = {open.begin, line_end_};
  --depth_;
  into.body.push_back(std::move(made));
  return true;
}

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
  return continue_path(made, std::move(first), data);
}

bool parser::continue_path(path_expression& made, token first, bool data) {
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

} // namespace

result<program> parse(std::string_view text) {
  return parser(text).parse_root();
}

} // namespace millrace::flows::templates

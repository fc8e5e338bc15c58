// SPDX-License-Identifier: Apache-2.0
//
// Tokens, problems and statements.
#include "template_parser.hpp"

#include "template_grammar.hpp"
#include "template_position.hpp"

#include <millrace/limits.hpp>

#include <utility>

namespace millrace::flows::templates {
namespace {

using kind = statement::kind_type;

strip_flags flags_of(const token& open, const token& close) {
  const std::string& end = close.text;
  return {open.text.size() > 2 && open.text[2] == '~',
          end.size() > 2 && end[end.size() - 3] == '~'};
}

} // namespace

result<program> parser::parse_root() {
  program root;
  if (advance() && parse_program(root) && expect(token_type::end)) {
    return root;
  }
  return *failure_;
}

bool parser::advance() {
  line_end_ = token_.end;
  result<token> next = lexer_.next();
  if (next.has_error()) {
    return fail(next.error());
  }
  token_ = std::move(*next);
  return true;
}

bool parser::expect(token_type type) {
  if (!at(type)) {
    return unexpected(name_of(type));
  }
  return type == token_type::end || advance();
}

bool parser::unexpected(std::string_view expected) {
  return fail({errc::invalid_syntax,
               "Parse error on line " + std::to_string(position_of(text_, line_end_).line) + ":\n" +
                   show_position(text_, token_.begin, token_.end) + "\nExpecting " +
                   std::string(expected) + ", got '" + name_of(token_.type) + "'"});
}

bool parser::fail_at(std::string message, std::size_t at) {
  const position where = position_of(text_, at);
  return fail({errc::invalid_syntax, std::move(message) + " - " + std::to_string(where.line) + ":" +
                                         std::to_string(where.column)});
}

bool parser::deeper() {
  if (++depth_ <= limits().expression_depth_max) {
    return true;
  }
  return fail({errc::limit_exceeded, "The template nests deeper than expression_depth_max, " +
                                         std::to_string(limits().expression_depth_max) + "."});
}

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

result<program> parse(std::string_view text) {
  return parser(text).parse_root();
}

} // namespace millrace::flows::templates

// SPDX-License-Identifier: Apache-2.0
//
// Handlebars' grammar by recursive descent, with one token of look-ahead, which it never needs more
// of. Statements are in template_parser.cpp, expressions in template_parser_expressions.cpp.
#pragma once

#include "template_ast.hpp"
#include "template_lexer.hpp"

#include <millrace/error.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::flows::templates {

/// An opening tag of a block.
struct opening {
  token open;
  call head;
  std::vector<std::string> block_params;
  strip_flags strip;
};

/// What comes between a block's body and its closing tag.
struct alternative {
  std::unique_ptr<program> body; // null: nothing
  strip_flags strip;
  bool chain = false;
};

/// One parse of one text, which must outlive it. The first problem ends it: every function returns
/// false from then on.
class parser {
public:
  explicit parser(std::string_view text) : text_(text), lexer_(text) {}

  result<program> parse_root();

private:
  // Tokens.
  bool advance();
  [[nodiscard]] bool at(token_type type) const { return token_.type == type; }
  bool expect(token_type type);
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
  bool unexpected(std::string_view expected);
  bool fail_at(std::string message, std::size_t at);
  bool deeper();

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
  bool continue_path(path_expression& made, const token& first, bool data);
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

} // namespace millrace::flows::templates

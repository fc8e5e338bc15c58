// SPDX-License-Identifier: Apache-2.0
//
// Cuts a template text into tokens. What a character means depends on where it stands: content,
// inside a tag, a raw block, a long comment or right behind an escaping backslash.
#pragma once

#include <millrace/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::flows::templates {

enum class token_type : std::uint8_t {
  end,
  content,
  comment,
  open_raw_block,
  close_raw_block,
  end_raw_block,
  open,
  open_unescaped,
  open_block,
  open_inverse,
  open_inverse_chain,
  inverse,
  open_end_block,
  open_partial,
  open_partial_block,
  close,
  close_unescaped,
  open_sexpr,
  close_sexpr,
  id,
  equals,
  separator,
  data,
  text,
  number,
  boolean,
  undefined,
  null,
  open_block_params,
  close_block_params,
  invalid,
};

/// The token's name in error messages.
[[nodiscard]] const char* name_of(token_type type) noexcept;

struct token {
  token_type type = token_type::end;
  std::string text;      // the characters, without quotes and escapes where they have any
  std::size_t begin = 0; // bytes in the template text
  std::size_t end = 0;
};

/// One pass over one text, which must outlive the lexer.
class lexer {
public:
  explicit lexer(std::string_view text)
      : text_(text), stop_(std::min(text.find('\0'), text.size())) {}

  /// The next token; `end` from the end on. Errors: `invalid_syntax` where no token can start.
  [[nodiscard]] result<token> next();

private:
  enum class mode : std::uint8_t { tag, escaped, comment, raw };

  // Each gives the token at at_ and moves behind it; false where the text gives none.
  bool lex_content(token& made);
  bool lex_escaped(token& made);
  bool lex_comment(token& made);
  bool lex_raw(token& made);
  bool lex_tag(token& made);
  bool lex_open(token& made);
  bool lex_open_word(token& made, std::size_t after);
  bool lex_bang(token& made, std::size_t after);
  bool lex_close(token& made);
  bool lex_quoted(token& made);
  bool lex_word(token& made);
  bool lex_segment_literal(token& made);

  [[nodiscard]] bool at(std::string_view what) const {
    return text_.substr(at_, what.size()) == what;
  }
  bool take(token& made, token_type type, std::size_t length);
  [[nodiscard]] error unrecognized() const;

  std::string_view text_;
  std::size_t stop_; // the first NUL, which no content may hold, else the end
  std::size_t at_ = 0;
  std::vector<mode> modes_; // empty: content
  bool skip_ = false;       // the last match gave no token
};

} // namespace millrace::flows::templates

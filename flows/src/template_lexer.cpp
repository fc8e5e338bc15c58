// SPDX-License-Identifier: Apache-2.0
//
// The order of the attempts decides, not the length of a match: it is that of Handlebars' lexer.
#include "template_lexer.hpp"

#include "template_position.hpp"
#include "template_scan.hpp"
#include "template_space.hpp"

#include <array>

namespace millrace::flows::templates {
namespace {} // namespace

const char* name_of(token_type type) noexcept {
  constexpr std::array<const char*, 31> names = {
      "EOF",
      "CONTENT",
      "COMMENT",
      "OPEN_RAW_BLOCK",
      "CLOSE_RAW_BLOCK",
      "END_RAW_BLOCK",
      "OPEN",
      "OPEN_UNESCAPED",
      "OPEN_BLOCK",
      "OPEN_INVERSE",
      "OPEN_INVERSE_CHAIN",
      "INVERSE",
      "OPEN_ENDBLOCK",
      "OPEN_PARTIAL",
      "OPEN_PARTIAL_BLOCK",
      "CLOSE",
      "CLOSE_UNESCAPED",
      "OPEN_SEXPR",
      "CLOSE_SEXPR",
      "ID",
      "EQUALS",
      "SEP",
      "DATA",
      "STRING",
      "NUMBER",
      "BOOLEAN",
      "UNDEFINED",
      "NULL",
      "OPEN_BLOCK_PARAMS",
      "CLOSE_BLOCK_PARAMS",
      "INVALID",
  };
  return names[static_cast<std::size_t>(type)];
}

result<token> lexer::next() {
  for (;;) {
    token made;
    if (at_ >= text_.size()) {
      made.begin = made.end = text_.size();
      return made;
    }
    const std::size_t begin = at_;
    skip_ = false;
    bool matched = false;
    if (modes_.empty()) {
      matched = lex_content(made);
    } else {
      switch (modes_.back()) {
      case mode::tag: matched = lex_tag(made); break;
      case mode::escaped: matched = lex_escaped(made); break;
      case mode::comment: matched = lex_comment(made); break;
      case mode::raw: matched = lex_raw(made); break;
      }
    }
    if (!matched) {
      return unrecognized();
    }
    if (!skip_) {
      made.begin = begin;
      made.end = at_;
      return made;
    }
  }
}

error lexer::unrecognized() const {
  return {errc::invalid_syntax, "Lexical error on line " +
                                    std::to_string(position_of(text_, at_).line) +
                                    ". Unrecognized text.\n" + show_position(text_, at_, at_)};
}

bool lexer::take(token& made, token_type type, std::size_t length) {
  made.type = type;
  made.text.assign(text_.substr(at_, length));
  at_ += length;
  return true;
}

bool lexer::lex_content(token& made) {
  const std::size_t braces = text_.find("{{", at_);
  if (braces == npos || braces > stop_) {
    return stop_ != at_ && take(made, token_type::content, stop_ - at_);
  }
  take(made, token_type::content, braces - at_);
  const std::size_t size = made.text.size();
  const bool escape = size > 0 && made.text.back() == '\\';
  const bool escaped_escape = escape && size > 1 && made.text[size - 2] == '\\';
  if (escape) {
    made.text.pop_back();
  }
  modes_.push_back(escape && !escaped_escape ? mode::escaped : mode::tag);
  skip_ = made.text.empty();
  return true;
}

bool lexer::lex_escaped(token& made) {
  modes_.pop_back();
  std::size_t end = text_.find("{{", at_ + 2);
  if (end == npos || end > stop_) {
    return stop_ == text_.size() && take(made, token_type::content, stop_ - at_);
  }
  // Backslashes before the next tag are left for its own content to read.
  for (int backslashes = 0; backslashes < 2 && end > at_ + 2 && text_[end - 1] == '\\';
       ++backslashes) {
    --end;
  }
  return take(made, token_type::content, end - at_);
}

bool lexer::lex_comment(token& made) {
  for (std::size_t dashes = text_.find("--", at_); dashes != npos;
       dashes = text_.find("--", dashes + 1)) {
    if (const std::size_t end = close_end(text_, dashes + 2); end != npos) {
      modes_.pop_back();
      return take(made, token_type::comment, end - at_);
    }
  }
  return false;
}

bool lexer::lex_raw(token& made) {
  constexpr std::string_view open = "{{{{";
  constexpr std::string_view shut = "}}}}";
  if (at(open) && at_ + open.size() < text_.size() && text_[at_ + open.size()] != '/') {
    modes_.push_back(mode::raw);
    return take(made, token_type::content, open.size());
  }
  if (at("{{{{/")) {
    const std::size_t name = at_ + open.size() + 1;
    const std::size_t end = name_end(text_, name);
    if (end > name && text_.substr(end, shut.size()) == shut) {
      modes_.pop_back();
      take(made, token_type::content, end + shut.size() - at_);
      if (modes_.empty() || modes_.back() != mode::raw) {
        made.type = token_type::end_raw_block;
        made.text.assign(text_.substr(name, end - name));
      }
      return true;
    }
  }
  const std::size_t next_open = text_.find(open, at_ + 1);
  return next_open != npos && next_open < stop_ && take(made, token_type::content, next_open - at_);
}

bool lexer::lex_tag(token& made) {
  if (lex_open(made) || lex_close(made) || lex_quoted(made)) {
    return true;
  }
  if (const std::size_t spaces = skip_space(text_, at_) - at_; spaces != 0) {
    skip_ = true;
    return take(made, token_type::invalid, spaces);
  }
  const char c = text_[at_];
  switch (c) {
  case '(': return take(made, token_type::open_sexpr, 1);
  case ')': return take(made, token_type::close_sexpr, 1);
  case '=': return take(made, token_type::equals, 1);
  case '@': return take(made, token_type::data, 1);
  case '|': return take(made, token_type::close_block_params, 1);
  case '/': return take(made, token_type::separator, 1);
  case '[':
    if (lex_segment_literal(made)) {
      return true;
    }
    break;
  case '.':
    if (at("..")) {
      return take(made, token_type::id, 2);
    }
    return take(made, follows_name(text_, at_ + 1) ? token_type::id : token_type::separator, 1);
  default: break;
  }
  return lex_word(made) || take(made, token_type::invalid, 1);
}

bool lexer::lex_open(token& made) {
  if (!at("{{")) {
    return false;
  }
  if (at("{{{{")) {
    return take(made, token_type::open_raw_block, 4);
  }
  const std::size_t after = skip_tilde(text_, at_ + 2);
  const auto length = [&](std::size_t more) { return after + more - at_; };
  const char c = after < text_.size() ? text_[after] : '\0';
  const char following = after + 1 < text_.size() ? text_[after + 1] : '\0';
  switch (c) {
  case '>': return take(made, token_type::open_partial, length(1));
  case '#':
    if (following == '>') {
      return take(made, token_type::open_partial_block, length(2));
    }
    return take(made, token_type::open_block, length(following == '*' ? 2 : 1));
  case '/': return take(made, token_type::open_end_block, length(1));
  case '{': return take(made, token_type::open_unescaped, length(1));
  case '&': return take(made, token_type::open, length(1));
  case '*': return take(made, token_type::open, length(1));
  case '!':
    if (lex_bang(made, after)) {
      return true;
    }
    return take(made, token_type::open, length(0));
  default: return lex_open_word(made, after);
  }
}

// `^` and `else`: alone in their tag they part a block, with more they open one.
bool lexer::lex_open_word(token& made, std::size_t after) {
  constexpr std::string_view word = "else";
  const std::size_t start = skip_space(text_, after);
  const bool caret = text_.substr(after, 1) == "^";
  const bool is_else = text_.substr(start, word.size()) == word;
  if (!caret && !is_else) {
    return take(made, token_type::open, after - at_);
  }
  const std::size_t behind = caret ? after + 1 : start + word.size();
  if (const std::size_t end = close_end(text_, skip_space(text_, behind)); end != npos) {
    modes_.pop_back();
    return take(made, token_type::inverse, end - at_);
  }
  if (caret) {
    return take(made, token_type::open_inverse, behind - at_);
  }
  const bool longer_word = behind < text_.size() && is_word(text_[behind]);
  return longer_word ? take(made, token_type::open, after - at_)
                     : take(made, token_type::open_inverse_chain, behind - at_);
}

bool lexer::lex_bang(token& made, std::size_t after) {
  if (text_.substr(after, 3) == "!--") { // a long comment, which may hold braces
    modes_.back() = mode::comment;
    skip_ = true;
    return true;
  }
  const std::size_t braces = text_.find("}}", after + 1);
  if (braces == npos) {
    return false;
  }
  modes_.pop_back();
  return take(made, token_type::comment, braces + 2 - at_);
}

bool lexer::lex_close(token& made) {
  if (at("}}}}")) {
    modes_.back() = mode::raw;
    return take(made, token_type::close_raw_block, 4);
  }
  if (text_[at_] == '}') {
    if (const std::size_t end = close_end(text_, at_ + 1); end != npos) {
      modes_.pop_back();
      return take(made, token_type::close_unescaped, end - at_);
    }
  }
  if (const std::size_t end = close_end(text_, at_); end != npos) {
    modes_.pop_back();
    return take(made, token_type::close, end - at_);
  }
  return false;
}

bool lexer::lex_quoted(token& made) {
  const char quote = text_[at_];
  if (quote != '"' && quote != '\'') {
    return false;
  }
  // A backslash before a quote keeps it inside, unless no other quote ends the text.
  std::size_t last = npos;
  for (std::size_t i = text_.find(quote, at_ + 1); i != npos; i = text_.find(quote, i + 1)) {
    last = i;
    if (text_[i - 1] != '\\' || i == at_ + 1) {
      break;
    }
  }
  if (last == npos) {
    return false;
  }
  const std::size_t begin = at_ + 1;
  take(made, token_type::text, last + 1 - at_);
  made.text = unescape(text_.substr(begin, last - begin), std::string_view(&quote, 1));
  return true;
}

bool lexer::lex_word(token& made) {
  struct literal {
    std::string_view word;
    token_type type;
  };
  constexpr std::array<literal, 4> literals = {{{"true", token_type::boolean},
                                                {"false", token_type::boolean},
                                                {"undefined", token_type::undefined},
                                                {"null", token_type::null}}};
  for (const literal& each : literals) {
    if (at(each.word) && follows_literal(text_, at_ + each.word.size())) {
      return take(made, each.type, each.word.size());
    }
  }
  if (const std::size_t length = number_length(text_, at_); length != 0) {
    return take(made, token_type::number, length);
  }
  if (at("as") && space_at(text_, at_ + 2) != 0) {
    const std::size_t bar = skip_space(text_, at_ + 2);
    if (text_.substr(bar, 1) == "|") {
      return take(made, token_type::open_block_params, bar + 1 - at_);
    }
  }
  const std::size_t end = name_end(text_, at_);
  return end > at_ && follows_name(text_, end) && take(made, token_type::id, end - at_);
}

// The brackets stay: they tell a name that was written in them from a keyword.
bool lexer::lex_segment_literal(token& made) {
  std::size_t last = npos;
  for (std::size_t i = text_.find(']', at_ + 1); i != npos; i = text_.find(']', i + 1)) {
    last = i;
    if (text_[i - 1] != '\\') {
      break;
    }
  }
  if (last == npos) {
    return false;
  }
  const std::size_t begin = at_;
  take(made, token_type::id, last + 1 - at_);
  made.text = unescape(text_.substr(begin, last + 1 - begin), "\\]");
  return true;
}

} // namespace millrace::flows::templates

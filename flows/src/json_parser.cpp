// SPDX-License-Identifier: Apache-2.0
//
// parse_json: an RFC 8259 parser of its own, because Boost.JSON 1.81 rounds some decimal fractions
// to a neighbouring double and names no line. Nothing here recurses: open objects and arrays are
// kept in a list, values under construction on Boost.JSON's value_stack.
#include <millrace/json.hpp>

#include "utf8.hpp"

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <vector>

namespace millrace {

namespace {

constexpr std::int64_t exact_integer_max = 9007199254740991;
constexpr std::uint32_t replacement_character = 0xFFFD;

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// What stands at a place of the text, for "found ..." in messages.
std::string describe(std::string_view rest) {
  if (rest.empty())
    return "the end of the text";
  const auto byte = static_cast<unsigned char>(rest.front());
  if (byte >= 0x20 && byte < 0x7F)
    return std::string("'") + rest.front() + "'";
  constexpr const char* hex = "0123456789ABCDEF";
  return std::string("byte 0x") + hex[byte >> 4] + hex[byte & 15];
}

/// The value of a number that no finite or normal double holds: an infinity, or a zero or subnormal
/// that strtod rounds to. Rare, so the copy that strtod needs does not matter.
double out_of_range(std::string_view digits) {
  return std::strtod(std::string(digits).c_str(), nullptr);
}

class parser {
public:
  parser(std::string_view text, std::string_view source, const json_limits& limits)
      : text_(text), source_(source), limits_(limits) {
    stack_.reset();
  }

  result<json::value> parse();

private:
  struct container {
    bool is_object;
    std::size_t size;
  };

  // Each returns false after having set problem_.
  bool document();
  bool value(bool& complete);
  bool open(bool is_object, bool& complete);
  bool after_value(bool& complete);
  bool member_name();
  bool string(bool is_key);
  bool escape();
  bool hex_unit(std::uint32_t& unit);
  bool pair_up(std::uint32_t& unit);
  bool number();
  void push_number(std::string_view digits, bool whole);
  bool keyword(std::string_view word);

  void finish(const container& done);
  void skip_blanks() noexcept;
  [[nodiscard]] bool at(char c) const noexcept {
    return position_ < text_.size() && text_[position_] == c;
  }
  bool expected(std::string_view what);
  bool fail(errc code, std::string_view what);
  [[nodiscard]] std::string place() const;

  std::string_view text_;
  std::string_view source_;
  json_limits limits_;
  std::size_t position_ = 0;
  json::value_stack stack_;
  std::vector<container> open_;
  std::optional<error> problem_;
};

std::string parser::place() const {
  std::size_t line = 1;
  std::size_t column = 1;
  for (std::size_t i = 0; i < position_ && i < text_.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text_[i]);
    if (byte == '\n') {
      ++line;
      column = 1;
    } else if ((byte & 0xC0) != 0x80) { // a column is a character, not a byte
      ++column;
    }
  }
  return std::string(source_) + ": line " + std::to_string(line) + ", column " +
         std::to_string(column) + ": ";
}

bool parser::fail(errc code, std::string_view what) {
  problem_ = error(code, place() + std::string(what) + ".");
  return false;
}

bool parser::expected(std::string_view what) {
  return fail(errc::invalid_syntax,
              "expected " + std::string(what) + ", found " + describe(text_.substr(position_)));
}

void parser::skip_blanks() noexcept {
  while (position_ < text_.size()) {
    const char c = text_[position_];
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
      return;
    ++position_;
  }
}

result<json::value> parser::parse() {
  if (text_.size() > limits_.text_bytes_max)
    return error(
        errc::limit_exceeded,
        std::string(source_) + ": the text has " + std::to_string(text_.size()) +
            " bytes, more than text_bytes_max = " + std::to_string(limits_.text_bytes_max) + ".");
  if (text_.starts_with(flows::utf8::byte_order_mark))
    position_ = flows::utf8::byte_order_mark.size();
  if (!document())
    return *problem_;
  return stack_.release();
}

bool parser::document() {
  bool ended = false;
  while (!ended) {
    bool complete = false;
    if (!value(complete))
      return false;
    while (complete && !open_.empty())
      if (!after_value(complete))
        return false;
    ended = complete;
  }
  skip_blanks();
  return position_ == text_.size() || expected("the end of the text");
}

/// One scalar or empty container (`complete`), or the opening of a container.
bool parser::value(bool& complete) {
  skip_blanks();
  complete = true;
  if (position_ == text_.size())
    return expected("a value");
  switch (text_[position_]) {
  case '{': return open(true, complete);
  case '[': return open(false, complete);
  case '"': return string(false);
  case 't': stack_.push_bool(true); return keyword("true");
  case 'f': stack_.push_bool(false); return keyword("false");
  case 'n': stack_.push_null(); return keyword("null");
  default: return number();
  }
}

bool parser::open(bool is_object, bool& complete) {
  if (open_.size() == limits_.depth_max)
    return fail(errc::limit_exceeded, "objects and arrays are nested deeper than depth_max = " +
                                          std::to_string(limits_.depth_max));
  ++position_;
  skip_blanks();
  if (at(is_object ? '}' : ']')) {
    ++position_;
    finish({is_object, 0});
    return true;
  }
  complete = false;
  open_.push_back({is_object, 0});
  return !is_object || member_name();
}

/// What follows a value inside a container: a comma, or the end, which completes the container.
bool parser::after_value(bool& complete) {
  container& innermost = open_.back();
  ++innermost.size;
  skip_blanks();
  if (at(',')) {
    ++position_;
    complete = false;
    return !innermost.is_object || member_name();
  }
  if (!at(innermost.is_object ? '}' : ']'))
    return expected(innermost.is_object ? "',' or '}'" : "',' or ']'");
  ++position_;
  finish(innermost);
  open_.pop_back();
  return true;
}

void parser::finish(const container& done) {
  if (done.is_object)
    stack_.push_object(done.size);
  else
    stack_.push_array(done.size);
}

bool parser::member_name() {
  skip_blanks();
  if (!at('"'))
    return expected("a member name in double quotes");
  if (!string(true))
    return false;
  skip_blanks();
  if (!at(':'))
    return expected("':' after the member name");
  ++position_;
  return true;
}

bool parser::string(bool is_key) {
  ++position_; // the opening quote
  std::size_t run_begin = position_;
  const auto push_run = [&] { stack_.push_chars(text_.substr(run_begin, position_ - run_begin)); };
  while (position_ < text_.size()) {
    const auto byte = static_cast<unsigned char>(text_[position_]);
    if (byte == '"') {
      const json::string_view last = text_.substr(run_begin, position_ - run_begin);
      ++position_;
      is_key ? stack_.push_key(last) : stack_.push_string(last);
      return true;
    }
    if (byte == '\\') {
      push_run();
      if (!escape())
        return false;
      run_begin = position_;
    } else if (byte < 0x20) {
      return expected("an escaped control character or '\"'");
    } else if (const std::size_t length = flows::utf8::length_at(text_.substr(position_));
               length != 0) {
      position_ += length;
    } else {
      return expected("valid UTF-8");
    }
  }
  return expected("'\"' at the end of a string");
}

bool parser::escape() {
  ++position_; // the backslash
  constexpr std::string_view letters = "\"\\/bfnrt";
  constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
  if (!at('u')) {
    const std::size_t which =
        position_ < text_.size() ? letters.find(text_[position_]) : std::string_view::npos;
    if (which == std::string_view::npos)
      return expected("one of \"\\/bfnrtu after '\\'");
    stack_.push_chars(meanings.substr(which, 1));
    ++position_;
    return true;
  }
  ++position_;
  std::uint32_t point = 0;
  if (!hex_unit(point))
    return false;
  if (point >= 0xD800 && point <= 0xDFFF && !pair_up(point))
    return false;
  std::string character; // at most four bytes: no allocation
  flows::utf8::append(character, point);
  stack_.push_chars(character);
  return true;
}

/// `unit` is a surrogate: reads its other half. A half without the other has no UTF-8 form and
/// becomes U+FFFD, as JavaScript writes it.
bool parser::pair_up(std::uint32_t& unit) {
  const std::uint32_t high = unit;
  unit = replacement_character;
  if (high >= 0xDC00 || text_.substr(position_, 2) != "\\u")
    return true;
  const std::size_t before = position_;
  position_ += 2;
  std::uint32_t low = 0;
  if (!hex_unit(low))
    return false;
  if (low >= 0xDC00 && low <= 0xDFFF)
    unit = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
  else
    position_ = before; // the next escape is a character of its own
  return true;
}

bool parser::hex_unit(std::uint32_t& unit) {
  constexpr std::size_t digits = 4;
  const std::string_view hex = text_.substr(position_, digits);
  const char* const end = hex.data() + hex.size();
  const auto [stopped, code] = std::from_chars(hex.data(), end, unit, 16);
  position_ += static_cast<std::size_t>(stopped - hex.data());
  if (hex.size() == digits && code == std::errc{} && stopped == end)
    return true;
  return expected("four hexadecimal digits after '\\u'");
}

bool parser::number() {
  const std::size_t begin = position_;
  if (at('-'))
    ++position_;
  const auto digits = [&] {
    const std::size_t first = position_;
    while (position_ < text_.size() && is_digit(text_[position_]))
      ++position_;
    return position_ != first;
  };
  const std::size_t whole_begin = position_;
  if (!digits())
    return expected(position_ == begin ? "a value" : "a digit");
  if (text_[whole_begin] == '0' && position_ > whole_begin + 1) {
    position_ = whole_begin + 1;
    return expected("no digit after a leading zero");
  }
  bool whole = true;
  if (at('.')) {
    ++position_;
    whole = false;
    if (!digits())
      return expected("a digit after '.'");
  }
  if (at('e') || at('E')) {
    ++position_;
    whole = false;
    if (at('+') || at('-'))
      ++position_;
    if (!digits())
      return expected("a digit in the exponent");
  }
  push_number(text_.substr(begin, position_ - begin), whole);
  return true;
}

void parser::push_number(std::string_view digits, bool whole) {
  const char* const end = digits.data() + digits.size();
  std::int64_t integer = 0;
  if (whole && digits != "-0" && std::from_chars(digits.data(), end, integer).ec == std::errc{} &&
      integer >= -exact_integer_max && integer <= exact_integer_max) {
    stack_.push_int64(integer);
    return;
  }
  double real = 0;
  if (std::from_chars(digits.data(), end, real).ec == std::errc::result_out_of_range)
    real = out_of_range(digits);
  const json::value canonical = millrace::number(real);
  if (canonical.is_int64())
    stack_.push_int64(canonical.get_int64());
  else
    stack_.push_double(real);
}

bool parser::keyword(std::string_view word) {
  std::size_t matched = 0;
  while (matched < word.size() && at(word[matched])) {
    ++matched;
    ++position_;
  }
  return matched == word.size() || expected("'" + std::string(word) + "'");
}

} // namespace

result<json::value> parse_json(std::string_view text, std::string_view source,
                               const json_limits& limits) {
  return parser(text, source, limits).parse();
}

} // namespace millrace

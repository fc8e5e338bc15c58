// SPDX-License-Identifier: Apache-2.0
#include "json_mending.hpp"

#include <millrace/json.hpp>

#include <algorithm>
#include <array>

namespace millrace::services {
namespace {

constexpr std::size_t mended_depth_max = 256;
constexpr std::size_t npos = std::string_view::npos;
constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view delimiters = ",:[]{}()+";

struct quote {
  enum class kind : unsigned char { none, plain_double, plain_single, other_double, other_single };
  kind is = kind::none;
  std::size_t bytes = 0;

  // A plain one is closed by its like, another by any of its kind.
  [[nodiscard]] bool is_closed_by(quote end) const noexcept {
    if (is == kind::other_double)
      return end.is == kind::other_double || end.is == kind::plain_double;
    if (is == kind::other_single)
      return end.is == kind::other_single || end.is == kind::plain_single;
    return end.is == is;
  }
  [[nodiscard]] bool is_there() const noexcept { return is != kind::none; }
};

/// Reads what should be JSON and writes what is.
class mender {
public:
  explicit mender(std::string_view text) : text_(text) {}

  std::optional<std::string> run() {
    skip();
    if (!is_at("{") && !is_at("["))
      return std::nullopt;
    if (!value(0))
      return std::nullopt;
    for (skip(); at_ < text_.size() && std::string_view(",]}").find(text_[at_]) != npos;)
      skip(1); // closed too often
    return at_ == text_.size() ? std::optional<std::string>(std::move(out_)) : std::nullopt;
  }

private:
  [[nodiscard]] bool is_at(std::string_view word) const {
    return text_.substr(at_, word.size()) == word;
  }
  [[nodiscard]] bool is_end() const { return at_ >= text_.size(); }

  [[nodiscard]] quote quote_at(std::size_t place) const {
    using kind = quote::kind;
    constexpr std::array<std::pair<std::string_view, kind>, 8> all{
        {{"\"", kind::plain_double},
         {"'", kind::plain_single},
         {"`", kind::other_single},
         {"\u00b4", kind::other_single},
         {"\u2018", kind::other_single},
         {"\u2019", kind::other_single},
         {"\u201c", kind::other_double},
         {"\u201d", kind::other_double}}};
    for (const auto& [bytes, is] : all)
      if (text_.substr(place, bytes.size()) == bytes)
        return {is, bytes.size()};
    return {};
  }

  // The first place from `place` that is neither blank nor in a comment.
  [[nodiscard]] std::size_t after_blanks(std::size_t place) const {
    while (place < text_.size()) {
      const std::string_view two = text_.substr(place, 2);
      if (blanks.find(text_[place]) != npos)
        ++place;
      else if (two == "\u00a0")
        place += 2;
      else if (two == "/*")
        place = std::min(text_.find("*/", place + 2), text_.size() - 2) + 2;
      else if (two == "//")
        place = std::min(text_.find('\n', place), text_.size());
      else
        break;
    }
    return place;
  }
  void skip(std::size_t bytes = 0) { at_ = after_blanks(at_ + bytes); }
  // Commas and "..." in a row: some are too many.
  void skip_commas() {
    for (skip(); is_at(",") || is_at("...");)
      skip(is_at(",") ? 1 : 3);
  }

  bool value(std::size_t depth) {
    if (depth > mended_depth_max)
      return false;
    if (is_at("{"))
      return object(depth);
    if (is_at("["))
      return array(depth);
    return quote_at(at_).is_there() ? text() : word();
  }

  bool object(std::size_t depth) {
    out_ += '{';
    ++at_;
    for (bool is_first = true;; is_first = false) {
      skip_commas();
      if (is_end() || is_at("}") || is_at("]")) {
        at_ += is_at("}") ? 1 : 0; // "]" closes what is around
        out_ += '}';
        return true;
      }
      out_ += is_first ? "" : ",";
      if (!(quote_at(at_).is_there() ? text() : name()))
        return false;
      skip();
      if (is_at(":"))
        skip(1);
      else if (is_end() || is_at("}") || is_at(",") || is_at("="))
        return false;
      out_ += ':';
      if (is_end() || is_at(",") || is_at("}") || is_at("]"))
        out_ += "null";
      else if (!value(depth + 1))
        return false;
    }
  }

  bool array(std::size_t depth) {
    out_ += '[';
    ++at_;
    for (bool is_first = true;; is_first = false) {
      skip_commas();
      if (is_end() || is_at("]") || is_at("}")) {
        at_ += is_at("]") ? 1 : 0;
        out_ += ']';
        return true;
      }
      out_ += is_first ? "" : ",";
      if (!value(depth + 1))
        return false;
    }
  }

  // Of a member, without quotes.
  bool name() {
    const std::size_t begin = at_;
    while (!is_end() && blanks.find(text_[at_]) == npos && delimiters.find(text_[at_]) == npos &&
           !quote_at(at_).is_there())
      ++at_;
    out_ += stringify(json::value(text_.substr(begin, at_ - begin)));
    return at_ > begin;
  }

  // A number, a constant, or a text without quotes, up to where something else begins.
  bool word() {
    const std::size_t begin = at_;
    const std::size_t number_end = after_number(begin);
    if (number_end > begin) {
      out_ += text_.substr(begin, number_end - begin);
      at_ = number_end;
      return true;
    }
    const auto is_comment = [this] {
      return is_at("/*") || (is_at("//") && (at_ == 0 || text_[at_ - 1] != ':'));
    };
    while (!is_end() && std::string_view(",[]{}\n").find(text_[at_]) == npos &&
           quote_at(at_).is != quote::kind::plain_double && !is_comment())
      ++at_;
    std::string_view said = text_.substr(begin, at_ - begin);
    said = said.substr(0, said.find_last_not_of(blanks) + 1);
    if (said.empty())
      return false;
    constexpr std::array<std::pair<std::string_view, std::string_view>, 7> constants{
        {{"true", "true"},
         {"false", "false"},
         {"null", "null"},
         {"True", "true"},
         {"False", "false"},
         {"None", "null"},
         {"undefined", "null"}}};
    for (const auto& [theirs, ours] : constants)
      if (said == theirs) {
        out_ += ours;
        return true;
      }
    out_ += stringify(json::value(said));
    return true;
  }

  // Where the number ends that begins there; `begin`: there is none.
  [[nodiscard]] std::size_t after_number(std::size_t begin) const {
    std::size_t end = begin;
    while (end < text_.size() && std::string_view("+-.0123456789eE").find(text_[end]) != npos)
      ++end;
    const bool ends = end == text_.size() || blanks.find(text_[end]) != npos ||
                      delimiters.find(text_[end]) != npos;
    return ends && parse_json(text_.substr(begin, end - begin), "number") ? end : begin;
  }

  // With quotes, and those that are added to it with "+".
  bool text() {
    out_ += '"';
    do {
      const quote open = quote_at(at_);
      at_ += open.bytes;
      if (!rest_of(open))
        return false;
      skip();
      if (!is_at("+") || !quote_at(after_blanks(at_ + 1)).is_there())
        break;
      skip(1);
    } while (true);
    out_ += '"';
    return true;
  }

  // Up to the quote that ends it.
  bool rest_of(quote open) {
    std::size_t comma = npos; // the last one that only blanks follow, and what was before it
    std::size_t before_comma = 0;
    while (!is_end()) {
      const quote here = quote_at(at_);
      if (open.is_closed_by(here)) {
        if (ends_text(at_ + here.bytes)) {
          at_ += here.bytes;
          return true;
        }
        if (comma != npos) { // the next text begins: this one ended before the comma
          at_ = comma;
          out_.resize(before_comma);
          return true;
        }
        out_ += here.is == quote::kind::plain_double ? "\\\"" : text_.substr(at_, here.bytes);
        at_ += here.bytes;
        continue;
      }
      if (text_[at_] == ',') {
        comma = at_;
        before_comma = out_.size();
      } else if (blanks.find(text_[at_]) == npos) {
        comma = npos;
      }
      if (!(text_[at_] == '\\' ? escape() : character()))
        return false;
    }
    return true;
  }

  // Whether a quote before `place` ends its text: nothing, a delimiter, a comment or another value
  // follows. A comment is not passed over: what is looked at for every quote must be short.
  [[nodiscard]] bool ends_text(std::size_t place) const {
    place = std::min(text_.find_first_not_of(blanks, place), text_.size());
    const std::string_view two = text_.substr(place, 2);
    return two.empty() || delimiters.find(two.front()) != npos || two == "/*" || two == "//" ||
           quote_at(place).is_there() || (two.front() >= '0' && two.front() <= '9');
  }

  bool escape() {
    const char next = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (next == 'u') {
      const std::string_view digits = text_.substr(at_ + 2, 4);
      const bool is_hex = digits.find_first_not_of("0123456789abcdefABCDEF") == npos;
      if (is_hex && digits.size() == 4)
        out_ += text_.substr(at_, 6);
      else if (!is_hex || at_ + 2 + digits.size() < text_.size())
        return false;
      at_ = std::min(at_ + 6, text_.size());
      return true;
    }
    if (std::string_view("\"\\/bfnrt").find(next) != npos) {
      out_ += text_.substr(at_, 2);
      at_ += 2;
      return true;
    }
    ++at_; // an escape that JSON has not
    return is_end() || character();
  }

  bool character() {
    const auto byte = static_cast<unsigned char>(text_[at_]);
    if (byte < 0x20 || byte == '"') {
      const std::string escaped = stringify(json::value(text_.substr(at_, 1)));
      out_ += escaped.substr(1, escaped.size() - 2);
    } else {
      out_ += text_[at_];
    }
    ++at_;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
};

} // namespace

std::optional<std::string> mended_json(std::string_view text) {
  return mender(text).run();
}

} // namespace millrace::services

// SPDX-License-Identifier: Apache-2.0
#include "mail_text.hpp"

#include "ascii.hpp"
#include "binary_text.hpp"

#include <millrace/text.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include <iconv.h>

namespace millrace::services {
namespace {

constexpr std::size_t word_bytes_max = 4096; // RFC 2047 allows 75
constexpr std::string_view replacement = "\xEF\xBF\xBD";

// Only sets that mail has: a stranger's word chooses the converter.
constexpr std::array<std::string_view, 13> known_sets{
    "big5",      "euc-jp",    "euc-kr", "gb18030",  "gb2312",   "gbk",   "iso-2022-jp",
    "macintosh", "shift_jis", "utf-16", "utf-16be", "utf-16le", "koi8-r"};
constexpr std::array<std::string_view, 3> known_families{"iso-8859-", "windows-125", "koi8-u"};

// The converter's name of a set; empty: UTF-8.
std::string converter_of(std::string_view charset) {
  std::string name = lower(charset);
  if (name == "iso-8859-1" || name == "latin1" || name == "us-ascii" || name == "ascii")
    return "WINDOWS-1252";
  if (std::find(known_sets.begin(), known_sets.end(), name) != known_sets.end())
    return name;
  for (const std::string_view family : known_families)
    if (name.substr(0, family.size()) == family && name.size() <= family.size() + 2 &&
        std::all_of(name.begin() + static_cast<std::ptrdiff_t>(family.size()), name.end(),
                    [](char c) { return c >= '0' && c <= '9'; }))
      return name;
  return {};
}

class converter {
public:
  explicit converter(const std::string& from) : handle_(iconv_open("UTF-8", from.c_str())) {}
  ~converter() {
    if (is_open())
      iconv_close(handle_);
  }
  converter(const converter&) = delete;
  converter& operator=(const converter&) = delete;

  [[nodiscard]] bool is_open() const noexcept {
    return handle_ != reinterpret_cast<iconv_t>(-1); // NOLINT: as POSIX has it
  }

  std::string convert(std::string_view bytes) {
    std::string made;
    std::array<char, 4096> part{};
    std::string source(bytes); // iconv takes no constant bytes
    char* in = source.data();
    std::size_t left = source.size();
    while (left > 0) {
      char* out = part.data();
      std::size_t room = part.size();
      const bool is_done = iconv(handle_, &in, &left, &out, &room) != static_cast<std::size_t>(-1);
      const int reason = errno;
      made.append(part.data(), part.size() - room);
      if (is_done || reason == E2BIG)
        continue;
      made += replacement; // a byte that is none of the set, or an incomplete end
      ++in;
      --left;
    }
    return made;
  }

private:
  iconv_t handle_;
};

std::optional<unsigned char> hex_byte(std::string_view digits) {
  unsigned made = 0;
  if (digits.size() < 2)
    return std::nullopt;
  for (const char c : digits.substr(0, 2)) {
    const char digit = lower(c);
    if (digit >= '0' && digit <= '9')
      made = made * 16 + static_cast<unsigned>(digit - '0');
    else if (digit >= 'a' && digit <= 'f')
      made = made * 16 + static_cast<unsigned>(digit - 'a' + 10);
    else
      return std::nullopt;
  }
  return static_cast<unsigned char>(made);
}

// RFC 2045, 6.7; in headers an underscore is a blank (RFC 2047, 4.2).
std::string decode_quoted_printable(std::string_view text, bool in_header) {
  std::string made;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '_' && in_header) {
      made += ' ';
    } else if (c != '=') {
      made += c;
    } else if (const auto byte = hex_byte(text.substr(at + 1))) {
      made += static_cast<char>(*byte);
      at += 2;
    } else {
      // A soft line break: blanks and the end of the line go.
      const std::size_t end = text.find_first_not_of(" \t\r", at + 1);
      if (end == std::string_view::npos)
        break;
      if (text[end] == '\n')
        at = end;
      else
        made += c;
    }
  }
  return made;
}

/// An encoded word.
struct word {
  std::string charset;
  std::string bytes;
  std::size_t end = 0; ///< behind it
};

std::optional<word> word_at(std::string_view text, std::size_t begin) {
  if (text.substr(begin, 2) != "=?")
    return std::nullopt;
  const std::size_t first = text.substr(0, begin + word_bytes_max).find('?', begin + 2);
  const std::size_t second = first == std::string_view::npos ? first : text.find('?', first + 1);
  if (second == std::string_view::npos || second != first + 2)
    return std::nullopt;
  const std::size_t end = text.substr(0, second + word_bytes_max).find("?=", second + 1);
  if (end == std::string_view::npos)
    return std::nullopt;
  const std::string_view content = text.substr(second + 1, end - second - 1);
  if (content.find_first_of(" \t") != std::string_view::npos)
    return std::nullopt;
  const char encoding = text[first + 1];
  std::string bytes;
  if (encoding == 'B' || encoding == 'b')
    bytes = decode_base64(content);
  else if (encoding == 'Q' || encoding == 'q')
    bytes = decode_quoted_printable(content, true);
  else
    return std::nullopt;
  std::string_view charset = text.substr(begin + 2, first - begin - 2);
  charset = charset.substr(0, charset.find('*')); // RFC 2231: the language follows
  return word{lower(charset), std::move(bytes), end + 2};
}

} // namespace

std::string decode_charset(std::string_view bytes, std::string_view charset) {
  const std::string from = converter_of(charset);
  if (from.empty())
    return to_utf8(bytes);
  converter by(from);
  return by.is_open() ? by.convert(bytes) : to_utf8(bytes);
}

std::string decode_transfer(std::string_view bytes, std::string_view encoding) {
  const std::string name = lower(encoding);
  if (name == "base64")
    return decode_base64(bytes);
  if (name == "quoted-printable")
    return decode_quoted_printable(bytes, false);
  return std::string(bytes);
}

// Words of one character set side by side are decoded together: a character may begin in one and
// end in the next. Blanks between words go.
std::string decode_words(std::string_view text) {
  std::string made;
  std::size_t plain = 0; // what is not decoded yet begins here
  for (std::size_t at = text.find("=?"); at != std::string_view::npos;
       at = text.find("=?", std::max(at + 1, plain))) {
    auto first = word_at(text, at);
    if (!first)
      continue;
    made += to_utf8(text.substr(plain, at - plain));
    std::string charset = std::move(first->charset);
    std::string bytes = std::move(first->bytes);
    plain = first->end;
    for (;;) {
      const std::size_t next = text.find_first_not_of(" \t", plain);
      const auto more = next == std::string_view::npos ? std::nullopt : word_at(text, next);
      if (!more)
        break;
      if (more->charset != charset) {
        made += decode_charset(bytes, charset);
        charset = more->charset;
        bytes.clear();
      }
      bytes += more->bytes;
      plain = more->end;
    }
    made += decode_charset(bytes, charset);
  }
  return made + to_utf8(text.substr(plain));
}

} // namespace millrace::services

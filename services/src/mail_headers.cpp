// SPDX-License-Identifier: Apache-2.0
//
// Structured headers and addresses of received mail.
#include "mail_parser.hpp"

#include "ascii.hpp"
#include "mail_text.hpp"

#include <millrace/js.hpp>

#include <algorithm>
#include <map>

namespace millrace::services {
namespace {

std::string trimmed(std::string_view text) {
  return std::string(flows::js::trim(text));
}

// "%C3%A9" decoded, other bytes as they are.
std::string decode_percent(std::string_view text) {
  std::string made;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto digit = [&](std::size_t place) {
      const char c = place < text.size() ? text[place] : ' ';
      return c >= '0' && c <= '9'   ? c - '0'
             : c >= 'a' && c <= 'f' ? c - 'a' + 10
             : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                    : -1;
    };
    if (text[at] == '%' && digit(at + 1) >= 0 && digit(at + 2) >= 0) {
      made += static_cast<char>(digit(at + 1) * 16 + digit(at + 2));
      at += 2;
    } else {
      made += text[at];
    }
  }
  return made;
}

/// Takes a header apart at a separator that stands outside quotes and comments.
class header_scanner {
public:
  explicit header_scanner(std::string_view text) : text_(text) {}

  [[nodiscard]] bool is_at_end() const noexcept { return at_ >= text_.size(); }

  /// Up to one of `separators`, which is passed; quoted strings without their quotes.
  std::string next(std::string_view separators) {
    std::string made;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"')
        quoted(made);
      else if (separators.find(c) != std::string_view::npos) {
        ++at_;
        break;
      } else
        made += c;
    }
    return made;
  }

private:
  void quoted(std::string& into) {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size())
        ++at_;
      into += text_[at_];
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// The parts of one parameter (RFC 2231): name*0, name*1*, name*.
struct parameter_parts {
  std::string plain;
  std::map<unsigned, std::pair<bool, std::string>> pieces; ///< by number: whether encoded, text

  [[nodiscard]] std::string joined() const {
    if (pieces.empty())
      return decode_words(plain);
    std::string charset;
    std::string bytes;
    for (const auto& [number, piece] : pieces) {
      std::string_view text = piece.second;
      if (number == 0 && piece.first) {
        const std::size_t language = text.find('\'');
        const std::size_t value =
            language == std::string_view::npos ? language : text.find('\'', language + 1);
        if (value != std::string_view::npos) {
          charset = text.substr(0, language);
          text.remove_prefix(value + 1);
        }
      }
      bytes += piece.first ? decode_percent(text) : std::string(text);
    }
    return decode_charset(bytes, charset);
  }
};

void add_parameter(std::map<std::string, parameter_parts>& all, std::string name,
                   std::string value) {
  constexpr std::size_t digits_max = 3;
  const bool is_encoded = !name.empty() && name.back() == '*';
  if (is_encoded)
    name.pop_back();
  const std::size_t star = name.find('*');
  const std::string number = star == std::string::npos ? "0" : name.substr(star + 1);
  const bool is_number =
      !number.empty() && number.size() <= digits_max &&
      std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (star == std::string::npos && !is_encoded)
    all[name].plain = std::move(value);
  else if (is_number)
    all[name.substr(0, star)].pieces.try_emplace(static_cast<unsigned>(std::stoul(number)),
                                                 is_encoded, std::move(value));
}

} // namespace

structured_header parse_structured(std::string_view header) {
  header_scanner scanner(header);
  structured_header made;
  made.value = lower(trimmed(scanner.next(";")));
  std::map<std::string, parameter_parts> all;
  while (!scanner.is_at_end()) {
    const std::string name = lower(trimmed(scanner.next("=;")));
    if (!name.empty())
      add_parameter(all, name, trimmed(scanner.next(";")));
  }
  for (const auto& [name, parts] : all)
    made.parameters.emplace_back(name, parts.joined());
  return made;
}

std::string structured_header::parameter(std::string_view name) const {
  for (const auto& [each, text] : parameters)
    if (each == name)
      return text;
  return {};
}

// One pass over the characters: a name gathers until "<", ",", ";" or the end says what it was.
std::vector<mail_contact> parse_contacts(std::string_view header) {
  std::vector<mail_contact> found;
  std::string text;
  std::string angle;
  std::string comment;
  int depth = 0; // of comments
  bool is_quoted = false;
  bool is_in_angle = false;
  const auto finish = [&] {
    std::string name = trimmed(text);
    std::string address = trimmed(angle);
    if (address.empty())
      address = std::exchange(name, trimmed(comment));
    if (address.find('@') != std::string::npos)
      found.push_back({decode_words(name), std::move(address)});
    text.clear();
    angle.clear();
    comment.clear();
    is_in_angle = false;
  };
  for (std::size_t at = 0; at < header.size(); ++at) {
    const char c = header[at];
    std::string& into = depth > 0 ? comment : is_in_angle ? angle : text;
    if (c == '\\' && at + 1 < header.size() && (is_quoted || depth > 0))
      into += header[++at];
    else if (c == '"' && depth == 0)
      is_quoted = !is_quoted;
    else if (is_quoted)
      into += c;
    else if (c == '(')
      ++depth;
    else if (c == ')' && depth > 0)
      --depth;
    else if (depth > 0)
      into += c;
    else if (c == '<')
      is_in_angle = true;
    else if (c == '>')
      is_in_angle = false;
    else if (c == ',' || c == ';')
      finish();
    else if (c == ':' && !is_in_angle)
      text.clear(); // the name of a group
    else
      into += c;
  }
  finish();
  return found;
}

} // namespace millrace::services

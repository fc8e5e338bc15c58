// SPDX-License-Identifier: Apache-2.0
#include "mail_parser.hpp"

#include "ascii.hpp"
#include "mail_text.hpp"

#include <millrace/js.hpp>
#include <millrace/text.hpp>

#include <algorithm>

namespace millrace::services {
namespace {

error too_much(const std::string& what) {
  return {errc::invalid_input, what};
}

// The next line without its end; `rest` begins behind it.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (!line.empty() && line.back() == '\r')
    line.remove_suffix(1);
  return line;
}

std::string with_line_feeds(std::string text) {
  std::string made;
  made.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at)
    if (text[at] != '\r' || at + 1 == text.size() || text[at + 1] != '\n')
      made += text[at];
  return made;
}

/// One part: its headers and what follows them.
struct entity {
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view body;

  [[nodiscard]] std::string_view header(std::string_view name) const {
    for (const auto& [each, value] : headers)
      if (each == name)
        return value;
    return {};
  }
};

class mail_reader {
public:
  explicit mail_reader(const mail_limits& limits) : limits_(limits) {}

  result<received_mail> read(std::string_view bytes) {
    auto whole = take_headers(bytes);
    if (!whole)
      return whole.error();
    if (whole->headers.empty())
      return too_much("it has no headers, so it is no mail");
    for (const auto& [name, value] : whole->headers)
      mail_.headers.emplace_back(to_utf8(name), to_utf8(value));
    if (auto read = read_part(*whole, 0); !read)
      return read.error();
    return std::move(mail_);
  }

private:
  // A line that is no header ends them, as an empty one does; "From " of an mbox is passed over.
  result<entity> take_headers(std::string_view bytes) const {
    entity made;
    std::size_t size = 0;
    for (bool is_first = true; !bytes.empty(); is_first = false) {
      std::string_view rest = bytes;
      const std::string_view line = take_line(rest);
      const std::size_t colon = line.find(':');
      const bool continues = !line.empty() && (line[0] == ' ' || line[0] == '\t');
      if (continues && !made.headers.empty())
        made.headers.back().second += ' ' + std::string(flows::js::trim(line));
      else if (colon != std::string_view::npos && colon > 0 &&
               line.substr(0, colon).find_first_of(" \t") == std::string_view::npos)
        made.headers.emplace_back(lower(line.substr(0, colon)),
                                  flows::js::trim(line.substr(colon + 1)));
      else if (!is_first || line.substr(0, 5) != "From ") {
        bytes = line.empty() ? rest : bytes;
        break;
      }
      size += line.size();
      if (made.headers.size() > limits_.headers_max)
        return too_much("it has more than " + std::to_string(limits_.headers_max) + " headers");
      if (size > limits_.header_bytes_max)
        return too_much("its headers are larger than " + std::to_string(limits_.header_bytes_max) +
                        " bytes");
      bytes = rest;
    }
    made.body = bytes;
    return made;
  }

  result<void> read_part(const entity& part, std::size_t depth) {
    if (++parts_ > limits_.parts_max)
      return too_much("it has more than " + std::to_string(limits_.parts_max) + " parts");
    if (depth > limits_.depth_max)
      return too_much("its parts nest deeper than " + std::to_string(limits_.depth_max) +
                      " levels");
    const structured_header type = parse_structured(part.header("content-type"));
    const std::string boundary = type.parameter("boundary");
    if (type.value.substr(0, 10) == "multipart/" && !boundary.empty())
      return read_parts(part.body, boundary, depth);
    read_leaf(part, type);
    return {};
  }

  // What stands before the first boundary and behind the last one is for readers without MIME.
  result<void> read_parts(std::string_view body, const std::string& boundary, std::size_t depth) {
    const std::string mark = "--" + boundary;
    const char* begin = nullptr; // of the part that is open
    for (std::string_view rest = body; !rest.empty();) {
      const char* const at = rest.data();
      const std::string_view line = take_line(rest);
      if (line.substr(0, mark.size()) != mark)
        continue;
      const std::string_view behind = flows::js::trim(line.substr(mark.size()));
      if (!behind.empty() && behind != "--")
        continue;
      if (begin)
        if (auto read = read_one({begin, static_cast<std::size_t>(at - begin)}, depth); !read)
          return read;
      begin = rest.data();
      if (behind == "--")
        return {};
    }
    if (!begin)
      return {};
    return read_one({begin, static_cast<std::size_t>(body.data() + body.size() - begin)}, depth);
  }

  // The line end before a boundary belongs to the boundary.
  result<void> read_one(std::string_view bytes, std::size_t depth) {
    if (!bytes.empty() && bytes.back() == '\n')
      bytes.remove_suffix(1);
    if (!bytes.empty() && bytes.back() == '\r')
      bytes.remove_suffix(1);
    auto part = take_headers(bytes);
    if (!part)
      return part.error();
    return read_part(*part, depth + 1);
  }

  void read_leaf(const entity& part, const structured_header& type) {
    const structured_header disposition = parse_structured(part.header("content-disposition"));
    std::string bytes =
        decode_transfer(part.body, flows::js::trim(part.header("content-transfer-encoding")));
    const bool is_plain = type.value.empty() || type.value == "text/plain";
    if (disposition.value != "attachment" && (is_plain || type.value == "text/html")) {
      std::string& into = is_plain ? mail_.text : mail_.html;
      into += (into.empty() ? "" : "\n") +
              with_line_feeds(decode_charset(bytes, type.parameter("charset")));
      return;
    }
    received_attachment made;
    made.file_name = disposition.parameter("filename");
    if (made.file_name.empty())
      made.file_name = type.parameter("name");
    if (made.file_name.empty())
      made.file_name = "attachment-" + std::to_string(mail_.attachments.size());
    made.content_type = type.value.empty() ? "text/plain" : to_utf8(type.value);
    made.content_id = to_utf8(part.header("content-id"));
    made.disposition = disposition.value.empty() ? "attachment" : to_utf8(disposition.value);
    made.bytes = std::move(bytes);
    mail_.attachments.push_back(std::move(made));
  }

  const mail_limits& limits_;
  received_mail mail_;
  std::size_t parts_ = 0;
};

} // namespace

const std::string* received_mail::header(std::string_view name) const {
  for (const auto& [each, value] : headers)
    if (each == name)
      return &value;
  return nullptr;
}

result<received_mail> parse_mail(std::string_view bytes, const mail_limits& limits) {
  return mail_reader(limits).read(bytes);
}

} // namespace millrace::services

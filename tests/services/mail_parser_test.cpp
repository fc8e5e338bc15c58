// SPDX-License-Identifier: Apache-2.0
//
// Received mail: what is read out of it, and what a hostile message cannot do.
#include "mail_parser.hpp"

#include "binary_text.hpp"
#include "catch.hpp"
#include "mail_text.hpp"

using namespace millrace;
using services::parse_mail;
using services::received_mail;

namespace {

received_mail read(const std::string& bytes) {
  auto mail = parse_mail(bytes);
  INFO((mail ? std::string() : mail.error().message()));
  REQUIRE(mail.has_value());
  return std::move(*mail);
}

std::string why_not(const std::string& bytes) {
  const auto mail = parse_mail(bytes);
  return mail ? "it was read" : mail.error().message();
}

std::string contacts(std::string_view header) {
  std::string made;
  for (const auto& each : services::parse_contacts(header))
    made += '[' + each.name + '|' + each.address + ']';
  return made;
}

std::string part(const std::string& headers, const std::string& body) {
  return "--B\r\n" + headers + "\r\n\r\n" + body + "\r\n";
}

std::string multipart(const std::string& parts) {
  return "Subject: s\r\nContent-Type: multipart/mixed; boundary=\"B\"\r\n\r\nfor old readers\r\n" +
         parts + "--B--\r\nbehind\r\n";
}

} // namespace

TEST_CASE("headers are unfolded, their names in lower case, in order") {
  const received_mail mail =
      read("From: Ann <ann@example.com>\r\nX-Long: one\r\n\ttwo\r\n  three\r\n"
           "X-Twice: 1\r\nX-Twice: 2\r\nSubject:\r\n\r\nBody\r\n");
  std::string all;
  for (const auto& [name, value] : mail.headers)
    all += name + '=' + value + '|';
  CHECK(all == "from=Ann <ann@example.com>|x-long=one two three|x-twice=1|x-twice=2|subject=|");
  CHECK(mail.text == "Body\n");
  CHECK(mail.html.empty());
  CHECK(mail.attachments.empty());
}

TEST_CASE("texts, HTML and attachments of a message with parts are told apart") {
  const received_mail mail =
      read(multipart("--B\r\nContent-Type: multipart/alternative; boundary=C\r\n\r\n"
                     "--C\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello\r\nthere\r\n"
                     "--C\r\nContent-Type: text/html\r\n\r\n<p>Hello</p>\r\n--C--\r\n" +
                     part("Content-Type: application/pdf; name=\"a.pdf\"\r\nContent-ID: <1@x>\r\n"
                          "Content-Transfer-Encoding: base64\r\n"
                          "Content-Disposition: inline; filename=\"receipt.pdf\"",
                          services::encode_base64("%PDF\1")) +
                     part("Content-Type: text/plain\r\nContent-Disposition: attachment", "a note") +
                     part("Content-Type: text/plain", "a footer")));
  CHECK(mail.text == "Hello\nthere\na footer");
  CHECK(mail.html == "<p>Hello</p>");
  REQUIRE(mail.attachments.size() == 2);
  CHECK(mail.attachments[0].file_name == "receipt.pdf");
  CHECK(mail.attachments[0].content_type == "application/pdf");
  CHECK(mail.attachments[0].content_id == "<1@x>");
  CHECK(mail.attachments[0].disposition == "inline");
  CHECK(mail.attachments[0].bytes == "%PDF\1");
  CHECK(mail.attachments[1].file_name == "attachment-1");
  CHECK(mail.attachments[1].bytes == "a note");
}

TEST_CASE("texts are decoded from their transfer encoding and character set") {
  const auto text_of = [](const char* type, const char* encoding, const char* body) {
    return read(std::string("Content-Type: text/plain; charset=") + type +
                "\r\nContent-Transfer-Encoding: " + encoding + "\r\n\r\n" + body)
        .text;
  };
  CHECK(text_of("utf-8", "quoted-printable", "caf=C3=A9 =\r\nau lait=20=3D") == "café au lait =");
  CHECK(text_of("utf-8", "BASE64", "Y2Fm\r\nw6k=") == "café");
  CHECK(text_of("iso-8859-1", "8bit", "caf\xE9") == "café");
  CHECK(text_of("\"ISO-8859-15\"", "quoted-printable", "=A4 5") == "€ 5");
  CHECK(text_of("windows-1252", "quoted-printable", "=93x=94=80") == "“x”€");
  CHECK(text_of("utf-16le", "base64", "YQBiAA==") == "ab");
  // What is wrong is replaced and no more.
  CHECK(text_of("utf-8", "8bit",
                "a\xFF"
                "b") == "a\xEF\xBF\xBD"
                        "b");
  CHECK(text_of("utf-8", "quoted-printable", "100=% =Z= end=") == "100=% =Z= end");
  CHECK(text_of("no-such-set", "8bit", "caf\xC3\xA9") == "café");
  CHECK(text_of("UTF-8//TRANSLIT", "x-unknown", "abc") == "abc");
}

TEST_CASE(
    "words in headers are decoded, also where a character begins in one and ends in the next") {
  CHECK(services::decode_words("=?utf-8?Q?caf=C3=A9_au?= lait") == "café au lait");
  CHECK(services::decode_words("Re: =?ISO-8859-1?B?6Q==?= x") == "Re: é x");
  CHECK(services::decode_words("=?utf-8?B?4oI=?= =?UTF-8?B?rA==?=") == "€");
  CHECK(services::decode_words("=?utf-8?Q?a?= b =?utf-8?Q?c?=") == "a b c");
  CHECK(services::decode_words("=?utf-8*de?Q?a?=") == "a");
  for (const char* plain : {"=?utf-8?X?a?=", "=?utf-8?Q?a b?=", "=?utf-8?Q?a", "=?", "a =? b", ""})
    CHECK(services::decode_words(plain) == plain);
}

TEST_CASE("addresses are found in every form that headers have") {
  CHECK(contacts("ann@example.com") == "[|ann@example.com]");
  CHECK(contacts("Ann <ann@example.com>, bo@example.com (Bo B.)") ==
        "[Ann|ann@example.com][Bo B.|bo@example.com]");
  CHECK(contacts("\"Doe, \\\"J\\\" (x)\" <jd@example.com>") == "[Doe, \"J\" (x)|jd@example.com]");
  CHECK(contacts("=?utf-8?Q?J=C3=B6?= <j@example.com>") == "[Jö|j@example.com]");
  CHECK(contacts("friends: a@b.co, C <c@d.co>;, e@f.co") == "[|a@b.co][C|c@d.co][|e@f.co]");
  CHECK(contacts("undisclosed-recipients:;") == "");
  CHECK(contacts("<<<>>>,,;:((") == "");
}

TEST_CASE("parameters are read with quotes, continuations and character sets") {
  const auto name_of = [](const std::string& header) {
    return services::parse_structured("attachment; " + header).parameter("filename");
  };
  CHECK(name_of("filename=a.txt") == "a.txt");
  CHECK(name_of("FileName = \"a; \\\"b\\\".txt\"") == "a; \"b\".txt");
  CHECK(name_of("filename*=UTF-8''%e2%82%ac.txt") == "€.txt");
  CHECK(name_of("filename*=iso-8859-1'en'caf%E9") == "café");
  CHECK(name_of("filename*0*=utf-8''a%20; filename*1=b; filename*2*=%63") == "a bc");
  CHECK(name_of("filename=\"=?utf-8?Q?=C3=A9.txt?=\"") == "é.txt");
  CHECK(name_of("filename*99999999999=x; filename*x=y; =z; ;;") == "");
}

TEST_CASE("a message has bounds on what it is made of") {
  CHECK(why_not("") == "it has no headers, so it is no mail");
  CHECK(why_not(std::string("\0\1\2", 3)) == "it has no headers, so it is no mail");
  CHECK(why_not("just some words\n") == "it has no headers, so it is no mail");
  std::string many;
  for (int i = 0; i < 1001; ++i)
    many += "X: y\n";
  CHECK(why_not(many) == "it has more than 1000 headers");
  CHECK(why_not("X: " + std::string(300'000, 'x')) == "its headers are larger than 262144 bytes");
  std::string parts;
  for (int i = 0; i < 600; ++i)
    parts += "--B\n\n\n";
  CHECK(why_not(multipart(parts)) == "it has more than 500 parts");
  std::string deep = "leaf";
  for (int i = 0; i < 40; ++i)
    deep = "Content-Type: multipart/mixed; boundary=b" + std::to_string(i) + "\n\n--b" +
           std::to_string(i) + "\n" + deep;
  CHECK(why_not(deep) == "its parts nest deeper than 20 levels");
}

TEST_CASE("damaged messages are read as far as they go") {
  const std::string whole = multipart(
      part("Content-Type: text/plain; charset=\"utf-8\"", "=?utf-8?B?") +
      part("Content-Disposition: attachment; filename*0*=utf-8''%e2; filename*1*=%82", "x"));
  for (std::size_t size = 0; size <= whole.size(); ++size)
    static_cast<void>(parse_mail(whole.substr(0, size)));
  const received_mail open = read("Content-Type: multipart/mixed; boundary=B\n\n--B\n\nno end");
  CHECK(open.text == "no end");
  CHECK(read("Content-Type: multipart/mixed\n\nno boundary").attachments.size() == 1);
  CHECK(read("From ann Mon Jan 1\nSubject: of an mbox\n\nx").headers.size() == 1);
  // A header full of words that have no end costs no more than its size allows.
  std::string words = "Subject: ";
  while (words.size() < 200'000)
    words += "=?a?Q?x";
  CHECK(services::decode_words(*read(words + "\n\n").header("subject")) == words.substr(9));
}

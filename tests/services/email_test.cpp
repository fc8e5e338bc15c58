// SPDX-License-Identifier: Apache-2.0
//
// EMAIL: what a server and a maildir get, and what no template can do to a header.
#include "email.hpp"

#include "binary_text.hpp"
#include "catch.hpp"
#include "handler_call.hpp"
#include "scratch.hpp"
#include "smtp_sink.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace millrace;
using testing::arrived_mail;
using testing::handler_call;
using testing::smtp_sink;

namespace {

using replies = std::vector<std::pair<std::string, std::string>>;

class place {
public:
  explicit place(mail_options options = {}) {
    objects_ = std::make_shared<services::object_store>(object_options(), folder_.path("o"));
    services::add_email(
        registry_, std::make_shared<services::mail_sender>(std::move(options), folder(), ends_),
        objects_);
  }

  step_result send(json::object fields, const std::string& key = "execution:mail:1") {
    handler_call made;
    made.step_type = "EMAIL";
    made.idempotency_key = key;
    made.fields = {{"from", "shop@example.com"},
                   {"to", "ann@example.com"},
                   {"subject", "Your order"},
                   {"body", "<p>Done</p>"}};
    for (auto& field : fields)
      made.fields[field.key()] = std::move(field.value());
    return run(registry_, made);
  }
  std::string text_of(json::object fields) {
    const auto outcome = send(std::move(fields));
    return outcome ? stringify(*outcome) : outcome.error().name + ": " + outcome.error().message;
  }
  // The whole messages in new/.
  [[nodiscard]] std::vector<std::string> in_maildir() const {
    std::vector<std::string> all;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder() + "/new", ignored)) {
      std::ifstream in(entry.path(), std::ios::binary);
      all.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    return all;
  }
  [[nodiscard]] std::string folder() const { return folder_.path("mail"); }
  [[nodiscard]] services::object_store& objects() { return *objects_; }
  [[nodiscard]] services::interruption& ends() { return *ends_; }

private:
  testing::scratch folder_;
  std::shared_ptr<services::interruption> ends_ = std::make_shared<services::interruption>();
  steps::registry registry_;
  std::shared_ptr<services::object_store> objects_;
};

mail_options to_server(const smtp_sink& server) {
  mail_options options;
  options.smtp_url = server.url();
  options.timeout = std::chrono::seconds(5);
  return options;
}

} // namespace

TEST_CASE("a server gets the mail with every recipient, and says no copy to the others") {
  smtp_sink server;
  place all(to_server(server));
  const auto sent =
      all.send({{"fromName", "The \"Shop\""},
                {"to", "Ann <ann@example.com>, \"Bo, Jr\" <bo@example.com>"},
                {"cc", json::array{"cy@example.com"}},
                {"bcc", "di@example.com"},
                {"replyTo", "[\"help@example.com\"]"},
                {"customHeaders", json::array{{{"name", "X-Order"}, {"value", "17"}}}}});
  REQUIRE(sent.has_value());
  CHECK(stringify(sent->at("renderedEmail")) ==
        R"({"from":"shop@example.com","fromName":"The \"Shop\"",)"
        R"("to":["ann@example.com","bo@example.com"],"cc":["cy@example.com"],)"
        R"("bcc":"di@example.com","replyTo":"help@example.com","subject":"Your order",)"
        R"("body":"<p>Done</p>","customHeaders":[{"name":"X-Order","value":"17"}]})");
  CHECK(stringify(sent->at("_meta")) == R"({"status":"SUCCESS"})");
  REQUIRE(server.mails().size() == 1);
  const arrived_mail mail = server.mails().front();
  CHECK(mail.from == "shop@example.com");
  CHECK(mail.to == std::vector<std::string>{"ann@example.com", "bo@example.com", "cy@example.com",
                                            "di@example.com"});
  CHECK(mail.login.empty());
  const std::string id(sent->at("sesMessageId").as_string());
  CHECK(mail.data == "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\nMessage-ID: <" + id +
                         ">\r\nFrom: \"The \\\"Shop\\\"\" <shop@example.com>\r\n"
                         "To: ann@example.com,\r\n bo@example.com\r\nCc: cy@example.com\r\n"
                         "Reply-To: help@example.com\r\nSubject: Your order\r\nX-Order: 17\r\n"
                         "MIME-Version: 1.0\r\nContent-Type: text/html; charset=UTF-8\r\n"
                         "Content-Transfer-Encoding: base64\r\n\r\n" +
                         services::encode_base64("<p>Done</p>"));
}

TEST_CASE("without a server a mail lies in the maildir, once for each step") {
  place all;
  const auto sent = all.send({});
  REQUIRE(sent.has_value());
  CHECK(all.send({})->at("sesMessageId") == sent->at("sesMessageId"));
  REQUIRE(all.in_maildir().size() == 1);
  CHECK(all.in_maildir().front().find("\r\nTo: ann@example.com\r\n") != std::string::npos);

  // What a reader has seen, and marked, is not put there again.
  const std::string id(sent->at("sesMessageId").as_string());
  std::filesystem::rename(all.folder() + "/new/" + id, all.folder() + "/cur/" + id + ":2,S");
  CHECK(all.send({}).has_value());
  CHECK(all.in_maildir().empty());
  CHECK(all.send({}, "execution:mail:2").has_value());
  CHECK(all.in_maildir().size() == 1);
}

TEST_CASE("attachments are objects, their names and the subject may be in any language") {
  place all;
  REQUIRE(all.objects()
              .put("in", "a.pdf", std::string(100, '\xff'), "application/pdf", {})
              .has_value());
  const json::array attachments{
      {{"filename", "Rechnung Ä.pdf"}, {"s3Pointer", {{"bucket", "in"}, {"key", "a.pdf"}}}}};
  const auto sent = all.send({{"subject", "Schöne Grüße"}, {"attachments", attachments}});
  REQUIRE(sent.has_value());
  CHECK(sent->at("renderedEmail").at("attachments") == attachments);
  const std::string mail = all.in_maildir().at(0);
  CHECK(mail.find("Subject: =?UTF-8?B?" + services::encode_base64("Schöne Grüße") + "?=\r\n") !=
        std::string::npos);
  CHECK(mail.find("Content-Type: application/pdf\r\nContent-Disposition: attachment; "
                  "filename*=UTF-8''Rechnung%20%C3%84.pdf\r\n") != std::string::npos);
  CHECK(mail.find(std::string("\r\n") + std::string(76, '/') + "\r\n") != std::string::npos);
  for (std::size_t at = 0; at < mail.size();) {
    const std::size_t end = mail.find("\r\n", at);
    CHECK(end - at <= 200);
    at = end + 2;
  }
}

TEST_CASE("attachments that are too large, missing or no attachments fail the step") {
  place all;
  const auto with = [&](json::value list) {
    return all.text_of({{"attachments", std::move(list)}});
  };
  REQUIRE(
      all.objects().put("in", "large", std::string(7'400'000, 'x'), "text/plain", {}).has_value());
  const auto pointer = [](const char* key, const char* name = "f") {
    return json::array{{{"filename", name}, {"s3Pointer", {{"bucket", "in"}, {"key", key}}}}};
  };
  CHECK(with(pointer("large")) == "PermanentStepError: Total attachment size of 7400000 bytes "
                                  "exceeds the safe limit of 7340032 bytes.");
  CHECK(with(pointer("gone")).find("NoSuchKey: ") == 0);
  CHECK(with("text") == "PermanentStepError: 'attachments' is not a valid array of attachment "
                        "objects.");
  CHECK(with(json::array{{{"filename", "f"}}}) ==
        "PermanentStepError: 'attachments' is not a valid array of attachment objects.");
  REQUIRE(all.objects().put("in", "small", "x", "text/plain\r\nX-Evil: 1", {}).has_value());
  CHECK(with(pointer("small")).find("must not have line breaks") != std::string::npos);
  REQUIRE(all.objects().put("in", "fine", "x", "text/plain", {}).has_value());
  CHECK(with(pointer("fine", "a\"\r\nX-Evil: 1")).find("must not have line breaks") !=
        std::string::npos);
  CHECK(all.in_maildir().empty());
}

TEST_CASE("no value breaks out of its header") {
  place all;
  const auto header = [](const char* name, const char* value) {
    return json::object{{"customHeaders", json::array{{{"name", name}, {"value", value}}}}};
  };
  struct row {
    json::object fields;
    const char* problem;
  };
  const std::vector<row> rows{
      {{{"subject", "a\r\nBcc: evil@example.com"}}, "subject must not have line breaks"},
      {{{"fromName", "a\nBcc: evil@example.com"}}, "fromName must not have line breaks"},
      {{{"from", "a@example.com>\r\nX: <"}}, "from must be an email address"},
      {{{"to", "a@example.com\r\nRCPT TO:evil@example.com"}}, "to must be an email address"},
      {{{"cc", json::array{"a@example.com\n"}}}, ""},
      {header("X\r\nY", "1"), "is no name of a header"},
      {header("X-A", "1\r\nBcc: evil@example.com"), "the header \"X-A\" must not have line breaks"},
      {header("Bcc", "evil@example.com"), "the header \"Bcc\" is a header that the mail has"},
      {header("content-type", "text/plain"), "is a header that the mail has of its own"},
  };
  for (const row& each : rows) {
    INFO(stringify(each.fields));
    const std::string outcome = all.text_of(each.fields);
    if (std::string_view(each.problem).empty())
      continue;
    CHECK(outcome.find("Error: Invalid rendered parameters for email-send: ") == 0);
    CHECK(outcome.find(each.problem) != std::string::npos);
  }
  for (const std::string& mail : all.in_maildir()) {
    CHECK(mail.find("\r\nBcc:") == std::string::npos);
    CHECK(mail.find("evil") == std::string::npos);
  }
}

TEST_CASE("fields that are missing or wrong are named") {
  place all;
  CHECK(all.text_of({{"to", ""}}) ==
        "Error: The 'to' field is missing or resolved to an empty value after template rendering.");
  CHECK(all.text_of({{"from", ""}}) == "Error: The 'from' field is missing or resolved to an empty "
                                       "value after template rendering.");
  CHECK(all.text_of({{"to", 5}, {"subject", json::object()}}) ==
        "Error: Invalid input structure for email-send: to must be a text or a list of texts, but "
        "is 5; subject must be a text, but is {}.");
  CHECK(all.text_of({{"to", "nobody"}}) ==
        "Error: Invalid rendered parameters for email-send: to must be an email address, but is "
        "\"nobody\".");
  CHECK(all.text_of({{"customHeaders", "x"}}) ==
        "Error: Invalid rendered parameters for email-send: customHeaders must be a list.");
}

TEST_CASE("a server that is not there or cannot now is asked again, one that refuses is not") {
  const auto outcome = [](replies given) {
    smtp_sink server(std::move(given));
    place all(to_server(server));
    const auto sent = all.send({});
    return sent ? std::string("sent") : sent.error().name;
  };
  CHECK(outcome({{"RCPT", "550 no such user"}}) == "MessageRejected");
  CHECK(outcome({{"RCPT", "451 later"}}) == "TransientStepError");
  CHECK(outcome({{"MAIL", "DROP"}}) == "TransientStepError");
  CHECK(outcome({{"END", "552 too large"}}) == "MessageRejected");
  CHECK(outcome({{"END", "452 full"}}) == "TransientStepError");
  mail_options nowhere;
  nowhere.smtp_url = "smtp://127.0.0.1:1";
  place all(nowhere);
  CHECK(all.send({}).error().name == "TransientStepError");
}

TEST_CASE("a password goes to the server that is named, not into messages, and not without TLS") {
  smtp_sink server(replies{{"RCPT", "550 no"}});
  mail_options options = to_server(server);
  options.user = "shop";
  options.password = "s3cret!";
  place open(options);
  const auto refused = open.send({});
  REQUIRE(refused.has_error());
  CHECK(refused.error().message.find("s3cret") == std::string::npos);
  options.requires_tls = true;
  place guarded(options);
  CHECK(guarded.send({}).error().name == "MessageRejected");
  smtp_sink welcoming;
  options = to_server(welcoming);
  options.user = "shop";
  options.password = "s3cret!";
  place logged_in(options);
  REQUIRE(logged_in.send({}).has_value());
  CHECK(welcoming.mails().at(0).login ==
        services::encode_base64(std::string("\0shop\0s3cret!", 13)));
}

TEST_CASE("a stop ends the sending of a mail") {
  smtp_sink server(replies{{"EHLO", "250-never"}});
  mail_options options = to_server(server);
  options.timeout = std::chrono::minutes(5);
  place all(options);
  all.ends().raise();
  const auto sent = all.send({});
  REQUIRE(sent.has_error());
  CHECK(sent.error().name == "TransientStepError");
}

// MILLRACE_MAIL: the folder of `./dev mail`, which runs aiosmtpd: with STARTTLS on one port, with
// TLS from the first byte on the other. What arrives lies in a maildir named by the port.
TEST_CASE("mail goes over TLS to a server whose certificate is trusted, and to no other",
          "[.mail]") {
  const char* folder = std::getenv("MILLRACE_MAIL"); // NOLINT(concurrency-mt-unsafe)
  REQUIRE(folder);
  const std::string trusted = std::string(folder) + "/cert.pem";
  struct server {
    const char* scheme;
    const char* port;
  };
  for (const auto& [scheme, port] : {server{"smtp", "38918"}, server{"smtps", "38919"}}) {
    INFO(scheme);
    const auto outcome = [&, scheme = scheme, port = port](const char* host,
                                                           const std::string& ca) {
      mail_options options;
      options.smtp_url = std::string(scheme) + "://" + host + ":" + port;
      options.requires_tls = true;
      options.ca_file = ca;
      return place(options).text_of({{"subject", host}});
    };
    CHECK(outcome("127.0.0.1", trusted).find("\"SUCCESS\"") != std::string::npos);
    // Not the system's, and not the name in the certificate.
    for (const auto& [host, ca] : {std::pair<const char*, std::string>{"127.0.0.1", ""},
                                   std::pair<const char*, std::string>{"localhost", trusted}})
      CHECK(outcome(host, ca).find("MessageRejected: The mail server refused the mail: SSL") == 0);
    std::size_t arrived = 0;
    for (const auto& each :
         std::filesystem::directory_iterator(std::string(folder) + "/" + port + "/new"))
      arrived += each.is_regular_file() ? 1 : 0;
    CHECK(arrived == 1);
  }
}

// SPDX-License-Identifier: Apache-2.0
//
// Source of inputs, outputs and errors: reference send-email-handler, core-types email.
#include "email.hpp"

#include "parameters.hpp"

#include <millrace/mail_address.hpp>
#include <millrace/member_reader.hpp>

namespace millrace::services {
namespace {

constexpr std::size_t attachment_bytes_max =
    std::size_t{7} * 1024 * 1024; // of SES, by the reference
constexpr const char* id_domain = "@millrace.invalid";

/// The fields of one EMAIL step, checked and gathered; what the step says it sent.
class rendered_email {
public:
  explicit rendered_email(const step_request& request) : input_(request.fields) {
    message_.id = stable_id(request.idempotency_key) + id_domain;
    message_.date = unix_ms(request);
  }

  std::optional<step_error> read() {
    const std::string from = input_.text("from");
    const auto from_name = input_.optional_text("fromName");
    const auto to = addresses("to");
    const auto cc = addresses("cc");
    const auto bcc = addresses("bcc");
    const auto reply_to = addresses("replyTo");
    message_.subject = input_.text("subject");
    message_.body = input_.text("body");
    if (!input_.are_valid())
      return step_error("Error",
                        "Invalid input structure for email-send: " + input_.problems() + ".");
    if (from.empty())
      return missing("from");
    if (!to || to->empty() || (to->size() == 1 && to->front().empty()))
      return missing("to");
    message_.from = from;
    message_.from_name = from_name.value_or("");
    check("from", from);
    shown_["from"] = from;
    if (from_name)
      shown_["fromName"] = *from_name;
    take("to", to, message_.to);
    take("cc", cc, message_.cc);
    take("bcc", bcc, message_.bcc);
    take("replyTo", reply_to, message_.reply_to);
    shown_["subject"] = message_.subject;
    shown_["body"] = message_.body;
    check_text("fromName", message_.from_name);
    check_text("subject", message_.subject);
    read_headers();
    if (!problems_.empty())
      return step_error("Error", "Invalid rendered parameters for email-send: " + problems_ + ".");
    return std::nullopt;
  }

  std::optional<step_error> attach(object_store& objects) {
    const bool is_static = input_.find("attachments") != nullptr;
    const json::value* given = input_.find(is_static ? "attachments" : "attachmentsPath");
    if (!given)
      return std::nullopt;
    const json::array* list = given->if_array();
    std::size_t bytes = 0;
    for (const json::value& each : list ? *list : json::array()) {
      const auto pointer = pointer_in(each);
      if (!pointer) {
        list = nullptr;
        break;
      }
      auto object = objects.get(pointer->bucket, pointer->key);
      if (!object)
        return object.error();
      bytes += object->bytes.size();
      if (bytes > attachment_bytes_max)
        return step_error::permanent("Total attachment size of " + std::to_string(bytes) +
                                     " bytes exceeds the safe limit of " +
                                     std::to_string(attachment_bytes_max) + " bytes.");
      const std::string name(each.at("filename").as_string());
      const std::string type = object->info.content_type.empty() ? "application/octet-stream"
                                                                 : object->info.content_type;
      // Names and types come from flows and from other systems.
      if (!why_no_header("X-File", name).empty() || !why_no_header("X-Type", type).empty())
        return step_error::permanent("The name or type of the attachment " + pointer->key +
                                     " must not have line breaks.");
      message_.attachments.push_back({name, type, std::move(object->bytes)});
    }
    if (!list)
      return step_error::permanent(
          is_static ? std::string("'attachments' is not a valid array of attachment objects.")
                    : "The data found at attachmentsPath is not a valid array of attachment "
                      "objects.");
    shown_["attachments"] = *list;
    return std::nullopt;
  }

  [[nodiscard]] const mail_message& message() const noexcept { return message_; }
  [[nodiscard]] const json::object& shown() const noexcept { return shown_; }

private:
  static step_error missing(const std::string& name) {
    return {"Error", "The '" + name +
                         "' field is missing or resolved to an empty value after template "
                         "rendering."};
  }

  void add_problem(const std::string& problem) {
    problems_ += (problems_.empty() ? "" : "; ") + problem;
  }

  void check(const std::string& name, const std::string& address) {
    if (!is_mail_address(address))
      add_problem(name + " must be an email address, but is " + in_quotes(address));
  }

  void check_text(const char* name, const std::string& text) {
    if (const std::string why = why_no_header("X-Text", text); !why.empty())
      add_problem(std::string(name) + ' ' + why);
  }

  // Bare ones, of a text or of a list of texts.
  std::optional<std::vector<std::string>> addresses(const char* name) {
    const json::value* given = input_.find(name);
    if (!given)
      return std::nullopt;
    std::vector<std::string> found;
    if (const json::string* text = given->if_string())
      found = split_addresses(*text);
    else if (const json::array* list = given->if_array())
      for (const json::value& each : *list) {
        if (!each.is_string())
          input_.refuse(name, "a text or a list of texts");
        else
          found.emplace_back(each.get_string());
      }
    else
      input_.refuse(name, "a text or a list of texts");
    for (std::string& each : found)
      each = bare_address(each);
    if (found.empty() && given->is_string())
      return std::nullopt;
    return found;
  }

  void take(const char* name, const std::optional<std::vector<std::string>>& given,
            std::vector<std::string>& into) {
    if (!given)
      return;
    for (const std::string& each : *given)
      check(name, each);
    into = *given;
    const json::value* written = input_.find(name);
    if (given->size() == 1 && written->is_string()) {
      shown_[name] = given->front();
      return;
    }
    json::array all;
    for (const std::string& each : *given)
      all.emplace_back(each);
    shown_[name] = std::move(all);
  }

  void read_headers() {
    const json::value* given = input_.find("customHeaders");
    if (!given)
      return;
    const json::array* list = given->if_array();
    if (!list)
      return add_problem("customHeaders must be a list");
    for (const json::value& each : *list) {
      const json::object* header = each.if_object();
      const json::value* name = header ? header->if_contains("name") : nullptr;
      const json::value* value = header ? header->if_contains("value") : nullptr;
      if (!name || !name->is_string() || !value || !value->is_string())
        return add_problem("customHeaders must be a list of objects with name and value");
      const std::string name_text(name->get_string());
      const std::string value_text(value->get_string());
      if (const std::string why = why_no_header(name_text, value_text); !why.empty())
        return add_problem("the header " + in_quotes(name_text) + ' ' + why);
      message_.headers.emplace_back(name_text, value_text);
    }
    shown_["customHeaders"] = *list;
  }

  static std::optional<object_address> pointer_in(const json::value& attachment) {
    const auto text = [](const json::value* value) {
      return value && value->is_string() && !value->get_string().empty();
    };
    const json::object* object = attachment.if_object();
    const json::value* name = object ? object->if_contains("filename") : nullptr;
    const json::value* pointer = object ? object->if_contains("s3Pointer") : nullptr;
    const json::object* place = pointer ? pointer->if_object() : nullptr;
    const json::value* bucket = place ? place->if_contains("bucket") : nullptr;
    const json::value* key = place ? place->if_contains("key") : nullptr;
    if (!text(name) || !text(bucket) || !text(key))
      return std::nullopt;
    return object_address{std::string(bucket->get_string()), std::string(key->get_string())};
  }

  parameters input_;
  mail_message message_;
  json::object shown_;
  std::string problems_;
};

step_result run(mail_sender& sender, object_store& objects, const step_request& request) {
  rendered_email email(request);
  if (auto failure = email.read())
    return std::move(*failure);
  if (auto failure = email.attach(objects))
    return std::move(*failure);
  if (auto failure = sender.send(email.message()))
    return std::move(*failure);
  return json::object{{"sesMessageId", email.message().id},
                      {"renderedEmail", email.shown()},
                      {"_meta", {{"status", "SUCCESS"}}}};
}

} // namespace

void add_email(steps::registry& to, const std::shared_ptr<mail_sender>& sender,
               const std::shared_ptr<object_store>& objects) {
  const auto handler = [sender, objects](const step_request& request) {
    return run(*sender, *objects, request);
  };
  to.provide("EMAIL", {handler, step_effect::external},
             "the SMTP server of the configuration, else a maildir");
}

} // namespace millrace::services

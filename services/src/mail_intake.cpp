// SPDX-License-Identifier: Apache-2.0
#include "mail_intake.hpp"

#include "ascii.hpp"
#include "derived_id.hpp"
#include "mail_text.hpp"

#include <millrace/content_hash.hpp>
#include <millrace/text.hpp>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace millrace::services {
namespace {

using happened = trigger_event::what_happened;

// Messages of one look, so that a flood of mail keeps no schedule waiting.
constexpr std::size_t at_once_max = 100;

// A sender's name for a file, as the reference has it.
std::string safe_name(std::string_view name) {
  std::string made(name);
  for (char& c : made)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
          c == '-'))
      c = '_';
  constexpr std::size_t characters_max = 200;
  return made.substr(0, characters_max);
}

// Who the message was delivered to, as the mail server noted it, before who it was written to.
std::vector<std::string> recipients_of(const received_mail& mail) {
  std::vector<std::string> all;
  for (const char* name : {"x-original-to", "delivered-to", "envelope-to", "to", "cc", "bcc"})
    for (const auto& [each, value] : mail.headers)
      if (each == name)
        for (mail_contact& contact : parse_contacts(value))
          all.push_back(to_utf8(contact.address));
  return all;
}

json::array addresses_in(const std::string& header) {
  json::array all;
  for (const mail_contact& each : parse_contacts(header))
    all.emplace_back(to_utf8(each.address));
  return all;
}

std::string shown_recipients(const std::vector<std::string>& recipients) {
  constexpr std::size_t shown_max = 5;
  std::string made;
  for (std::size_t i = 0; i < std::min(recipients.size(), shown_max); ++i)
    made += (i == 0 ? "" : ", ") + recipients[i];
  return made + (recipients.size() > shown_max ? "..." : "");
}

} // namespace

/// A message on its way to a flow.
struct mail_intake::letter {
  const received_mail& mail;
  const mail_choice& choice;
  std::string id; ///< a hash of what tells it from others
};

result<mail_choice> choose_start_point(const received_mail& mail,
                                       const std::vector<watched_mail>& points) {
  const std::vector<std::string> recipients = recipients_of(mail);
  bool is_known = false;
  for (const std::string& recipient : recipients) {
    const watched_mail* chosen = nullptr;
    for (const watched_mail& each : points) {
      if (!same_word(each.point->address, recipient))
        continue;
      is_known = true;
      const std::string& keyword = each.point->keyword;
      const bool fits = keyword.empty() || mail.text.find(keyword) != std::string::npos;
      // A keyword comes before none, and of several the first by name.
      const bool is_better = !chosen || (!keyword.empty() && (chosen->point->keyword.empty() ||
                                                              keyword < chosen->point->keyword));
      if (fits && is_better)
        chosen = &each;
    }
    if (chosen)
      return mail_choice{*chosen, recipient};
  }
  if (recipients.empty())
    return error{errc::not_found, "it names no recipient"};
  return error{errc::not_found,
               is_known
                   ? "its body has no keyword of a start point for " + shown_recipients(recipients)
                   : "no start point waits for mail to " + shown_recipients(recipients)};
}

json::object triggering_email(const received_mail& mail, const mail_choice& choice,
                              json::array attachments) {
  json::object made;
  if (const std::string* from = mail.header("from")) {
    const std::vector<mail_contact> senders = parse_contacts(*from);
    if (!senders.empty()) {
      const std::string name = to_utf8(senders.front().name);
      const std::string address = to_utf8(senders.front().address);
      made["from"] = name.empty() ? address : name + " <" + address + '>';
      if (!name.empty())
        made["senderName"] = name;
      made["senderFullEmail"] = address;
      made["senderEmailPrefix"] = address.substr(0, address.find('@'));
    }
  }
  made["to"] = choice.recipient;
  for (const auto& [name, member] :
       {std::pair("cc", "cc"), std::pair("bcc", "bcc"), std::pair("reply-to", "replyTo")})
    if (const std::string* header = mail.header(name))
      made[member] = addresses_in(*header);
  if (const std::string* subject = mail.header("subject"))
    made["subject"] = decode_words(*subject);
  json::array headers;
  for (const auto& [name, value] : mail.headers)
    headers.push_back(json::object{{"key", name}, {"value", value}});
  made["headers"] = std::move(headers);
  made["body"] = mail.text;
  if (!mail.html.empty())
    made["htmlBody"] = mail.html;
  made["attachments"] = std::move(attachments);
  if (const auto found = flows::match_trigger_pattern(choice.to.point->trigger_pattern, mail.text))
    made["triggerPattern"] = *found;
  return made;
}

mail_intake::mail_intake(const trigger_options& options, const std::string& folder,
                         std::shared_ptr<object_store> objects)
    : options_(options), folder_(options.maildir.empty() ? folder : options.maildir),
      objects_(std::move(objects)) {}

result<bool> mail_intake::look(const std::vector<watched_mail>& points, const start_function& start,
                               const std::function<void(const mail_outcome&)>& report) {
  if (!opened_) {
    auto opened = maildir::open(folder_);
    if (!opened)
      return opened.error();
    opened_ = std::move(*opened);
  }
  std::size_t dealt_with = 0;
  for (const std::string& name : opened_->arrived()) {
    if (stuck_.count(name) != 0)
      continue;
    if (++dealt_with > at_once_max)
      return true;
    auto outcome = deal_with(name, points, start);
    if (!outcome)
      return outcome.error();
    if (*outcome)
      report(**outcome);
  }
  return false;
}

// Nothing: the message is gone already, or cannot be read just now.
result<std::optional<mail_outcome>> mail_intake::deal_with(const std::string& name,
                                                           const std::vector<watched_mail>& points,
                                                           const start_function& start) {
  const auto give_up = [&](maildir::folder to, happened what, const std::string& why,
                           const mail_choice* choice) -> result<std::optional<mail_outcome>> {
    mail_outcome outcome;
    outcome.event.what = what;
    if (choice) {
      outcome.event.flow_definition_id = choice->to.flow->flow_definition_id;
      outcome.event.step_instance_id = choice->to.point->step_instance_id;
    }
    outcome.event.message = "The mail " + to_utf8(name) + " was put into " +
                            (to == maildir::folder::failed ? ".failed" : ".unmatched") + " of " +
                            folder_ + ": " + why + '.';
    move_away(name, to, outcome);
    return std::optional(std::move(outcome));
  };
  auto message = opened_->read(name, options_.message_bytes_max);
  if (!message && message.error().code() == errc::not_found)
    return std::optional<mail_outcome>();
  if (!message)
    return give_up(maildir::folder::failed, happened::failed, message.error().message(), nullptr);
  const auto mail = parse_mail(message->bytes);
  if (!mail)
    return give_up(maildir::folder::failed, happened::failed, mail.error().message(), nullptr);
  const auto choice = choose_start_point(*mail, points);
  if (!choice)
    return give_up(maildir::folder::unmatched, happened::unmatched, choice.error().message(),
                   nullptr);
  const letter made{*mail, *choice, flows::content_hash(message->identity)};
  const watched_flow& flow = *choice->to.flow;
  const std::string& step = choice->to.point->step_instance_id;
  auto attachments = keep_attachments(made);
  if (!attachments) {
    stuck_.insert(name);
    return std::optional(
        mail_outcome{{happened::failed, flow.flow_definition_id, step, "",
                      "The mail " + to_utf8(name) + " stays in new of " + folder_ +
                          " until the next open: " + attachments.error().message()},
                     message->delivered_at});
  }
  start_request request;
  request.flow_definition_id = flow.flow_definition_id;
  request.flow_execution_id =
      derived_id(message->delivered_at,
                 "mail\n" + flow.flow_definition_id + '\n' + step + '\n' + message->identity);
  request.trigger_source = "EmailTrigger:" + choice->recipient;
  request.enable_execution_logs = true; // as the reference starts it
  request.initial_context_data = {
      {"triggeringEmail", triggering_email(*mail, *choice, std::move(*attachments))}};
  request.execution_overrides = json::object{{"startStepInstanceId", step}};
  const auto started = start(std::move(request));
  if (!started &&
      (started.error().code() == errc::stopped || started.error().code() == errc::database_failed))
    return started.error();
  if (!started)
    return give_up(maildir::folder::failed, happened::failed,
                   "its flow cannot be started: " + started.error().message(), &*choice);
  mail_outcome outcome;
  outcome.at = message->delivered_at;
  outcome.event = {happened::started, flow.flow_definition_id, step, *started,
                   "Started by mail to " + choice->recipient + '.'};
  move_away(name, maildir::folder::seen, outcome);
  return std::optional(std::move(outcome));
}

// What cannot be moved is left alone until the next open, so that nothing goes round in circles.
void mail_intake::move_away(const std::string& name, maildir::folder to, mail_outcome& outcome) {
  if (opened_->move(name, to))
    return;
  const std::string why = std::generic_category().message(errno);
  stuck_.insert(name);
  outcome.event.message +=
      " It could not be moved there and stays in new of " + folder_ + ": " + why + '.';
}

result<json::array> mail_intake::keep_attachments(const letter& of) {
  json::array kept;
  for (std::size_t i = 0; i < of.mail.attachments.size(); ++i) {
    const received_attachment& each = of.mail.attachments[i];
    const std::string key =
        "attachments/" + of.id + '/' + std::to_string(i) + '/' + safe_name(each.file_name);
    const auto put = objects_->put(options_.bucket, key, each.bytes, each.content_type,
                                   json::object{{"originalName", each.file_name}});
    if (!put)
      return error{errc::internal, "its attachments cannot be kept: " + put.error().message + '.'};
    json::object made{{"filename", each.file_name},
                      {"contentType", each.content_type},
                      {"size", each.bytes.size()},
                      {"s3Location", {{"bucket", options_.bucket}, {"key", key}}}};
    if (!each.content_id.empty())
      made["contentId"] = each.content_id;
    made["disposition"] = each.disposition;
    kept.push_back(std::move(made));
  }
  return kept;
}

} // namespace millrace::services

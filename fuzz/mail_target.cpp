// SPDX-License-Identifier: Apache-2.0
#include "promises.hpp"

#include "mail_parser.hpp"

#include <algorithm>
#include <string>

namespace millrace::fuzz {

namespace {

// Everything that was read, as one text.
std::string text_of(const services::received_mail& mail) {
  std::string all;
  const auto add = [&all](const std::string& text) { all.append(text).append(1, '\n'); };
  for (const auto& [name, value] : mail.headers) {
    add(name);
    add(value);
  }
  add(mail.text);
  add(mail.html);
  for (const services::received_attachment& each : mail.attachments)
    for (const std::string* part :
         {&each.file_name, &each.content_type, &each.content_id, &each.disposition, &each.bytes})
      add(*part);
  return all;
}

void check_headers(const services::received_mail& mail) {
  for (const auto& [name, value] : mail.headers) {
    require(std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; }),
            "a header's name is not in lower case");
    require(value.find('\n') == std::string::npos, "a header was not unfolded");
    for (const services::mail_contact& each : services::parse_contacts(value))
      require(each.address.find('@') != std::string::npos, "a contact has no address");
    const services::structured_header read = services::parse_structured(value);
    for (const auto& [parameter, text] : read.parameters)
      require(read.parameter(parameter).size() <= value.size() * 4, "a parameter grew");
  }
}

} // namespace

void mail(std::string_view input) {
  const auto read = services::parse_mail(input);
  const auto again = services::parse_mail(input);
  require(read.has_value() == again.has_value(), "a message is read in two ways");
  if (!read) {
    require(read.error().code() == errc::invalid_input && !read.error().message().empty(),
            "a message is refused without a reason");
    return;
  }
  require(text_of(*read) == text_of(*again), "a message says two things");
  require(read->attachments.size() <= services::mail_limits{}.parts_max,
          "a message has more attachments than parts are allowed");
  check_headers(*read);
}

} // namespace millrace::fuzz

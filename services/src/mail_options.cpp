// SPDX-License-Identifier: Apache-2.0
#include "options_reader.hpp"

#include <array>

namespace millrace::services {
namespace {

constexpr std::array<std::string_view, 7> mail_members{
    "caFile", "maildir", "password", "requireTls", "smtp", "timeout", "user"};

bool is_smtp_url(std::string_view url) {
  for (const std::string_view scheme : {"smtp://", "smtps://"})
    if (url.size() > scheme.size() && url.substr(0, scheme.size()) == scheme &&
        url.find('@') == std::string_view::npos)
      return true;
  return false;
}

} // namespace

mail_options read_mail(const json::object& section, const std::string& pointer,
                       pointed_problems& problems) {
  member_reader reader(section, pointer, mail_members, problems);
  mail_options options;
  options.smtp_url = reader.text("smtp").value_or("");
  // A URL may hold a password by mistake: it is not shown.
  if (!options.smtp_url.empty() && !is_smtp_url(options.smtp_url))
    reader.add(reader.pointer("smtp"), "this must be \"smtp://host:port\" or "
                                       "\"smtps://host:port\", with user and password beside it");
  options.user = reader.text("user").value_or("");
  options.password = reader.text("password").value_or("");
  if (options.user.empty() && !options.password.empty())
    reader.add(reader.pointer("password"), "a password needs a \"user\" beside it");
  // A password goes over an open connection only where that was said.
  options.requires_tls = reader.boolean("requireTls").value_or(!options.password.empty());
  options.ca_file = reader.text("caFile").value_or("");
  if (const auto timeout = reader.duration("timeout")) {
    if (timeout->count() < 1)
      reader.refuse("timeout", "a duration of at least \"1ms\"");
    options.timeout = *timeout;
  }
  options.maildir = reader.text("maildir").value_or("");
  return options;
}

} // namespace millrace::services
